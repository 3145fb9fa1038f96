
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


ngx_int_t
ngx_http_sandbox_lookup(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->node == NULL && ngx_http_sandbox_node_attach(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_sandbox_node_spec(ctx->node);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_sandbox_auth_owns(ctx, ctx->node->spec.owner) ? NGX_OK
                                                                  : NGX_ABORT;
}


ngx_int_t
ngx_http_sandbox_lookup_own(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    switch (ngx_http_sandbox_lookup(r, ctx)) {

    case NGX_OK:
        return NGX_DECLINED;

    case NGX_ERROR:
        return ngx_http_sandbox_error_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_error_send_absent(r, ctx);
    }
}


ngx_int_t
ngx_http_sandbox_lookup_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_lookup_own(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);

    return rc == NGX_OK ? NGX_DECLINED : rc;
}
