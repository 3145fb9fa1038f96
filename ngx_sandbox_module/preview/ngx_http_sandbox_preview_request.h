
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_REQUEST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_REQUEST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the request sent to the app */


/*
 * Rewrites an admitted request for the app: applies the removals and additions
 * of the policy.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_preview_request(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/* get handlers of $sandbox_upstream_* */
ngx_int_t ngx_http_sandbox_preview_request_host(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_preview_request_proto(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_preview_request_forwarded(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_preview_request_origin(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_preview_request_referer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_REQUEST_H_INCLUDED_ */
