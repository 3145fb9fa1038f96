
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_pool.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_capacity.h"
#include "lifecycle/ngx_http_sandbox_start_container.h"
#include "lifecycle/ngx_http_sandbox_start_files.h"
#include "lifecycle/ngx_http_sandbox_start_handover.h"
#include "lifecycle/ngx_http_sandbox_start_lock.h"


/*
 * Starts a sandbox in the steps of the table below.  There is one start per
 * sandbox in a worker, and, due to the lock, on the host.  Only the boot
 * handshake proves that the sandbox is running.
 */


typedef struct {
    const char               *name;
    ngx_int_t               (*handler)(ngx_http_sandbox_start_t *start);
} ngx_http_sandbox_start_step_t;


static ngx_http_sandbox_start_t *ngx_http_sandbox_start_begin(
    ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_start_event(ngx_http_sandbox_tether_observer_t *o,
    ac_agent_event_t *event);
static void ngx_http_sandbox_start_timer_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_sandbox_start_finish(
    ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_start_deadline_handler(ngx_event_t *ev);
static ac_call_t *ngx_http_sandbox_start_current(
    ngx_http_sandbox_start_t *start);
static const char *ngx_http_sandbox_start_doing(
    ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_start_end(ngx_http_sandbox_start_t *start,
    ngx_http_sandbox_failure_t *failure);


static const ngx_http_sandbox_start_step_t  ngx_http_sandbox_start_steps[] = {

    /* locks the sandbox against other workers, unless it is already running */
    { "lock", ngx_http_sandbox_start_lock },

    /* takes an instance: the limits allow one more */
    { "capacity", ngx_http_sandbox_start_capacity },

    /* makes what the container mounts, if it is missing */
    { "files", ngx_http_sandbox_start_files },

    /* creates the container if it is missing, and starts it */
    { "container", ngx_http_sandbox_start_container },

    /* binds the sockets and passes them to the agent, which boots */
    { "handover", ngx_http_sandbox_start_handover },

    /* connects the tether */
    { "finish", ngx_http_sandbox_start_finish },

    { NULL, NULL }
};


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
    ngx_http_sandbox_start_t  *start;

    start = node->start;

    if (start == NULL) {
        start = ngx_http_sandbox_start_begin(node);
    }

    if (start) {
        start->unattended = 1;
    }
}


/* the agent is ready, or has new options: let a polling start check at once */

static void
ngx_http_sandbox_start_event(ngx_http_sandbox_tether_observer_t *o,
    ac_agent_event_t *event)
{
    ngx_http_sandbox_start_t  *start;

    start = o->data;

    if ((event->type != AC_AGENT_HELLO && event->type != AC_AGENT_REPLY)
        || ngx_http_sandbox_start_steps[start->step].handler
           != ngx_http_sandbox_start_lock
        || !start->timer.timer_set)
    {
        return;
    }

    ngx_del_timer(&start->timer);

    ngx_post_event(&start->timer, &ngx_posted_events);
}


static ngx_http_sandbox_start_t *
ngx_http_sandbox_start_begin(ngx_http_sandbox_node_t *node)
{
    ngx_http_sandbox_start_t  *start;

    start = ngx_calloc(sizeof(ngx_http_sandbox_start_t), ngx_cycle->log);
    if (start == NULL) {

        /* waiters time out by the deadline of their own connection */

        return NULL;
    }

    start->node = node;
    start->lock = -1;
    start->start_msec = ngx_current_msec;
    start->type = NGX_HTTP_SANDBOX_START_HIT;

    ngx_http_sandbox_timer_init(&start->timer, &start->dummy,
                                ngx_http_sandbox_start_timer_handler, start,
                                ngx_cycle->log);

    ngx_http_sandbox_timer_init(&start->deadline, &start->dummy,
                                ngx_http_sandbox_start_deadline_handler, start,
                                ngx_cycle->log);

    start->observer.event = ngx_http_sandbox_start_event;
    start->observer.data = start;

    ngx_http_sandbox_tether_observe(node, &start->observer);

    node->start = start;

    ngx_add_timer(&start->deadline,
                  ngx_http_sandbox_worker->conf->start_timeout);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "sandbox \"%s\" start: begin", node->id);

    /* a waiter must not be called from within the call that queues it */

    ngx_post_event(&start->timer, &ngx_posted_events);

    return start;
}


void
ngx_http_sandbox_start_later(ngx_http_sandbox_start_t *start,
    void (*handler)(ngx_http_sandbox_start_t *start), ngx_msec_t ms)
{
    start->handler = handler;

    ngx_add_timer(&start->timer, ms);
}


static void
ngx_http_sandbox_start_timer_handler(ngx_event_t *ev)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_http_sandbox_start_t  *start;

    c = ev->data;
    start = c->data;

    if (start->handler) {
        start->handler(start);
        return;
    }

    rc = ngx_http_sandbox_start_steps[start->step].handler(start);

    ngx_http_sandbox_start_result(start, rc);
}


