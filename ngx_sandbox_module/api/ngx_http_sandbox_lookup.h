
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* look-up of the sandbox named by a route */


/*
 * Takes a reference to ctx->node and checks the owner of ctx->id.  NGX_OK:
 * owned by the caller, spec is valid; NGX_DECLINED: no such sandbox;
 * NGX_ABORT: owned by another key; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_lookup(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* NGX_DECLINED: owned by the caller; otherwise the result of the response */
ngx_int_t ngx_http_sandbox_lookup_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* the same; on NGX_DECLINED the request body has been discarded */
ngx_int_t ngx_http_sandbox_lookup_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_ */
