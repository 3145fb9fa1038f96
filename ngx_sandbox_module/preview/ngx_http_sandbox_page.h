
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* HTML pages shown instead of an app */


/* 1 if a browser navigates to a page */
ngx_uint_t ngx_http_sandbox_page_navigation(ngx_http_request_t *r);
/* 1 if the waiting page may be sent instead */
ngx_uint_t ngx_http_sandbox_page_waits(ngx_http_request_t *r);
/*
 * Renders an error as a page; json is an error as in docs/api.md and may be
 * untrusted.  NGX_OK, with text allocated from the request's pool, or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_page(ngx_http_request_t *r, cJSON *json,
    ngx_uint_t status, ngx_str_t *text);
/* adds the headers of a page; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_page_headers(ngx_http_request_t *r);
/* the waiting page; results of a content handler */
ngx_int_t ngx_http_sandbox_page_send_waiting(ngx_http_request_t *r);
/* sets it as the response of the request, returns NGX_DECLINED */
ngx_int_t ngx_http_sandbox_page_refuse_waiting(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_ */