void
ngx_http_sandbox_start_result(ngx_http_sandbox_start_t *start, ngx_int_t rc)
{
    const ngx_http_sandbox_start_step_t  *step;

    for ( ;; ) {

        switch (rc) {

        case NGX_AGAIN:
            return;

        case NGX_OK:
            start->step++;
            break;

        case NGX_DONE:
            ngx_http_sandbox_start_end(start, NULL);
            return;

        default:
            ngx_http_sandbox_start_end(start, &start->failure);
            return;
        }

        step = &ngx_http_sandbox_start_steps[start->step];

        if (step->handler == NULL) {
            ngx_http_sandbox_start_end(start, NULL);
            return;
        }

        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "sandbox \"%s\" start: %s, after %M ms",
                       start->node->id, step->name,
                       ngx_current_msec - start->start_msec);

        start->handler = NULL;

        rc = step->handler(start);
    }
}


void
ngx_http_sandbox_start_call(ngx_http_sandbox_start_t *start)
{
    ngx_http_sandbox_engine_call(AC_LANE_STARTS, start->node->spec.owner,
                                 start->engine_called);

    /* calls of a start in progress take precedence over new starts */

    start->engine_called = 1;
}


void
ngx_http_sandbox_start_called(ngx_http_sandbox_start_t *start, ac_call_t *call)
{
    start->call = call;

    if (call == NULL) {
        ngx_http_sandbox_start_engine_failed(start, "accept the request",
                                             NULL);
    }
}


void
ngx_http_sandbox_start_engine_failed(ngx_http_sandbox_start_t *start,
    const char *what, const ac_reply_t *reply)
{
    if (reply && reply->error == AC_OK && reply->status != NGX_HTTP_CONFLICT) {

        /* the engine has refused: nothing was started */

        start->start_sent = 0;
    }

    ngx_http_sandbox_engine_failed(start->node, what, reply, &start->failure);

    ngx_http_sandbox_start_result(start, NGX_ERROR);
}


static ngx_int_t
ngx_http_sandbox_start_finish(ngx_http_sandbox_start_t *start)
{
    char                           run[SANDBOX_RANDOM_LEN + 1];
    ngx_http_sandbox_node_t       *node;
    ngx_http_sandbox_worker_t     *w;
    ngx_http_sandbox_main_conf_t  *smcf;

    w = ngx_http_sandbox_worker;
    smcf = w->conf;
    node = start->node;

    sandbox_fault("wake.booted");

    if (sandbox_store_run(w->store, (char *) node->id, run) == -1
        || ngx_strcmp(run, start->run) != 0)
    {
        /* the id was reassigned: this container is orphaned */

        (void) ngx_http_sandbox_destroy_run(start->run);

        ngx_http_sandbox_error_set(&start->failure, NGX_HTTP_NOT_FOUND,
                                   "SANDBOX_NOT_FOUND",
                                   NGX_HTTP_SANDBOX_DESTROYED);
        return NGX_ERROR;
    }

    if (ngx_http_sandbox_tether_booted(node) != NGX_OK) {
        ngx_http_sandbox_error_set(&start->failure,
                                   NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The sandbox exited right after it was "
                                   "started. Try again; see nginx's error log "
                                   "for details.");
        start->failure.retry_after = 3;
        return NGX_ERROR;
    }

    sandbox_fault("wake.tethered");

    ngx_http_sandbox_instances_pause(start->run, 0);

    /* send options that were changed since the handshake began */

    if (ngx_http_sandbox_node_spec(node) == NGX_OK
        && !sandbox_store_stamp_equal(&node->spec.stamp, &start->stamp))
    {
        ngx_http_sandbox_options_tell(node);
    }

    if (!sandbox_store_pool_is((char *) node->id)) {
        ngx_http_sandbox_count(smcf, starts[start->type]);
        (void) ngx_atomic_fetch_add(&smcf->counters->start_ms,
                                    ngx_current_msec - start->start_msec);
    }

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "sandbox \"%s\" started in %M ms", node->id,
                  ngx_current_msec - start->start_msec);

    return NGX_OK;
}


