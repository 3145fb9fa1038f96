
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_container.h"
#include "lib/sandbox_store_lifetime.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_agent_request.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_exit_reason.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_show.h"
#include "api/ngx_http_sandbox_show_json.h"

#include <cjson/cJSON.h>


/*
 * A sandbox as JSON.  GET adds what nginx does not know itself: the resource
 * usage from the agent of a running sandbox, or the last exit from the engine.
 */


typedef struct {
    sandbox_exit_t                  end;
    char                            message[NGX_HTTP_SANDBOX_ENGINE_TEXT];
    ngx_http_sandbox_agent_status_t status;
    unsigned                        requested:1;
    unsigned                        inspected:1;
    unsigned                        paused:1;
    unsigned                        has_status:1;
    unsigned                        plain:1;
} ngx_http_sandbox_show_t;


static ngx_int_t ngx_http_sandbox_show(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_show_ask(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static void ngx_http_sandbox_show_status(void *data,
    ngx_http_sandbox_agent_status_t *status);
static ngx_int_t ngx_http_sandbox_show_inspect(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static void ngx_http_sandbox_show_inspected(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_show_resume(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_show_send(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_uint_t ngx_http_sandbox_show_ended(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_show_t *show, ngx_http_sandbox_tether_state_e state,
    sandbox_exit_t *end);
static void ngx_http_sandbox_show_usage(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_show_t *show, ngx_http_sandbox_tether_state_e state,
    sandbox_json_writer_t *w);
static int64_t ngx_http_sandbox_show_sleeps_in(ngx_http_sandbox_node_t *node,
    int64_t agent_ms);


ngx_int_t
ngx_http_sandbox_show_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    ctx->body = ngx_pcalloc(r->pool, sizeof(ngx_http_sandbox_show_t));
    if (ctx->body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_sandbox_lookup_discard(r, ctx, &rc)) {
        return rc;
    }

    return ngx_http_sandbox_show(r, ctx);
}


/*
 * The agent handles packets in order: once it has replied, it has applied the
 * earlier ones, which thus affect all later commands of the caller.
 */

ngx_int_t
ngx_http_sandbox_show_changed(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_show_t  *show;

    show = ngx_pcalloc(r->pool, sizeof(ngx_http_sandbox_show_t));
    if (show == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    show->plain = 1;
    ctx->body = show;

    return ngx_http_sandbox_show(r, ctx);
}


/* a content handler's result; called again with each reply */

static ngx_int_t
ngx_http_sandbox_show(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t                         rc;
    ngx_http_sandbox_show_t          *show;
    ngx_http_sandbox_tether_state_e   state;

    show = ctx->body;

    rc = NGX_DECLINED;

    /* the state may have changed since the last query */

    state = ngx_http_sandbox_state(ctx->node);

    if (state == NGX_HTTP_SANDBOX_RUNNING && !show->requested) {
        show->requested = 1;
        rc = ngx_http_sandbox_show_ask(r, ctx);
    }

    /* an agent that does not answer may be paused */

    if (rc == NGX_DECLINED && !show->inspected && !show->plain
        && (state == NGX_HTTP_SANDBOX_ASLEEP
            || state == NGX_HTTP_SANDBOX_PAUSED
            || (state == NGX_HTTP_SANDBOX_RUNNING && !show->has_status)))
    {
        rc = ngx_http_sandbox_show_inspect(r, ctx);
    }

    return (rc == NGX_DECLINED) ? ngx_http_sandbox_show_send(r, ctx) : rc;
}


static ngx_int_t
ngx_http_sandbox_show_ask(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_suspend_t  *p;

    p = ngx_http_sandbox_suspend(r);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_agent_request_status(ctx->node,
                                              ngx_http_sandbox_show_status, p)
        != NGX_OK)
    {
        ngx_http_sandbox_suspend_cancel(p);
        return NGX_DECLINED;
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_show_status(void *data,
    ngx_http_sandbox_agent_status_t *status)
{
    ngx_http_request_t       *r;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_http_sandbox_show_t  *show;

    r = ngx_http_sandbox_suspend_resume(data);

    if (r == NULL) {
        return;
    }

    ctx = ngx_http_sandbox_ctx_get(r);
    show = ctx->body;

    if (status) {
        show->status = *status;
        show->has_status = 1;
    }

    ngx_http_sandbox_show_resume(r, ctx);
}


/* NGX_DECLINED: it has never run */

static ngx_int_t
ngx_http_sandbox_show_inspect(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    sandbox_container_t          container;
    ngx_http_sandbox_worker_t   *w;
    ngx_http_sandbox_suspend_t  *p;

    w = ngx_http_sandbox_worker;

    if (sandbox_store_container_read(w->store, (char *) ctx->node->id,
                                     &container)
        == -1)
    {
        return NGX_DECLINED;
    }

    p = ngx_http_sandbox_suspend(r);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_container_find(ctx->node->spec.run, AC_LANE_OTHERS,
                                        ctx->node->spec.owner, 0,
                                        w->conf->engine_timeout,
                                        ngx_http_sandbox_show_inspected, p)
        == NULL)
    {
        ngx_http_sandbox_suspend_cancel(p);

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_show_inspected(void *data, const ac_reply_t *reply)
{
    ngx_http_request_t       *r;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_http_sandbox_show_t  *show;

    if (reply->error != AC_OK) {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);
    }

    r = ngx_http_sandbox_suspend_resume(data);

    if (r == NULL) {
        return;
    }

    ctx = ngx_http_sandbox_ctx_get(r);
    show = ctx->body;

    show->inspected = 1;

    show->paused = (reply->ncontainers
                    && reply->containers[0].state == AC_CONTAINER_PAUSED);

    ngx_http_sandbox_instances_pause(ctx->node->spec.run, show->paused);

    if (!ngx_http_sandbox_exit_reason(reply, &show->end)) {

        if (reply->ncontainers) {
            (void) ngx_cpystrn((u_char *) show->message,
                               (u_char *) "the container has not exited",
                               sizeof(show->message));
        } else {
            ngx_http_sandbox_engine_public_text(show->message, reply);
        }
    }

    ngx_http_sandbox_show_resume(r, ctx);
}


static void
ngx_http_sandbox_show_resume(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ngx_http_sandbox_lookup_own(r, ctx, &rc)) {
        rc = ngx_http_sandbox_show(r, ctx);
    }

    ngx_http_sandbox_suspend_finish(r, rc);
}


static ngx_int_t
ngx_http_sandbox_show_send(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    int64_t                           since;
    ngx_uint_t                        known;
    sandbox_exit_t                    end;
    sandbox_json_writer_t             w;
    ngx_http_sandbox_show_t          *show;
    ngx_http_sandbox_tether_state_e   state;

    show = ctx->body;

    if (show->plain) {
        return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                              ngx_http_sandbox_show_json(r,
                                                                         ctx));
    }

    state = show->paused ? NGX_HTTP_SANDBOX_PAUSED
                         : ngx_http_sandbox_state(ctx->node);
    known = ngx_http_sandbox_show_ended(ctx->node, show, state, &end);

    since = (known && state == NGX_HTTP_SANDBOX_ASLEEP) ? end.at_ms : 0;

    sandbox_json_writer_start(&w);

    ngx_http_sandbox_show_json_write(r, ctx, state, since, &w);

    if (known) {
        sandbox_json_writer_item(&w, "ended",
                                 ngx_http_sandbox_exit_reason_json(&end,
                                     show->message[0] ? show->message : NULL));
    } else {
        sandbox_json_writer_null(&w, "ended");
    }

    ngx_http_sandbox_show_usage(ctx->node, show, state, &w);

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


/* the last exit; for a running sandbox, as recorded before its start */

static ngx_uint_t
ngx_http_sandbox_show_ended(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_show_t *show, ngx_http_sandbox_tether_state_e state,
    sandbox_exit_t *end)
{
    if (state == NGX_HTTP_SANDBOX_RUNNING || state == NGX_HTTP_SANDBOX_PAUSED) {
        return sandbox_store_lifetime_read(ngx_http_sandbox_worker->store,
                                           (char *) node->id, end)
               == 0;
    }

    if (state == NGX_HTTP_SANDBOX_ASLEEP && show->inspected) {
        *end = show->end;
        return 1;
    }

    return 0;
}


static void
ngx_http_sandbox_show_usage(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_show_t *show, ngx_http_sandbox_tether_state_e state,
    sandbox_json_writer_t *w)
{
    ngx_uint_t                        known, own;
    sandbox_container_t               c;
    ngx_http_sandbox_agent_status_t  *status;

    status = &show->status;
    known = (state == NGX_HTTP_SANDBOX_RUNNING && show->has_status);

    /* without control groups of its own, the agent reports the host's usage */

    own = (sandbox_store_container_read(ngx_http_sandbox_worker->store,
                                        (char *) node->id, &c)
           != 0
           || c.cgroups != 0);

    if (!known || !own
        || (status->memory == -1 && status->pids == -1 && status->cpu == -1))
    {
        sandbox_json_writer_null(w, "usage");

    } else {
        sandbox_json_writer_object(w, "usage");

        ngx_http_sandbox_show_json_number(w, "memory", status->memory, 1);
        ngx_http_sandbox_show_json_number(w, "pids", status->pids, 1);
        ngx_http_sandbox_show_json_number(w, "cpuTime", status->cpu, 1000);

        sandbox_json_writer_close(w);
    }

    ngx_http_sandbox_show_json_number(w, "sleepsIn",
        known ? ngx_http_sandbox_show_sleeps_in(node, status->sleeps_in) : -1,
        1000);
}


/*
 * when it will go to sleep: agent_ms, limited by max_awake; ms, or
 * -1
 */

static int64_t
ngx_http_sandbox_show_sleeps_in(ngx_http_sandbox_node_t *node, int64_t agent_ms)
{
    int                        ended;
    int64_t                    since, left;
    ngx_http_sandbox_class_t  *class;

    class = ngx_http_sandbox_node_class(node);

    if (class == NULL || class->max_awake == 0) {
        return agent_ms;
    }

    since = sandbox_store_lifetime_changed(ngx_http_sandbox_worker->store,
                                           (char *) node->id, &ended);

    if (since == -1 || ended) {
        return agent_ms;
    }

    left = since + class->max_awake - ngx_http_sandbox_clock_early();
    left = ngx_max(left, 0);

    return (agent_ms == -1 || left < agent_ms) ? left : agent_ms;
}
