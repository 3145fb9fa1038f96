
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "api/ngx_http_sandbox_auth.h"
#include "api/ngx_http_sandbox_lookup.h"


/* look-up of a sandbox for all routes; running, delete */


ngx_http_sandbox_lookup_e
ngx_http_sandbox_lookup(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    if (ctx->node == NULL && ngx_http_sandbox_node_attach(r, ctx) != NGX_OK) {
        return NGX_HTTP_SANDBOX_LOOKUP_ERROR;
    }

    switch (ngx_http_sandbox_node_spec(ctx->node)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "sandbox \"%V\" is absent", &ctx->id);
        return NGX_HTTP_SANDBOX_LOOKUP_ABSENT;

    default:

        /* only the owner is told about a copy */

        ctx->copied = ctx->node->copied;

        return ctx->copied
               && !ngx_http_sandbox_auth_owns(ctx, ctx->node->spec.owner)
               ? NGX_HTTP_SANDBOX_LOOKUP_FOREIGN
               : NGX_HTTP_SANDBOX_LOOKUP_ERROR;
    }

    if (ngx_http_sandbox_auth_owns(ctx, ctx->node->spec.owner)) {
        return NGX_HTTP_SANDBOX_LOOKUP_OWN;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "sandbox \"%V\" belongs to another key", &ctx->id);

    return NGX_HTTP_SANDBOX_LOOKUP_FOREIGN;
}


ngx_uint_t
ngx_http_sandbox_lookup_own(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    ngx_int_t *rc)
{
    switch (ngx_http_sandbox_lookup(r, ctx)) {

    case NGX_HTTP_SANDBOX_LOOKUP_OWN:
        return 1;

    case NGX_HTTP_SANDBOX_LOOKUP_ERROR:
        *rc = ngx_http_sandbox_error_send_internal(r, ctx);
        return 0;

    default:
        *rc = ngx_http_sandbox_error_send_absent(r, ctx);
        return 0;
    }
}


ngx_uint_t
ngx_http_sandbox_lookup_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_int_t *rc)
{
    if (!ngx_http_sandbox_lookup_own(r, ctx, rc)) {
        return 0;
    }

    *rc = ngx_http_discard_request_body(r);

    return *rc == NGX_OK;
}
