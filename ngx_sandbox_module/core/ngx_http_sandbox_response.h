
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_RESPONSE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_RESPONSE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* answers that nginx makes itself, and their headers */


/*
 * Access-Control-Allow-Origin and the header name, with value, where the
 * origin is allowed; Vary, in any case
 */
ngx_int_t ngx_http_sandbox_response_cors(ngx_http_request_t *r,
    ngx_uint_t allowed, const char *name, const char *value);

/* adds a response header; both strings must live as long as the request */
ngx_int_t ngx_http_sandbox_response_header(ngx_http_request_t *r,
    const char *name, const char *value);
ngx_int_t ngx_http_sandbox_response_header_text(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);
/* add a member, null for -1: value / unit; a time.  NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_response_add_number(cJSON *json, const char *name,
    int64_t value, double unit);
ngx_int_t ngx_http_sandbox_response_add_time(cJSON *json, const char *name,
    int64_t ms);

/* a content handler's result; json is freed */
ngx_int_t ngx_http_sandbox_response_json(ngx_http_request_t *r,
    ngx_uint_t status, cJSON *json);
/* 204 */
ngx_int_t ngx_http_sandbox_response_empty(ngx_http_request_t *r);
/* sends an HTML page: a content handler's result */
ngx_int_t ngx_http_sandbox_response_page(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *text);


#endif /* _NGX_HTTP_SANDBOX_RESPONSE_H_INCLUDED_ */
