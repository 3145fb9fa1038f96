
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "limits/ngx_http_sandbox_instances_pool.h"
#include "lifecycle/ngx_http_sandbox_pool.h"
#include "api/ngx_http_sandbox_pool_api.h"


/* the pool of warm sandboxes, as clients of the REST routes know it */


static ngx_int_t ngx_http_sandbox_pool_api_change(ngx_http_request_t *r,
    void (*change)(void));
static ngx_uint_t ngx_http_sandbox_pool_api_all(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


ngx_int_t
ngx_http_sandbox_pool_api_stats_handler(ngx_http_request_t *r)
{
    char                           owner[SANDBOX_OWNER_MAX + 1];
    ngx_int_t                      rc;
    ngx_uint_t                     n, max, warm;
    sandbox_json_writer_t          w;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_http_sandbox_main_conf_t  *smcf;

    ctx = ngx_http_sandbox_ctx_get(r);
    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    if (ngx_http_sandbox_pool_api_all(r, ctx)) {
        n = ngx_http_sandbox_instances_count(NULL);
        max = smcf->max_instances;

    } else {
        n = ngx_http_sandbox_instances_count(owner);
        max = ngx_http_sandbox_instances_of_key(smcf, owner);
    }

    warm = ngx_http_sandbox_instances_pool_warm(NULL);

    sandbox_json_writer_start(&w);
    sandbox_json_writer_number(&w, "warm", warm);
    sandbox_json_writer_number(&w, "assigned", n);
    sandbox_json_writer_number(&w, "total", n + warm);
    sandbox_json_writer_object(&w, "config");
    sandbox_json_writer_number(&w, "warmTarget",
                               ngx_http_sandbox_pool_target());
    sandbox_json_writer_number(&w, "refreshInterval",
                               NGX_HTTP_SANDBOX_POOL_INTERVAL);
    sandbox_json_writer_number(&w, "maxInstances", max);
    sandbox_json_writer_number(&w, "scaleBatchSize",
                               NGX_HTTP_SANDBOX_POOL_BATCH);
    sandbox_json_writer_close(&w);

    if (max) {
        sandbox_json_writer_number(&w, "maxInstances", max);

    } else {
        sandbox_json_writer_null(&w, "maxInstances");
    }

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


ngx_int_t
ngx_http_sandbox_pool_api_prime_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_pool_api_change(r, ngx_http_sandbox_pool_prime);
}


ngx_int_t
ngx_http_sandbox_pool_api_drain_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_pool_api_change(r, ngx_http_sandbox_pool_drain);
}


static ngx_int_t
ngx_http_sandbox_pool_api_change(ngx_http_request_t *r, void (*change)(void))
{
    ngx_int_t                rc;
    sandbox_json_writer_t    w;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_http_sandbox_pool_api_all(r, ctx)) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_FORBIDDEN,
                                   "PERMISSION_DENIED",
                                   "Only an admin key may change the pool.");

        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    change();

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "ok", 1);

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


/* whoever may see the sandboxes of all keys */

static ngx_uint_t
ngx_http_sandbox_pool_api_all(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    return ctx->admin || !slcf->auth;
}
