
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_capacity.h"
#include "lifecycle/ngx_http_sandbox_start_handover.h"


/*
 * Starts a sandbox: lock, engine, sockets, handshake.  There is one start per
 * sandbox in a worker, and, due to the lock, on the host.  Only the boot
 * handshake proves that the sandbox is running.
 */


#define NGX_HTTP_SANDBOX_LOCK_POLL  5


static ngx_http_sandbox_start_t *ngx_http_sandbox_start_begin(
    ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_start_event(ngx_http_sandbox_tether_observer_t *o,
    ac_agent_event_t *event);
static void ngx_http_sandbox_start_lock(ngx_http_sandbox_start_t *wake);
static ngx_uint_t ngx_http_sandbox_start_wanted(ngx_http_sandbox_start_t *wake);
static void ngx_http_sandbox_start_timer_handler(ngx_event_t *ev);
static void ngx_http_sandbox_start_deadline_handler(ngx_event_t *ev);


void
ngx_http_sandbox_start_wait(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_start_waiter_t *w)
{
    w->node = node;
    w->queued = 1;

    ngx_queue_insert_tail(&node->waiters, &w->queue);

    (void) ngx_atomic_fetch_add(
               &ngx_http_sandbox_worker->conf->counters->waiting, 1);

    if (node->start == NULL) {
        (void) ngx_http_sandbox_start_begin(node);
    }
}


void
ngx_http_sandbox_start_unwait(ngx_http_sandbox_start_waiter_t *w)
{
    if (!w->queued) {
        return;
    }

    ngx_queue_remove(&w->queue);
    w->queued = 0;

    (void) ngx_atomic_fetch_add(
               &ngx_http_sandbox_worker->conf->counters->waiting, -1);
}


void
ngx_http_sandbox_start(ngx_http_sandbox_node_t *node)
{
    ngx_http_sandbox_start_t  *wake;

    wake = node->start;

    if (wake == NULL) {
        wake = ngx_http_sandbox_start_begin(node);
    }

    if (wake) {
        wake->kicked = 1;
    }
}


/* the agent is ready: let a polling start check at once */

static void
ngx_http_sandbox_start_event(ngx_http_sandbox_tether_observer_t *o,
    ac_agent_event_t *event)
{
    ngx_http_sandbox_start_t  *wake;

    wake = o->data;

    if (event->type != AC_AGENT_HELLO
        || wake->step != ngx_http_sandbox_start_lock
        || !wake->timer.timer_set)
    {
        return;
    }

    ngx_del_timer(&wake->timer);

    ngx_post_event(&wake->timer, &ngx_posted_events);
}


static ngx_http_sandbox_start_t *
ngx_http_sandbox_start_begin(ngx_http_sandbox_node_t *node)
{
    ngx_http_sandbox_start_t  *wake;

    wake = ngx_calloc(sizeof(ngx_http_sandbox_start_t), ngx_cycle->log);
    if (wake == NULL) {

        /* waiters time out by the deadline of their own connection */

        return NULL;
    }

    wake->node = node;
    wake->lock = -1;
    wake->began = ngx_current_msec;
    wake->start = NGX_HTTP_SANDBOX_START_HIT;
    wake->step = ngx_http_sandbox_start_lock;

    wake->dummy.fd = (ngx_socket_t) -1;

    wake->timer.handler = ngx_http_sandbox_start_timer_handler;
    wake->timer.data = &wake->dummy;
    wake->timer.log = ngx_cycle->log;

    wake->deadline.handler = ngx_http_sandbox_start_deadline_handler;
    wake->deadline.data = &wake->dummy;
    wake->deadline.log = ngx_cycle->log;

    wake->dummy.data = wake;

    wake->observer.event = ngx_http_sandbox_start_event;
    wake->observer.data = wake;

    ngx_http_sandbox_tether_observe(node, &wake->observer);

    node->start = wake;

    ngx_add_timer(&wake->deadline,
                  ngx_http_sandbox_worker->conf->start_timeout);

    /* a waiter must not be called from within the call that queues it */

    ngx_post_event(&wake->timer, &ngx_posted_events);

    return wake;
}


void
ngx_http_sandbox_start_later(ngx_http_sandbox_start_t *wake,
    void (*step)(ngx_http_sandbox_start_t *wake), ngx_msec_t ms)
{
    wake->step = step;

    ngx_add_timer(&wake->timer, ms);
}


static void
ngx_http_sandbox_start_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_http_sandbox_start_t  *wake;

    c = ev->data;
    wake = c->data;

    wake->step(wake);
}


