
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "core/ngx_http_sandbox_abort.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview.h"
#include "preview/ngx_http_sandbox_preview_revoke.h"


/*
 * Open previews: WebSockets, streams and other long requests.  Every second
 * the policies of their ports are checked, by one fstatat() per port, and
 * requests that are no longer allowed are closed: a link may have been revoked
 * by another worker, or may have expired.
 */


#define NGX_HTTP_SANDBOX_PREVIEW_REVOKE_INTERVAL  1000


static void ngx_http_sandbox_preview_revoke_cleanup(void *data);
static void ngx_http_sandbox_preview_revoke_remove(ngx_http_sandbox_ctx_t *ctx);
static void ngx_http_sandbox_preview_revoke_handler(ngx_event_t *ev);
static void ngx_http_sandbox_preview_revoke_node(ngx_http_sandbox_node_t *node);
static ngx_uint_t ngx_http_sandbox_preview_revoke_due(
    ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_preview_revoke_cut(ngx_http_sandbox_ctx_t *ctx);


static ngx_event_t       ngx_http_sandbox_preview_revoke_event;
static ngx_connection_t  ngx_http_sandbox_preview_revoke_dummy;


ngx_int_t
ngx_http_sandbox_preview_revoke_add(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_event_t              *ev;
    ngx_pool_cleanup_t       *cln;
    ngx_http_sandbox_node_t  *node;

    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sandbox_preview_revoke_cleanup;
    cln->data = ctx;

    node = ctx->node;

    if (ngx_queue_empty(&node->previews)) {
        ngx_queue_insert_tail(&ngx_http_sandbox_worker->previewed,
                              &node->preview_queue);
    }

    ngx_queue_insert_tail(&node->previews, &ctx->queue);
    ctx->open = 1;

    ev = &ngx_http_sandbox_preview_revoke_event;

    if (!ev->timer_set) {
        ngx_http_sandbox_timer_init(ev, &ngx_http_sandbox_preview_revoke_dummy,
                                    ngx_http_sandbox_preview_revoke_handler,
                                    NULL, ngx_cycle->log);
        ev->cancelable = 1;

        ngx_add_timer(ev, NGX_HTTP_SANDBOX_PREVIEW_REVOKE_INTERVAL);
    }

    return NGX_OK;
}


static void
ngx_http_sandbox_preview_revoke_cleanup(void *data)
{
    if (ngx_http_sandbox_worker) {
        ngx_http_sandbox_preview_revoke_remove(data);
    }
}


static void
ngx_http_sandbox_preview_revoke_remove(ngx_http_sandbox_ctx_t *ctx)
{
    if (!ctx->open) {
        return;
    }

    ctx->open = 0;

    ngx_queue_remove(&ctx->queue);

    if (ngx_queue_empty(&ctx->node->previews)) {
        ngx_queue_remove(&ctx->node->preview_queue);
    }
}


void
ngx_http_sandbox_preview_revoke_soon(void)
{
    if (!ngx_queue_empty(&ngx_http_sandbox_worker->previewed)) {
        ngx_add_timer(&ngx_http_sandbox_preview_revoke_event, 1);
    }
}


void
ngx_http_sandbox_preview_revoke_stop(void)
{
    if (ngx_http_sandbox_preview_revoke_event.timer_set) {
        ngx_del_timer(&ngx_http_sandbox_preview_revoke_event);
    }
}


static void
ngx_http_sandbox_preview_revoke_handler(ngx_event_t *ev)
{
    ngx_uint_t                n;
    ngx_queue_t              *q, *previewed;
    ngx_http_sandbox_node_t  *node;

    previewed = &ngx_http_sandbox_worker->previewed;
    n = 0;

    for (q = ngx_queue_head(previewed); q != ngx_queue_sentinel(previewed);
         q = ngx_queue_next(q))
    {
        n++;
    }

    /*
     * closing may remove other nodes: move each to the tail before checking it
     */

    while (n-- && !ngx_queue_empty(previewed)) {

        q = ngx_queue_head(previewed);
        node = ngx_queue_data(q, ngx_http_sandbox_node_t, preview_queue);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(previewed, q);

        ngx_http_sandbox_preview_revoke_node(node);
    }

    if (!ngx_queue_empty(previewed)) {
        ngx_add_timer(ev, NGX_HTTP_SANDBOX_PREVIEW_REVOKE_INTERVAL);
    }
}


static void
ngx_http_sandbox_preview_revoke_node(ngx_http_sandbox_node_t *node)
{
    ngx_queue_t             *q, *next;
    ngx_http_sandbox_ctx_t  *ctx;

    if (ngx_queue_empty(&node->previews)
        || !ngx_http_sandbox_preview_revoke_due(node))
    {
        return;
    }

    for (q = ngx_queue_head(&node->previews);
         q != ngx_queue_sentinel(&node->previews);
         q = next)
    {
        next = ngx_queue_next(q);
        ctx = ngx_queue_data(q, ngx_http_sandbox_ctx_t, queue);

        if (!ngx_http_sandbox_preview_holds(ctx)) {
            ctx->cut = 1;
            ngx_queue_remove(q);
            ngx_queue_insert_head(&node->previews, q);
        }
    }

    /* closed requests reference the node, and one may be the last */

    node->refs++;

    while (!ngx_queue_empty(&node->previews)) {

        q = ngx_queue_head(&node->previews);
        ctx = ngx_queue_data(q, ngx_http_sandbox_ctx_t, queue);

        if (!ctx->cut) {
            break;
        }

        ngx_http_sandbox_preview_revoke_remove(ctx);
        ngx_http_sandbox_preview_revoke_cut(ctx);
    }

    ngx_http_sandbox_node_release(node);
}


/* 1 if a policy has changed or expired */

static ngx_uint_t
ngx_http_sandbox_preview_revoke_due(ngx_http_sandbox_node_t *node)
{
    int64_t                        now;
    in_port_t                      ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    ngx_uint_t                     i, n, due;
    ngx_queue_t                   *q;
    sandbox_policy_t              *policy;
    ngx_http_sandbox_node_port_t  *p;

    n = 0;

    /* reading policies may replace all records: collect the ports first */

    for (q = ngx_queue_head(&node->policies);
         q != ngx_queue_sentinel(&node->policies)
         && n < NGX_HTTP_SANDBOX_PORTS_MAX;
         q = ngx_queue_next(q))
    {
        p = ngx_queue_data(q, ngx_http_sandbox_node_port_t, queue);
        ports[n++] = p->policy.port;
    }

    now = ngx_http_sandbox_clock_late();
    due = 0;

    for (i = 0; i < n; i++) {

        if (ngx_http_sandbox_node_policy(node, ports[i], &policy) == NGX_OK
            && sandbox_policy_expired(policy, now))
        {
            due = 1;
        }
    }

    if (node->checked != node->changes) {
        node->checked = node->changes;
        due = 1;
    }

    return due;
}


static void
ngx_http_sandbox_preview_revoke_cut(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_error(NGX_LOG_INFO, c->log, 0,
                  "preview of sandbox \"%s\" closed: its link was revoked or "
                  "has expired", ctx->node->id);

    ngx_http_sandbox_abort_upstream(r);

    ngx_http_finalize_request(r, NGX_ERROR);

    ngx_http_run_posted_requests(c);
}
