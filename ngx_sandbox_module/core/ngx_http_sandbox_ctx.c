
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"


/* the context of a request, which survives internal redirects */


static void ngx_http_sandbox_ctx_cleanup(void *data);


ngx_http_sandbox_ctx_t *
ngx_http_sandbox_ctx_get(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sandbox_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        /* lost by an internal redirect */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_sandbox_ctx_cleanup) {
                ctx = cln->data;
                break;
            }
        }
    }

    return ctx;
}


ngx_http_sandbox_ctx_t *
ngx_http_sandbox_ctx_make(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_sandbox_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sandbox_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_sandbox_ctx_t));

    ctx->request = r;

    cln->handler = ngx_http_sandbox_ctx_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_sandbox_module);

    return ctx;
}


static void
ngx_http_sandbox_ctx_cleanup(void *data)
{
    /*
     * The code that sets a member registers its own cleanup; this handler
     * marks the context among the cleanups of the pool.
     */
}
