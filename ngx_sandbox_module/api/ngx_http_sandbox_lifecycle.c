
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_route.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "api/ngx_http_sandbox_lifecycle.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_show_json.h"


/* POST …/sleep, …/wake and …/restart */


static void ngx_http_sandbox_lifecycle_stopped(void *data, ngx_int_t rc);
static ngx_int_t ngx_http_sandbox_lifecycle_wake(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static void ngx_http_sandbox_lifecycle_cleanup(void *data);
static void ngx_http_sandbox_lifecycle_woken(ngx_http_sandbox_start_waiter_t *w,
    ngx_uint_t start, ngx_http_sandbox_failure_t *failure);
static void ngx_http_sandbox_lifecycle_deleted(void *data, ngx_int_t rc);


ngx_int_t
ngx_http_sandbox_lifecycle_stop_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_sandbox_ctx_t      *ctx;
    ngx_http_sandbox_suspend_t  *p;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (!ngx_http_sandbox_lookup_discard(r, ctx, &rc)) {
        return rc;
    }

    p = ngx_http_sandbox_suspend(r);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_destroy_stop(ctx->node, -1,
                                      ngx_http_sandbox_lifecycle_stopped, p)
        != NGX_OK)
    {
        ngx_http_sandbox_suspend_cancel(p);
        return ngx_http_sandbox_error_send_internal(r, ctx);
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_lifecycle_stopped(void *data, ngx_int_t rc)
{
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = ngx_http_sandbox_suspend_resume(data);

    if (r == NULL) {
        return;
    }

    ctx = ngx_http_sandbox_ctx_get(r);

    if (rc == NGX_OK && ctx->route == SANDBOX_ROUTE_RESTART) {

        if (ngx_http_sandbox_lifecycle_wake(r, ctx) == NGX_OK) {
            return;
        }

        rc = NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sandbox_error_send_absent(r, ctx);

    } else if (rc == NGX_OK) {
        rc = ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                            ngx_http_sandbox_show_json(r, ctx));

    } else if (rc == NGX_BUSY) {
        ngx_http_sandbox_engine_paused(ctx->node, &ctx->failure);
        rc = ngx_http_sandbox_error_send(r, &ctx->failure);

    } else {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The container engine did not stop the "
                                   "sandbox. Try again later; see nginx's "
                                   "error log for the cause.");
        ctx->failure.retry_after = 5;
        rc = ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    ngx_http_sandbox_suspend_finish(r, rc);
}


ngx_int_t
ngx_http_sandbox_lifecycle_wake_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (!ngx_http_sandbox_lookup_discard(r, ctx, &rc)) {
        return rc;
    }

    if (ngx_http_sandbox_tether_served(ctx->node) == NGX_OK
        && !ngx_http_sandbox_instances_paused(ctx->node->spec.run))
    {
        ctx->start = NGX_HTTP_SANDBOX_START_HIT;

        return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                             ngx_http_sandbox_show_json(r,
                                                                        ctx));
    }

    if (ngx_http_sandbox_lifecycle_wake(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sandbox_suspend_watch_client(r);

    return NGX_DONE;
}


/* the request is referenced; a disconnect removes the waiter */

static ngx_int_t
ngx_http_sandbox_lifecycle_wake(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_pool_cleanup_t               *cln;
    ngx_http_sandbox_start_waiter_t  *w;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_sandbox_start_waiter_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sandbox_lifecycle_cleanup;

    w = cln->data;
    ngx_memzero(w, sizeof(ngx_http_sandbox_start_waiter_t));

    w->handler = ngx_http_sandbox_lifecycle_woken;
    w->data = r;

    ctx->waited = 1;
    ctx->wait_start = ngx_current_msec;

    ngx_http_sandbox_start_wait(ctx->node, w);

    return NGX_OK;
}


static void
ngx_http_sandbox_lifecycle_cleanup(void *data)
{
    if (ngx_http_sandbox_worker) {
        ngx_http_sandbox_start_unwait(data);
    }
}


static void
ngx_http_sandbox_lifecycle_woken(ngx_http_sandbox_start_waiter_t *w,
    ngx_uint_t start, ngx_http_sandbox_failure_t *failure)
{
    ngx_int_t                rc;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = w->data;
    ctx = ngx_http_sandbox_ctx_get(r);

    ngx_http_set_log_request(r->connection->log, r);

    ctx->start = start;
    ctx->wait_time = ngx_current_msec - ctx->wait_start;

    if (failure) {
        rc = ngx_http_sandbox_error_send(r, failure);

    } else {
        rc = ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                            ngx_http_sandbox_show_json(r, ctx));
    }

    ngx_http_sandbox_suspend_finish(r, rc);
}


ngx_int_t
ngx_http_sandbox_lifecycle_running_handler(ngx_http_request_t *r)
{
    sandbox_json_writer_t       w;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_lookup_e   found;

    ctx = ngx_http_sandbox_ctx_get(r);

    found = ngx_http_sandbox_lookup(r, ctx);

    /* on false, clients wipe the workspace: never report it by mistake */

    if (found == NGX_HTTP_SANDBOX_LOOKUP_ERROR) {
        return ngx_http_sandbox_error_send_internal(r, ctx);
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "running",
                             found == NGX_HTTP_SANDBOX_LOOKUP_OWN);

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


ngx_int_t
ngx_http_sandbox_lifecycle_delete_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_sandbox_ctx_t      *ctx;
    ngx_http_sandbox_suspend_t  *p;

    ctx = ngx_http_sandbox_ctx_get(r);

    switch (ngx_http_sandbox_lookup(r, ctx)) {

    case NGX_HTTP_SANDBOX_LOOKUP_OWN:
        break;

    case NGX_HTTP_SANDBOX_LOOKUP_ERROR:
        return ngx_http_sandbox_error_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_response_empty(r);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    p = ngx_http_sandbox_suspend(r);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_destroy(ctx->node, -1,
                                 ngx_http_sandbox_lifecycle_deleted, p)
        != NGX_OK)
    {
        ngx_http_sandbox_suspend_cancel(p);
        return ngx_http_sandbox_error_send_internal(r, ctx);
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_lifecycle_deleted(void *data, ngx_int_t rc)
{
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = ngx_http_sandbox_suspend_resume(data);

    if (r == NULL) {
        return;
    }

    ctx = ngx_http_sandbox_ctx_get(r);

    if (rc == NGX_ERROR) {
        rc = ngx_http_sandbox_error_send_internal(r, ctx);

    } else {
        rc = ngx_http_sandbox_response_empty(r);
    }

    ngx_http_sandbox_suspend_finish(r, rc);
}
