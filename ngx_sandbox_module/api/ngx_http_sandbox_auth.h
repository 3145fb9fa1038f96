
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_AUTH_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_AUTH_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* authentication of the API */


/*
 * Authenticates the caller: sets ctx->owner, admin and key.  NGX_OK, or
 * NGX_DECLINED with ctx->failure set (401, 403, 421).
 */
ngx_int_t ngx_http_sandbox_auth(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 if the caller may see and use sandboxes of that owner */
ngx_uint_t ngx_http_sandbox_auth_owns(ngx_http_sandbox_ctx_t *ctx,
    const char *owner);
/* 1 if the key may use the class */
ngx_uint_t ngx_http_sandbox_auth_may_class(ngx_http_sandbox_ctx_t *ctx,
    ngx_str_t *name);


#endif /* _NGX_HTTP_SANDBOX_AUTH_H_INCLUDED_ */
