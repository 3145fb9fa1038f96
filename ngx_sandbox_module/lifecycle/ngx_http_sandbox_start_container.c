
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_container.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_exit_reason.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_container.h"
#include "lifecycle/ngx_http_sandbox_start_create.h"


/*
 * The engine's part of a start: has the container created if it is missing,
 * and repeats the start until the engine confirms that this call has started
 * it.
 */


#define NGX_HTTP_SANDBOX_START_POLL   50
/* how long a stopping container may be reported as "already started" */
#define NGX_HTTP_SANDBOX_START_KILL_AFTER  1000
/* timeout of the search before a start, which continues without it */
#define NGX_HTTP_SANDBOX_START_SEARCH_TIME  2000


static void ngx_http_sandbox_container_start(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_container_search(ngx_http_sandbox_start_t *start,
    ngx_msec_t timeout);
static void ngx_http_sandbox_container_search_handler(void *data,
    const ac_reply_t *reply);
static ngx_uint_t ngx_http_sandbox_container_is_foreign(
    ngx_http_sandbox_start_t *start, const ac_container_t *c);
static void ngx_http_sandbox_container_start_now(
    ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_container_start_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_lost(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_container_again_handler(void *data,
    const ac_reply_t *reply);


ngx_int_t
ngx_http_sandbox_start_container(ngx_http_sandbox_start_t *start)
{
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    node = start->node;

    start->class = ngx_http_sandbox_node_class(node);
    if (start->class == NULL) {
        ngx_http_sandbox_error_set(&start->failure,
                                   NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The class \"%s\" of this sandbox is no "
                                   "longer configured. Restore its "
                                   "\"sandbox_class\" directive, or destroy "
                                   "the sandbox.", node->spec.class);
        return NGX_ERROR;
    }

    ngx_http_sandbox_container_name(start->name, node->spec.run);

    ngx_memcpy(start->run, node->spec.run, sizeof(start->run));

    if (sandbox_store_container_read(w->store, (char *) node->id,
                                     &start->container)
        == 0)
    {
        start->type = NGX_HTTP_SANDBOX_START_WAKE;
        ngx_http_sandbox_container_start(start);
        return NGX_AGAIN;
    }

    if (ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_errno,
                      "cannot read the container id of sandbox \"%s\", "
                      "looking the container up by name", node->id);
    }

    start->type = NGX_HTTP_SANDBOX_START_CREATE;
    ngx_http_sandbox_start_create(start, ngx_http_sandbox_container_start);

    return NGX_AGAIN;
}


/* before each attempt: the container may exit in between */

static void
ngx_http_sandbox_container_start(ngx_http_sandbox_start_t *start)
{
    if (start->type == NGX_HTTP_SANDBOX_START_WAKE) {
        ngx_http_sandbox_container_search(start,
                                          NGX_HTTP_SANDBOX_START_SEARCH_TIME);
        return;
    }

    ngx_http_sandbox_container_start_now(start);
}


static void
ngx_http_sandbox_container_search(ngx_http_sandbox_start_t *start,
    ngx_msec_t timeout)
{
    timeout = ngx_min(timeout,
                      ngx_http_sandbox_worker->conf->engine_timeout);

    start->search = ngx_http_sandbox_container_find(
                        start->run, AC_LANE_STARTS, start->node->spec.owner,
                        start->engine_called, timeout,
                        ngx_http_sandbox_container_search_handler, start);

    if (start->search == NULL) {
        ngx_http_sandbox_start_engine_failed(start, "accept the request",
                                             NULL);
        return;
    }

    start->engine_called = 1;
}


static void
ngx_http_sandbox_container_search_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    start->search = NULL;

    if (reply->error == AC_OK && reply->status == NGX_HTTP_OK
        && reply->ncontainers == 1)
    {
        ngx_http_sandbox_container_found(start->name, reply);

        if (reply->containers[0].state == AC_CONTAINER_PAUSED) {
            ngx_http_sandbox_engine_paused(start->node, &start->failure);

            /* it still counts as running */

            start->start_sent = 1;
            ngx_http_sandbox_start_result(start, NGX_ERROR);
            return;
        }

        if (ngx_http_sandbox_container_is_foreign(start,
                                                  &reply->containers[0]))
        {
            ngx_http_sandbox_start_result(start, NGX_ERROR);
            return;
        }

    } else if (start->missing
               && (reply->error != AC_OK
                   || reply->status != NGX_HTTP_NOT_FOUND))
    {
        /* it may exist under another name: do not replace it */

        ngx_http_sandbox_start_engine_failed(start, "find the container",
                                             reply);
        return;
    }

    /* the engine forgets how a container has exited when it starts it */

    ngx_http_sandbox_exit_reason_record(start->node, start->run, reply);

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {
        ngx_http_sandbox_container_lost(start);
        return;
    }

    ngx_http_sandbox_container_start_now(start);
}


/* a container keeps its mounts: those of a restored state may be elsewhere */

static ngx_uint_t
ngx_http_sandbox_container_is_foreign(ngx_http_sandbox_start_t *start,
    const ac_container_t *c)
{
    char             dir[128];
    ngx_file_info_t  mount, own;

    (void) sandbox_store_run_path(ngx_http_sandbox_worker->store, start->run,
                                  dir, sizeof(dir));

    if (c->mount[0] == '\0' || ngx_strcmp(c->mount, dir) == 0) {
        return 0;
    }

    if (ngx_file_info(c->mount, &mount) == 0
        && ngx_file_info(dir, &own) == 0
        && ngx_file_uniq(&mount) == ngx_file_uniq(&own)
        && mount.st_dev == own.st_dev)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "container \"%s\" of sandbox \"%s\" mounts \"%s\", not "
                  "\"%s\": move the sandbox state back to its former path, or "
                  "remove the container", c->name, start->node->id, c->mount,
                  dir);

    ngx_http_sandbox_error_set(&start->failure,
                               NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The container of this sandbox was made for "
                               "another state directory and cannot be "
                               "started; its files are kept. Contact the "
                               "administrator.");
    return 1;
}