static void
ngx_http_sandbox_start_lock(ngx_http_sandbox_start_t *wake)
{
    ngx_int_t                   rc;
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_failure_t  failure;

    node = wake->node;

    rc = ngx_http_sandbox_node_spec(node);

    if (rc == NGX_DECLINED) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_NOT_FOUND,
                                   "SANDBOX_NOT_FOUND",
                                   NGX_HTTP_SANDBOX_DESTROYED);
        ngx_http_sandbox_start_end(wake, &failure);
        return;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_sandbox_tether_served(node);
    }

    if (rc == NGX_OK) {
        ngx_http_sandbox_start_end(wake, NULL);
        return;
    }

    if (rc == NGX_ERROR) {
        goto failed;
    }

    if (rc == NGX_AGAIN) {

        /* do not keep the lock while waiting for hello: destroy may need it */

        if (wake->lock != -1) {
            (void) close(wake->lock);
            wake->lock = -1;
        }

        ngx_http_sandbox_start_later(wake, ngx_http_sandbox_start_lock,
                                     NGX_HTTP_SANDBOX_LOCK_POLL);
        return;
    }

    if (wake->lock == -1) {

        wake->lock = sandbox_store_lock(ngx_http_sandbox_worker->store,
                                        (char *) node->id);

        if (wake->lock == -1) {

            if (ngx_errno == NGX_EAGAIN || ngx_errno == NGX_ENOENT) {
                ngx_http_sandbox_start_later(wake, ngx_http_sandbox_start_lock,
                                             NGX_HTTP_SANDBOX_LOCK_POLL);
                return;
            }

            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                          "cannot lock sandbox \"%s\"", node->id);
            goto failed;
        }

        /* it may have been started or replaced before we got the lock */

        ngx_http_sandbox_start_lock(wake);
        return;
    }

    if (!ngx_http_sandbox_start_wanted(wake)) {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, preview_stale);
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_SANDBOX_GONE,
                                   "STALE_PREVIEW_URL", NGX_HTTP_SANDBOX_STALE);
        ngx_http_sandbox_start_end(wake, &failure);
        return;
    }

    sandbox_fault("wake.locked");

    ngx_http_sandbox_start_capacity(wake);

    return;

failed:

    ngx_http_sandbox_error_set(&failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The sandbox cannot be started. See nginx's "
                               "error log for the cause.");
    ngx_http_sandbox_start_end(wake, &failure);
}


static ngx_uint_t
ngx_http_sandbox_start_wanted(ngx_http_sandbox_start_t *wake)
{
    ngx_queue_t                      *q;
    ngx_http_sandbox_node_t          *node;
    ngx_http_sandbox_start_waiter_t  *w;

    if (wake->kicked) {
        return 1;
    }

    node = wake->node;

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


void
ngx_http_sandbox_start_done(ngx_http_sandbox_start_t *wake)
{
    char                           run[SANDBOX_RANDOM_LEN + 1];
    ngx_http_sandbox_node_t       *node;
    ngx_http_sandbox_worker_t     *w;
    ngx_http_sandbox_failure_t     failure;
    ngx_http_sandbox_main_conf_t  *smcf;

    w = ngx_http_sandbox_worker;
    smcf = w->conf;
    node = wake->node;

    sandbox_fault("wake.booted");

    if (sandbox_store_run(w->store, (char *) node->id, run) == -1
        || ngx_strcmp(run, wake->run) != 0)
    {
        /* the id was reassigned: this container is orphaned */

        (void) ngx_http_sandbox_destroy_run(wake->run);

        ngx_http_sandbox_error_set(&failure, NGX_HTTP_NOT_FOUND,
                                   "SANDBOX_NOT_FOUND",
                                   NGX_HTTP_SANDBOX_DESTROYED);
        ngx_http_sandbox_start_end(wake, &failure);
        return;
    }

    if (ngx_http_sandbox_tether_booted(node) != NGX_OK) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The sandbox exited right after it was "
                                   "started. Try again; see nginx's error log "
                                   "for details.");
        failure.retry_after = 3;
        ngx_http_sandbox_start_end(wake, &failure);
        return;
    }

    sandbox_fault("wake.tethered");

    /* send options that were changed since the handshake began */

    if (ngx_http_sandbox_node_spec(node) == NGX_OK
        && !sandbox_store_stamp_equal(&node->spec.stamp, &wake->stamp))
    {
        ngx_http_sandbox_options_tell(node);
    }

    ngx_http_sandbox_count(smcf, starts[wake->start]);
    (void) ngx_atomic_fetch_add(&smcf->counters->start_ms,
                                ngx_current_msec - wake->began);

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "sandbox \"%s\" started in %M ms", node->id,
                  ngx_current_msec - wake->began);

    ngx_http_sandbox_start_end(wake, NULL);
}