static void
ngx_http_sandbox_start_deadline_handler(ngx_event_t *ev)
{
    ac_call_t                 *call;
    ngx_connection_t          *c;
    ngx_http_sandbox_start_t  *start;

    c = ev->data;
    start = c->data;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "sandbox \"%s\" did not start in time: %s",
                  start->node->id, ngx_http_sandbox_start_doing(start));

    ngx_http_sandbox_error_set(&start->failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                               "CONTAINER_UNAVAILABLE",
                               "The sandbox did not start in time: %s. Try "
                               "again.",
                               ngx_http_sandbox_start_doing(start));
    start->failure.retry_after = 3;

    call = ngx_http_sandbox_start_current(start);

    if (call && !ac_docker_waits(call)) {
        ac_docker_doubt(ngx_http_sandbox_worker->docker,
                        ngx_http_sandbox_worker->endpoint);
    }

    ngx_http_sandbox_start_result(start, NGX_ERROR);
}


static ac_call_t *
ngx_http_sandbox_start_current(ngx_http_sandbox_start_t *start)
{
    return start->search ? ngx_http_sandbox_container_call(start->search)
                         : start->call;
}


static const char *
ngx_http_sandbox_start_doing(ngx_http_sandbox_start_t *start)
{
    ac_call_t  *call;

    if (start->node->tether) {
        return "the agent in its container does not answer";
    }

    if (start->lock == -1) {
        return "another worker is starting or stopping it";
    }

    call = ngx_http_sandbox_start_current(start);

    if (call && ac_docker_waits(call)) {
        return "its request is still queued for the container engine";
    }

    if (call) {
        return "the container engine does not answer";
    }

    if (start->listing) {
        return "the container engine does not list its containers";
    }

    if (start->boot || start->peer) {
        return "the agent in its container does not answer";
    }

    return "its container does not stop";
}


static void
ngx_http_sandbox_start_end(ngx_http_sandbox_start_t *start,
    ngx_http_sandbox_failure_t *failure)
{
    ngx_uint_t                        type;
    ngx_queue_t                       waiters, *q;
    ngx_http_sandbox_node_t          *node;
    ngx_http_sandbox_failure_t        copy;
    ngx_http_sandbox_start_waiter_t  *w;

    node = start->node;
    type = start->type;

    if (failure && failure->status >= NGX_HTTP_INTERNAL_SERVER_ERROR
        && !start->refused)
    {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, start_failures);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "sandbox \"%s\" start: end, status %ui, after %M ms",
                   node->id, failure ? failure->status : 0,
                   ngx_current_msec - start->start_msec);

    if (failure) {

        /*
         * the failure is part of the start, which is freed before waiters read
         * it
         */

        copy = *failure;
        failure = &copy;
    }

    if (start->has_instance) {

        /* it may still start: keep its instance until the next list */

        if (failure == NULL || start->start_sent) {
            ngx_http_sandbox_instances_run(start->run);

        } else {
            ngx_http_sandbox_instances_free(start->run);
        }
    }

    if (start->call) {
        ac_docker_cancel(start->call);
    }

    if (start->search) {
        ngx_http_sandbox_container_cancel(start->search);
    }

    ngx_http_sandbox_start_handover_close(start);

    if (start->lock != -1) {
        (void) close(start->lock);
    }

    if (start->timer.timer_set) {
        ngx_del_timer(&start->timer);
    }

    if (start->timer.posted) {
        ngx_delete_posted_event(&start->timer);
    }

    if (start->deadline.timer_set) {
        ngx_del_timer(&start->deadline);
    }

    ngx_http_sandbox_tether_unobserve(&start->observer);

    node->start = NULL;
    ngx_free(start);

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

        w->handler(w, type, failure);
    }

    ngx_http_sandbox_node_release(node);
}
