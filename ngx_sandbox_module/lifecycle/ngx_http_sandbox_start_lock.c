
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_lock.h"


/*
 * The first step of a start: the sandbox is running already, or this worker
 * locks it.
 */


#define NGX_HTTP_SANDBOX_LOCK_POLL        5         /* ms */
/* how long the agent may take for hello before the engine is asked */
#define NGX_HTTP_SANDBOX_LOCK_LOOK        250
#define NGX_HTTP_SANDBOX_LOCK_LOOK_AGAIN  1000


static void ngx_http_sandbox_lock_look(ngx_http_sandbox_start_t *start,
    ngx_uint_t now);
static void ngx_http_sandbox_lock_look_handler(void *data,
    const ac_reply_t *reply);
static ngx_uint_t ngx_http_sandbox_lock_wanted(
    ngx_http_sandbox_start_t *start);


ngx_int_t
ngx_http_sandbox_start_lock(ngx_http_sandbox_start_t *start)
{
    ngx_int_t                 rc;
    ngx_uint_t                paused;
    ngx_http_sandbox_node_t  *node;

    node = start->node;

    rc = ngx_http_sandbox_node_spec(node);

    if (rc == NGX_DECLINED) {
        ngx_http_sandbox_error_set(&start->failure, NGX_HTTP_NOT_FOUND,
                                   "SANDBOX_NOT_FOUND",
                                   NGX_HTTP_SANDBOX_DESTROYED);
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_sandbox_options_served(node);
    }

    paused = (rc == NGX_OK
              && ngx_http_sandbox_instances_paused(node->spec.run));

    if (rc == NGX_OK && !paused) {
        return NGX_DONE;
    }

    if (rc == NGX_ERROR) {
        goto failed;
    }

    if (rc != NGX_DECLINED) {

        if (!start->polled) {
            start->polled = 1;

            ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                           "sandbox \"%s\" start: waiting for the agent",
                           node->id);
        }

        /* do not keep the lock while waiting for hello: destroy may need it */

        if (start->lock != -1) {
            (void) close(start->lock);
            start->lock = -1;
        }

        ngx_http_sandbox_lock_look(start, paused);

        ngx_http_sandbox_start_later(start, NULL, NGX_HTTP_SANDBOX_LOCK_POLL);
        return NGX_AGAIN;
    }

    if (start->lock == -1) {

        start->lock = sandbox_store_lock(ngx_http_sandbox_worker->store,
                                        (char *) node->id);

        if (start->lock == -1) {

            if (ngx_errno == NGX_EAGAIN || ngx_errno == NGX_ENOENT) {

                if (!start->polled) {
                    start->polled = 1;

                    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                                   "sandbox \"%s\" start: locked by another "
                                   "worker", node->id);
                }

                ngx_http_sandbox_start_later(start, NULL,
                                             NGX_HTTP_SANDBOX_LOCK_POLL);
                return NGX_AGAIN;
            }

            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                          "cannot lock sandbox \"%s\"", node->id);
            goto failed;
        }

        /* it may have been started or replaced before we got the lock */

        return ngx_http_sandbox_start_lock(start);
    }

    if (!ngx_http_sandbox_lock_wanted(start)) {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, preview_stale);
        ngx_http_sandbox_error_set(&start->failure, NGX_HTTP_SANDBOX_GONE,
                                   "STALE_PREVIEW_URL", NGX_HTTP_SANDBOX_STALE);
        return NGX_ERROR;
    }

    if (start->search) {
        ngx_http_sandbox_container_cancel(start->search);
        start->search = NULL;
    }

    sandbox_fault("wake.locked");

    return NGX_OK;

failed:

    ngx_http_sandbox_error_set(&start->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The sandbox cannot be started. See nginx's "
                               "error log for the cause.");

    return NGX_ERROR;
}


/*
 * The kernel accepts connections for the agent of a paused container, which
 * does not answer: ask the engine.
 */

static void
ngx_http_sandbox_lock_look(ngx_http_sandbox_start_t *start, ngx_uint_t now)
{
    ngx_msec_t  waited;

    waited = ngx_current_msec - start->start_msec;

    if (start->search || waited < start->look_after
        || (waited < NGX_HTTP_SANDBOX_LOCK_LOOK && !now))
    {
        return;
    }

    start->look_after = waited + NGX_HTTP_SANDBOX_LOCK_LOOK_AGAIN;

    /* if it fails, the start continues to wait */

    start->search = ngx_http_sandbox_container_find(
                        start->node->spec.run, AC_LANE_OTHERS,
                        start->node->spec.owner, 0,
                        ngx_http_sandbox_worker->conf->engine_timeout,
                        ngx_http_sandbox_lock_look_handler, start);
}


static void
ngx_http_sandbox_lock_look_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    ngx_http_sandbox_node_t  *node;

    node = start->node;
    start->search = NULL;

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->ncontainers != 1)
    {
        return;
    }

    if (reply->containers[0].state == AC_CONTAINER_PAUSED) {
        ngx_http_sandbox_engine_paused(node, &start->failure);
        ngx_http_sandbox_start_result(start, NGX_ERROR);
        return;
    }

    ngx_http_sandbox_instances_pause(node->spec.run, 0);
}


static ngx_uint_t
ngx_http_sandbox_lock_wanted(ngx_http_sandbox_start_t *start)
{
    ngx_queue_t                      *q;
    ngx_http_sandbox_node_t          *node;
    ngx_http_sandbox_start_waiter_t  *w;

    if (start->unattended) {
        return 1;
    }

    node = start->node;

    for (q = ngx_queue_head(&node->waiters);
         q != ngx_queue_sentinel(&node->waiters);
         q = ngx_queue_next(q))
    {
        w = ngx_queue_data(q, ngx_http_sandbox_start_waiter_t, queue);

        if (!w->join) {
            return 1;
        }
    }

    return 0;
}