static void
ngx_http_sandbox_container_start_now(ngx_http_sandbox_start_t *start)
{
    ac_call_t                  *call;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_start_call(start);

    start->start_sent = 1;

    call = ac_docker_start(w->docker, w->endpoint, (char *) start->name,
                           w->conf->engine_timeout,
                           ngx_http_sandbox_container_start_handler,
                           start);

    ngx_http_sandbox_start_called(start, call);
}


static void
ngx_http_sandbox_container_start_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    ac_call_t                  *call;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    start->call = NULL;

    if (reply->error != AC_OK) {
        ngx_http_sandbox_start_engine_failed(start, "start the container",
                                             reply);
        return;
    }

    switch (reply->status) {

    case NGX_HTTP_NO_CONTENT:
        sandbox_fault("wake.started");
        ngx_http_sandbox_start_result(start, NGX_OK);
        return;

    case NGX_HTTP_NOT_MODIFIED:

        /*
         * It is still stopping, or its agent is alive without its sockets.
         * Time starts with the first such reply.
         */

        if (start->running_since == 0) {
            start->running_since = ngx_current_msec ? ngx_current_msec : 1;
        }

        if (ngx_current_msec - start->running_since
            < NGX_HTTP_SANDBOX_START_KILL_AFTER)
        {
            ngx_http_sandbox_start_later(start,
                                         ngx_http_sandbox_container_start,
                                         NGX_HTTP_SANDBOX_START_POLL);
            return;
        }

        start->running_since = 0;

        ngx_http_sandbox_start_call(start);

        call = ac_docker_kill(w->docker, w->endpoint,
                              (char *) start->name,
                              w->conf->engine_timeout,
                              ngx_http_sandbox_container_again_handler,
                              start);
        break;

    case NGX_HTTP_NOT_FOUND:

        if (ngx_http_sandbox_engine_network_missing(start->node, start->class,
                                                    reply, &start->failure))
        {
            ngx_http_sandbox_start_result(start, NGX_ERROR);
            return;
        }

        if (start->created || start->missing) {
            ngx_http_sandbox_start_engine_failed(start, "start the container",
                                                 reply);
            return;
        }

        if (start->type == NGX_HTTP_SANDBOX_START_WAKE) {

            /* it was not searched for, or has been renamed or removed since */

            start->missing = 1;
            ngx_http_sandbox_container_search(start, NGX_MAX_INT32_VALUE);
            return;
        }

        ngx_http_sandbox_container_lost(start);
        return;

    case NGX_HTTP_CONFLICT:

        if (start->conflict) {
            ngx_http_sandbox_start_engine_failed(start, "start the container",
                                                 reply);
            return;
        }

        /* it may be paused */

        start->conflict = 1;
        ngx_http_sandbox_container_search(start, NGX_MAX_INT32_VALUE);
        return;

    default:
        ngx_http_sandbox_start_engine_failed(start, "start the container",
                                             reply);
        return;
    }

    ngx_http_sandbox_start_called(start, call);
}


static void
ngx_http_sandbox_container_lost(ngx_http_sandbox_start_t *start)
{
    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "the container of sandbox \"%s\" no longer exists, "
                  "creating a new one", start->node->id);

    /*
     * if this worker dies, the new container must not be taken for the old one
     */

    (void) sandbox_store_container_remove(ngx_http_sandbox_worker->store,
                                          (char *) start->node->id);

    sandbox_fault("wake.lost");

    start->created = 1;
    start->type = NGX_HTTP_SANDBOX_START_LOST;

    ngx_http_sandbox_container_name(start->name, start->run);
    ngx_http_sandbox_start_create(start, ngx_http_sandbox_container_start);
}


static void
ngx_http_sandbox_container_again_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    start->call = NULL;

    sandbox_fault("wake.killed");

    if (reply->error != AC_OK) {
        ngx_http_sandbox_start_engine_failed(start, "stop the container",
                                             reply);
        return;
    }

    /* ignore the result: the next start will show it */

    ngx_http_sandbox_start_later(start, ngx_http_sandbox_container_start, 10);
}
