
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* look-up of the sandbox named by a route */


typedef enum {
    NGX_HTTP_SANDBOX_LOOKUP_OWN = 0,     /* the caller's */
    NGX_HTTP_SANDBOX_LOOKUP_ABSENT,      /* no such sandbox */
    NGX_HTTP_SANDBOX_LOOKUP_FOREIGN,     /* another key's */
    NGX_HTTP_SANDBOX_LOOKUP_ERROR        /* logged */
} ngx_http_sandbox_lookup_e;


/* references ctx->node and checks its owner; if OWN, its spec is valid */
ngx_http_sandbox_lookup_e ngx_http_sandbox_lookup(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/*
 * For content handlers.  1 if the sandbox is the caller's; 0 if the request has
 * been answered, and the handler must return rc.
 */
ngx_uint_t ngx_http_sandbox_lookup_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_int_t *rc);
/* the same, and discards the request body */
ngx_uint_t ngx_http_sandbox_lookup_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_int_t *rc);


#endif /* _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_ */
