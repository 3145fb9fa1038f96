
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_NGINX_ERROR_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_NGINX_ERROR_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* nginx's own error pages, replaced by the errors of docs/api.md */


/* marks the server of a location with "sandbox_api" or "sandbox_preview" */
void ngx_http_sandbox_nginx_error_conf(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);
/*
 * The context of a request that nginx refuses before the module has seen it;
 * NULL: it is not for a sandbox, is no error, or out of memory
 */
ngx_http_sandbox_ctx_t *ngx_http_sandbox_nginx_error_ctx(
    ngx_http_request_t *r);
/* sets ctx->replacement for an error page; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_nginx_error(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_NGINX_ERROR_H_INCLUDED_ */
