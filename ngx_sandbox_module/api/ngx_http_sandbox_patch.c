
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
    ngx_event_t               timer;
    ngx_connection_t          dummy;
    ngx_uint_t                tries;
} ngx_http_sandbox_patch_t;


static ngx_int_t ngx_http_sandbox_patch_body(ngx_http_request_t *r,
    cJSON *json);
static void ngx_http_sandbox_patch_timer_handler(ngx_event_t *ev);
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
    patch->dummy.fd = (ngx_socket_t) -1;
    patch->dummy.data = patch;

    patch->timer.handler = ngx_http_sandbox_patch_timer_handler;
    patch->timer.data = &patch->dummy;
    patch->timer.log = r->connection->log;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_add_timer(&patch->timer, NGX_HTTP_SANDBOX_PATCH_POLL);

    return NGX_DONE;
}


static void
ngx_http_sandbox_patch_timer_handler(ngx_event_t *ev)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_sandbox_ctx_t    *ctx;
    ngx_http_sandbox_patch_t  *patch;

    c = ev->data;
    patch = c->data;

    r = patch->request;
    c = r->connection;
    ctx = ngx_http_sandbox_ctx_get(r);

    ngx_http_set_log_request(c->log, r);

    rc = ngx_http_sandbox_patch(r, ctx, patch->json);

    if (rc == NGX_AGAIN) {

        if (++patch->tries < NGX_HTTP_SANDBOX_PATCH_TRIES) {
            ngx_add_timer(&patch->timer, NGX_HTTP_SANDBOX_PATCH_POLL);
            return;
        }

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "RESOURCE_BUSY",
                                   "The options of this sandbox are being "
                                   "changed by another request. Try again.");
        ctx->failure.retry_after = 1;

        rc = ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sandbox_patch_cleanup(void *data)
{
    ngx_http_sandbox_patch_t *patch = data;

    if (patch->timer.timer_set) {
        ngx_del_timer(&patch->timer);
    }

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

    rc = ngx_http_sandbox_lookup_own(r, ctx);

    if (rc != NGX_DECLINED) {
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
