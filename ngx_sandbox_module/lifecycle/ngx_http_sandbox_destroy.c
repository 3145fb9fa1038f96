
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lifetime.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_trash.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_engine.h"


/*
 * Destroys a sandbox: renames it to .trash-<run> to free the id, removes the
 * container, and deletes the files.  After a crash, the sweep finishes
 * .trash-<run>.
 */


#define NGX_HTTP_SANDBOX_DESTROY_POLL     5
#define NGX_HTTP_SANDBOX_DESTROY_TIMEOUT  60000

#define NGX_HTTP_SANDBOX_STOP_PREPARE     2000     /* ms */
#define NGX_HTTP_SANDBOX_STOP_GRACE       5        /* seconds */


typedef struct {
    ngx_http_sandbox_node_t      *node;       /* NULL: only the run is known */
    ngx_http_sandbox_destroy_pt   handler;
    void                         *data;
    ngx_event_t                   timer;      /* delays the exit */
    ngx_connection_t              dummy;
    ngx_msec_t                    start_msec;
    int64_t                       since;      /* -1: any state */
    int                           lock;
    unsigned                      stop:1;     /* stop only, do not destroy */
    unsigned                      unseen:1;   /* 404 may mean: renamed */
    char                          run[SANDBOX_RANDOM_LEN + 1];
    char                          owner[SANDBOX_OWNER_MAX + 1];
} ngx_http_sandbox_destroy_t;


static ngx_int_t ngx_http_sandbox_destroy_begin(ngx_http_sandbox_node_t *node,
    int64_t since, ngx_uint_t stop, ngx_http_sandbox_destroy_pt handler,
    void *data);
static ngx_http_sandbox_destroy_t *ngx_http_sandbox_destroy_create(void);
static void ngx_http_sandbox_destroy_timer_handler(ngx_event_t *ev);
static void ngx_http_sandbox_destroy_run_stop(ngx_http_sandbox_destroy_t *d);
static void ngx_http_sandbox_destroy_name(ngx_http_sandbox_destroy_t *d,
    u_char name[NGX_HTTP_SANDBOX_CONTAINER_NAME], const ac_reply_t *reply);