static void
ngx_http_sandbox_start_deadline_handler(ngx_event_t *ev)
{
    ngx_connection_t            *c;
    ngx_http_sandbox_start_t    *wake;
    ngx_http_sandbox_failure_t   failure;

    c = ev->data;
    wake = c->data;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "sandbox \"%s\" did not start in time: %s",
                  wake->node->id, ngx_http_sandbox_start_doing(wake));

    ngx_http_sandbox_error_set(&failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                               "CONTAINER_UNAVAILABLE",
                               "The sandbox did not start in time: %s. Try "
                               "again.",
                               ngx_http_sandbox_start_doing(wake));
    failure.retry_after = 3;

    if (wake->call && !ac_docker_waits(wake->call)) {
        ac_docker_doubt(ngx_http_sandbox_worker->docker,
                        ngx_http_sandbox_worker->endpoint);
    }

    ngx_http_sandbox_start_end(wake, &failure);
}


const char *
ngx_http_sandbox_start_doing(ngx_http_sandbox_start_t *wake)
{
    if (wake->node->tether) {
        return "the agent in its container does not answer";
    }

    if (wake->lock == -1) {
        return "another worker is starting or stopping it";
    }

    if (wake->call && ac_docker_waits(wake->call)) {
        return "its request is still queued for the container engine";
    }

    if (wake->call) {
        return "the container engine does not answer";
    }

    if (wake->counting) {
        return "the container engine does not list its containers";
    }

    if (wake->boot || wake->peer) {
        return "the agent in its container does not answer";
    }

    return "its container does not stop";
}


void
ngx_http_sandbox_start_end(ngx_http_sandbox_start_t *wake,
    ngx_http_sandbox_failure_t *failure)
{
    ngx_uint_t                        start;
    ngx_queue_t                       waiters, *q;
    ngx_http_sandbox_node_t          *node;
    ngx_http_sandbox_start_waiter_t  *w;

    node = wake->node;
    start = wake->start;

    if (failure && failure->status >= NGX_HTTP_INTERNAL_SERVER_ERROR
        && !wake->refused)
    {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, start_failures);
    }

    if (wake->counted) {

        /* the container may still start: keep the slot until the next count */

        if (failure == NULL || wake->asked) {
            ngx_http_sandbox_instances_run(wake->run);

        } else {
            ngx_http_sandbox_instances_free(wake->run);
        }
    }

    if (wake->call) {
        ac_docker_cancel(wake->call);
    }

    ngx_http_sandbox_start_handover_close(wake);

    if (wake->lock != -1) {
        (void) close(wake->lock);
    }

    if (wake->timer.timer_set) {
        ngx_del_timer(&wake->timer);
    }

    if (wake->timer.posted) {
        ngx_delete_posted_event(&wake->timer);
    }

    if (wake->deadline.timer_set) {
        ngx_del_timer(&wake->deadline);
    }

    ngx_http_sandbox_tether_unobserve(&wake->observer);

    node->start = NULL;
    ngx_free(wake);

    /* a handler may remove other waiters, and may wait again */

    node->refs++;

    ngx_queue_init(&waiters);

    if (!ngx_queue_empty(&node->waiters)) {
        ngx_queue_add(&waiters, &node->waiters);
        ngx_queue_init(&node->waiters);
    }

    while (!ngx_queue_empty(&waiters)) {
        q = ngx_queue_head(&waiters);
        w = ngx_queue_data(q, ngx_http_sandbox_start_waiter_t, queue);

        ngx_http_sandbox_start_unwait(w);

        w->handler(w, start, failure);
    }

    ngx_http_sandbox_node_release(node);
}
