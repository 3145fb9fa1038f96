
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the sandbox that a route names */


/*
 * Holds ctx->node and looks whose ctx->id is: NGX_OK: the caller's, spec is
 * valid; NGX_DECLINED: there is none; NGX_ABORT: another's; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_lookup(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* NGX_DECLINED: it is the caller's; or what the answer came to */
ngx_int_t ngx_http_sandbox_lookup_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* the same, and NGX_DECLINED with the request's body discarded */
ngx_int_t ngx_http_sandbox_lookup_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_LOOKUP_H_INCLUDED_ */