static void ngx_http_sandbox_destroy_stop_found(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_destroy_run_stop_handler(void *data,
    const ac_reply_t *reply);
static ngx_int_t ngx_http_sandbox_destroy_remove(
    ngx_http_sandbox_destroy_t *d);
static ngx_int_t ngx_http_sandbox_destroy_find(ngx_http_sandbox_destroy_t *d,
    ac_reply_pt handler);
static void ngx_http_sandbox_destroy_remove_found(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_destroy_remove_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_destroy_end(ngx_http_sandbox_destroy_t *d,
    ngx_int_t rc);


ngx_int_t
ngx_http_sandbox_destroy(ngx_http_sandbox_node_t *node, int64_t since,
    ngx_http_sandbox_destroy_pt handler, void *data)
{
    return ngx_http_sandbox_destroy_begin(node, since, 0, handler, data);
}


ngx_int_t
ngx_http_sandbox_destroy_stop(ngx_http_sandbox_node_t *node, int64_t since,
    ngx_http_sandbox_destroy_pt handler, void *data)
{
    return ngx_http_sandbox_destroy_begin(node, since, 1, handler, data);
}


static ngx_int_t
ngx_http_sandbox_destroy_begin(ngx_http_sandbox_node_t *node, int64_t since,
    ngx_uint_t stop, ngx_http_sandbox_destroy_pt handler, void *data)
{
    ngx_http_sandbox_destroy_t  *d;

    d = ngx_http_sandbox_destroy_create();
    if (d == NULL) {
        return NGX_ERROR;
    }

    d->node = node;
    d->handler = handler;
    d->data = data;
    d->since = since;
    d->stop = stop;

    node->refs++;

    ngx_memcpy(d->run, node->spec.run, sizeof(d->run));
    ngx_memcpy(d->owner, node->spec.owner, sizeof(d->owner));

    ngx_add_timer(&d->timer, 0);

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_destroy_run(const char *run)
{
    ngx_http_sandbox_destroy_t  *d;

    d = ngx_http_sandbox_destroy_create();
    if (d == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn((u_char *) d->run, (u_char *) run, sizeof(d->run));

    if (ngx_http_sandbox_destroy_remove(d) != NGX_OK) {
        ngx_http_sandbox_destroy_end(d, NGX_ERROR);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_http_sandbox_destroy_t *
ngx_http_sandbox_destroy_create(void)
{
    ngx_http_sandbox_destroy_t  *d;

    d = ngx_calloc(sizeof(ngx_http_sandbox_destroy_t), ngx_cycle->log);
    if (d == NULL) {
        return NULL;
    }

    d->start_msec = ngx_current_msec;
    d->lock = -1;

    ngx_http_sandbox_timer_init(&d->timer, &d->dummy,
                                ngx_http_sandbox_destroy_timer_handler, d,
                                ngx_cycle->log);

    return d;
}


static void
ngx_http_sandbox_destroy_timer_handler(ngx_event_t *ev)
{
    int                          ended;
    char                         run[SANDBOX_RANDOM_LEN + 1];
    ngx_connection_t            *c;
    sandbox_store_t             *store;
    ngx_http_sandbox_destroy_t  *d;

    c = ev->data;
    d = c->data;

    store = ngx_http_sandbox_worker->store;

    d->lock = sandbox_store_lock(store, (char *) d->node->id);

    if (d->lock == -1) {

        if (ngx_errno == NGX_ENOENT) {
            ngx_http_sandbox_destroy_end(d, NGX_DECLINED);
            return;
        }

        if (ngx_errno == NGX_EAGAIN
            && ngx_current_msec - d->start_msec
               < NGX_HTTP_SANDBOX_DESTROY_TIMEOUT)
        {
            ngx_add_timer(&d->timer, NGX_HTTP_SANDBOX_DESTROY_POLL);
            return;
        }

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot lock sandbox \"%s\" to stop it",
                      d->node->id);
        ngx_http_sandbox_destroy_end(d, NGX_ERROR);
        return;
    }

    /* only if it is still the sandbox that the caller meant */

    if (sandbox_store_run(store, (char *) d->node->id, run) == -1
        || ngx_strcmp(run, d->run) != 0)
    {
        ngx_http_sandbox_destroy_end(d, NGX_DECLINED);
        return;
    }

    /* and only if it has not been started since */

    if (d->since != -1
        && sandbox_store_lifetime_changed(store, (char *) d->node->id, &ended)
           != d->since)
    {
        ngx_http_sandbox_destroy_end(d, NGX_DECLINED);
        return;
    }

    sandbox_fault("destroy.locked");

    if (d->stop) {
        ngx_http_sandbox_destroy_run_stop(d);
        return;
    }

    /* keep the lock: the sweep skips locked directories */

    if (sandbox_store_trash(store, (char *) d->node->id, d->run) == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot move the directory of sandbox \"%s\" to the "
                      "trash",
                      d->node->id);
        ngx_http_sandbox_destroy_end(d, NGX_ERROR);
        return;
    }

    sandbox_fault("destroy.trashed");

    (void) ngx_http_sandbox_node_spec(d->node);

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, destroyed);

    if (ngx_http_sandbox_destroy_remove(d) != NGX_OK) {
        ngx_http_sandbox_destroy_end(d, NGX_OK);
    }
}


static void
ngx_http_sandbox_destroy_run_stop(ngx_http_sandbox_destroy_t *d)
{
    int                         ended;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    /*
     * a missing tether proves nothing: the agent may have closed its sockets
     */

    if (ngx_http_sandbox_tether(d->node) == NGX_DECLINED

        && sandbox_store_lifetime_changed(w->store, (char *) d->node->id,
                                          &ended)
        != -1
        && ended)
    {
        ngx_http_sandbox_destroy_end(d, NGX_OK);
        return;
    }

    if (ngx_http_sandbox_destroy_find(d, ngx_http_sandbox_destroy_stop_found)
        != NGX_OK)
    {
        ngx_http_sandbox_destroy_end(d, NGX_ERROR);
    }
}


/* an engine that cannot inspect it may be able to stop or remove it */

static void
ngx_http_sandbox_destroy_name(ngx_http_sandbox_destroy_t *d,
    u_char name[NGX_HTTP_SANDBOX_CONTAINER_NAME], const ac_reply_t *reply)
{
    if (reply->ncontainers) {
        ngx_http_sandbox_container_found(name, reply);
        return;
    }

    ngx_http_sandbox_container_name(name, d->run);

    d->unseen = 1;
}


static void
ngx_http_sandbox_destroy_stop_found(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_destroy_t *d = data;

    u_char                      name[NGX_HTTP_SANDBOX_CONTAINER_NAME];
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (reply->error != AC_OK || reply->status == NGX_HTTP_NOT_FOUND) {

        /* a failure, or it no longer exists */

        ngx_http_sandbox_destroy_run_stop_handler(d, reply);
        return;
    }

    /* a stop would let it run on */

    if (reply->ncontainers
        && reply->containers[0].state == AC_CONTAINER_PAUSED)
    {
        ngx_http_sandbox_instances_pause(d->run, 1);
        ngx_http_sandbox_destroy_end(d, NGX_BUSY);
        return;
    }

    /* commands get SIGTERM now, the agent when the container is stopped */

    ngx_http_sandbox_tether_send_prepare(d->node,
                                         NGX_HTTP_SANDBOX_STOP_PREPARE);

    sandbox_fault("sleep.prepared");

    ngx_http_sandbox_destroy_name(d, name, reply);

    ngx_http_sandbox_engine_call(AC_LANE_OTHERS, d->owner, 1);

    if (ac_docker_stop(w->docker, w->endpoint, (char *) name,
                       NGX_HTTP_SANDBOX_STOP_GRACE, w->conf->engine_timeout,
                       ngx_http_sandbox_destroy_run_stop_handler, d)
        == NULL)
    {
        ngx_http_sandbox_destroy_end(d, NGX_ERROR);
    }
}


static void
ngx_http_sandbox_destroy_run_stop_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_destroy_t *d = data;

    if (reply->error != AC_OK
        || (reply->status != NGX_HTTP_NO_CONTENT
            && reply->status != NGX_HTTP_NOT_MODIFIED
            && (reply->status != NGX_HTTP_NOT_FOUND || d->unseen)))
    {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "cannot stop sandbox \"%s\": %d %s", d->node->id,
                      reply->status,
                      ngx_http_sandbox_engine_text(reply));

        ngx_http_sandbox_destroy_end(d, NGX_ERROR);
        return;
    }

    sandbox_fault("sleep.stopped");

    (void) sandbox_store_lifetime_ended(ngx_http_sandbox_worker->store,
                                        (char *) d->node->id,
                                        ngx_http_sandbox_clock_now());

    sandbox_fault("sleep.noted");
    ngx_http_sandbox_instances_free(d->run);

    /* the engine has confirmed the exit, possibly before the tether */

    ngx_http_sandbox_tether_close(d->node);

    ngx_http_sandbox_destroy_end(d, NGX_OK);
}


static ngx_int_t
ngx_http_sandbox_destroy_remove(ngx_http_sandbox_destroy_t *d)
{
    return ngx_http_sandbox_destroy_find(d,
                                         ngx_http_sandbox_destroy_remove_found);
}


/* its deadline timer delays the exit of the worker */

static ngx_int_t
ngx_http_sandbox_destroy_find(ngx_http_sandbox_destroy_t *d,
    ac_reply_pt handler)
{
    return ngx_http_sandbox_container_find(
               d->run, AC_LANE_OTHERS, d->owner, 0,
               ngx_http_sandbox_worker->conf->engine_timeout, handler, d)
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_sandbox_destroy_remove_found(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_destroy_t *d = data;

    u_char                      name[NGX_HTTP_SANDBOX_CONTAINER_NAME];
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (reply->error != AC_OK || reply->status == NGX_HTTP_NOT_FOUND) {
        ngx_http_sandbox_destroy_remove_handler(d, reply);
        return;
    }

    ngx_http_sandbox_destroy_name(d, name, reply);

    ngx_http_sandbox_engine_call(AC_LANE_OTHERS, d->owner, 1);

    if (ac_docker_remove(w->docker, w->endpoint, (char *) name,
                         w->conf->engine_timeout,
                         ngx_http_sandbox_destroy_remove_handler, d)
        == NULL)
    {
        ngx_http_sandbox_destroy_end(d, NGX_OK);
    }
}


static void
ngx_http_sandbox_destroy_remove_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_destroy_t *d = data;

    if (reply->error != AC_OK
        || (reply->status != NGX_HTTP_NO_CONTENT
            && (reply->status != NGX_HTTP_NOT_FOUND || d->unseen)))
    {
        /* 409: it is already being removed; the sweep checks again */

        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "cannot remove container " NGX_HTTP_SANDBOX_CONTAINER
                      "%s yet: %d %s", d->run, reply->status,
                      ngx_http_sandbox_engine_text(reply));

        ngx_http_sandbox_destroy_end(d, NGX_OK);
        return;
    }

    sandbox_fault("destroy.removed");
    ngx_http_sandbox_instances_free(d->run);

    if (sandbox_store_trash_delete(ngx_http_sandbox_worker->store, d->run)
        == -1)
    {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_errno,
                      "cannot delete the files of destroyed sandbox %s yet",
                      d->run);
    }

    sandbox_fault("destroy.deleted");

    ngx_http_sandbox_destroy_end(d, NGX_OK);
}


static void
ngx_http_sandbox_destroy_end(ngx_http_sandbox_destroy_t *d, ngx_int_t rc)
{
    void                         *data;
    ngx_http_sandbox_node_t      *node;
    ngx_http_sandbox_destroy_pt   handler;

    node = d->node;
    handler = d->handler;
    data = d->data;

    if (d->timer.timer_set) {
        ngx_del_timer(&d->timer);
    }

    if (d->lock != -1) {
        (void) close(d->lock);
    }

    ngx_free(d);

    if (handler) {
        handler(data, rc);
    }

    if (node) {
        ngx_http_sandbox_node_release(node);
    }
}
