
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_options_parse.h"
#include "api/ngx_http_sandbox_patch.h"
#include "api/ngx_http_sandbox_show.h"

#include <cjson/cJSON.h>


/* PATCH of sandbox options */


#define NGX_HTTP_SANDBOX_PATCH_POLL   5         /* ms */
#define NGX_HTTP_SANDBOX_PATCH_TRIES  400


/* a PATCH that waits for another to finish */

typedef struct {
    ngx_http_request_t       *request;
    cJSON                    *json;
    ngx_uint_t                tries;
} ngx_http_sandbox_patch_t;


static ngx_int_t ngx_http_sandbox_patch_body(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_patch_poll(void *data);
static void ngx_http_sandbox_patch_cleanup(void *data);
static ngx_int_t ngx_http_sandbox_patch(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, cJSON *json);
static ngx_int_t ngx_http_sandbox_patch_try(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, cJSON *json);


ngx_int_t
ngx_http_sandbox_patch_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_patch_body);
}


static ngx_int_t
ngx_http_sandbox_patch_body(ngx_http_request_t *r, cJSON *json)
{
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_sandbox_ctx_t    *ctx;
    ngx_http_sandbox_patch_t  *patch;

    ctx = ngx_http_sandbox_ctx_get(r);

    rc = ngx_http_sandbox_patch(r, ctx, json);

    if (rc != NGX_AGAIN) {
        return rc;
    }

    patch = ngx_pcalloc(r->pool, sizeof(ngx_http_sandbox_patch_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (patch == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_sandbox_patch_cleanup;
    cln->data = patch;

    patch->json = json ? cJSON_Duplicate(json, 1) : NULL;

    if (json && patch->json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    patch->request = r;

    return ngx_http_sandbox_suspend_poll(r, NGX_HTTP_SANDBOX_PATCH_POLL,
                                         ngx_http_sandbox_patch_poll, patch);
}


static ngx_int_t
ngx_http_sandbox_patch_poll(void *data)
{
    ngx_http_sandbox_patch_t *patch = data;

    ngx_int_t                rc;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = patch->request;
    ctx = ngx_http_sandbox_ctx_get(r);

    rc = ngx_http_sandbox_patch(r, ctx, patch->json);

    if (rc != NGX_AGAIN || ++patch->tries < NGX_HTTP_SANDBOX_PATCH_TRIES) {
        return rc;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                               "RESOURCE_BUSY",
                               "The options of this sandbox are being "
                               "changed by another request. Try again.");
    ctx->failure.retry_after = 1;

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static void
ngx_http_sandbox_patch_cleanup(void *data)
{
    ngx_http_sandbox_patch_t *patch = data;

    cJSON_Delete(patch->json);
}


/*
 * NGX_AGAIN: locked by another request; otherwise the result of the response
 */

static ngx_int_t
ngx_http_sandbox_patch(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    cJSON *json)
{
    ngx_int_t  rc;

    if (!ngx_http_sandbox_lookup_own(r, ctx, &rc)) {
        return rc;
    }

    switch (ngx_http_sandbox_patch_try(r, ctx, json)) {

    case NGX_OK:
        sandbox_fault("options.written");
        ngx_http_sandbox_options_tell(ctx->node);
        sandbox_fault("options.told");

        return ngx_http_sandbox_show_changed(r, ctx);

    case NGX_DECLINED:
        return ngx_http_sandbox_error_send(r, &ctx->failure);

    case NGX_AGAIN:
        return NGX_AGAIN;

    default:
        return ngx_http_sandbox_error_send_internal(r, ctx);
    }
}


/* NGX_AGAIN: changed concurrently; NGX_DECLINED: failure is set */

static ngx_int_t
ngx_http_sandbox_patch_try(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    cJSON *json)
{
    ngx_int_t                 rc;
    sandbox_spec_t            spec;
    ngx_http_sandbox_node_t  *node;

    node = ctx->node;

    spec = node->spec;
    spec.env = node->spec.env ? strdup(node->spec.env) : NULL;
    spec.labels = node->spec.labels ? strdup(node->spec.labels) : NULL;

    if ((node->spec.env && spec.env == NULL)
        || (node->spec.labels && spec.labels == NULL))
    {
        rc = NGX_ERROR;
        goto done;
    }

    rc = ngx_http_sandbox_options_parse(json, &spec, &ctx->failure);

    if (rc != NGX_OK) {
        goto done;
    }

    if (sandbox_store_update(ngx_http_sandbox_worker->store,
                             (char *) node->id, &spec)
        == 0)
    {
        rc = ngx_http_sandbox_node_spec(node);

        if (rc == NGX_DECLINED) {
            rc = NGX_AGAIN;
        }

    } else if (ngx_errno == ESTALE || ngx_errno == NGX_EAGAIN
               || ngx_errno == NGX_ENOENT)
    {
        rc = NGX_AGAIN;

    } else {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "cannot write the options of sandbox \"%s\"",
                      node->id);
        rc = NGX_ERROR;
    }

done:

    sandbox_spec_free(&spec);

    return rc;
}
