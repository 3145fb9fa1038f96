
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* what people see in place of an app */


/* 1: a person is to see the answer: a browser goes to it as to a page */
ngx_uint_t ngx_http_sandbox_page_navigation(ngx_http_request_t *r);
/* 1: and may be given a page that waits in its place */
ngx_uint_t ngx_http_sandbox_page_waits(ngx_http_request_t *r);
/*
 * An error as a page: json has the shape of docs/api.md, from whom
 * ever it is.  NGX_OK, text in the request's pool; or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_page(ngx_http_request_t *r, cJSON *json,
    ngx_uint_t status, ngx_str_t *text);
/* the headers of a page; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_page_headers(ngx_http_request_t *r);
/* the page that becomes the app: results of a content handler */
ngx_int_t ngx_http_sandbox_page_send_waiting(ngx_http_request_t *r);
/* makes it the request's answer, returns DECLINED */
ngx_int_t ngx_http_sandbox_page_refuse_waiting(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_ */
