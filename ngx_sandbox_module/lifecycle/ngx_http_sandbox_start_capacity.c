
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lifetime.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "limits/ngx_http_sandbox_instances_sync.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_capacity.h"


/*
 * A start adds an instance.  If a limit is reached, or none have been counted
 * since nginx started, the running containers are listed before a start is
 * refused: once for all starts of this worker.
 */


#define NGX_HTTP_SANDBOX_CAPACITY_POLL   20         /* ms */
/* how long a count, or its failure, is recent enough for a refusal */
#define NGX_HTTP_SANDBOX_CAPACITY_FRESH  1000


typedef struct {
    ac_call_t    *call;
    int64_t       requested;
    int64_t       failed;                          /* 0: never */
    ac_reply_t    reply;                           /* last failure */
} ngx_http_sandbox_capacity_t;


static ngx_uint_t ngx_http_sandbox_capacity_fresh(int64_t then);
static void ngx_http_sandbox_capacity_handler(void *data,
    const ac_reply_t *reply);
static ngx_int_t ngx_http_sandbox_capacity_refused(
    ngx_http_sandbox_start_t *start);


static ngx_http_sandbox_capacity_t  ngx_http_sandbox_capacity_state;


ngx_int_t
ngx_http_sandbox_start_capacity(ngx_http_sandbox_start_t *start)
{
    int64_t                       counted;
    ngx_int_t                     rc;
    ngx_http_sandbox_node_t      *node;
    ngx_http_sandbox_class_t     *class;
    ngx_http_sandbox_capacity_t  *rec;

    rec = &ngx_http_sandbox_capacity_state;
    node = start->node;
    start->listing = 0;

    if (start->capacity_since == 0) {
        start->capacity_since = ngx_http_sandbox_clock_monotonic();
    }

    class = ngx_http_sandbox_node_class(node);

    if (class) {
        rc = ngx_http_sandbox_instances_take(node->spec.run, class,
                                             node->spec.owner,
                                             &start->failure);

        counted = ngx_http_sandbox_instances_sync_time();

        if (rc == NGX_DECLINED
            && (counted >= start->capacity_since
                || ngx_http_sandbox_capacity_fresh(counted)))
        {
            return ngx_http_sandbox_capacity_refused(start);
        }

        if (rc != NGX_OK) {

            if (rec->call == NULL
                && ngx_http_sandbox_capacity_fresh(rec->failed))
            {
                if (rc == NGX_DECLINED) {
                    return ngx_http_sandbox_capacity_refused(start);
                }

                ngx_http_sandbox_engine_failed(node, "list the containers",
                                               &rec->reply, &start->failure);
                return NGX_ERROR;
            }

            ngx_http_sandbox_start_capacity_refresh();

            start->listing = 1;
            ngx_http_sandbox_start_later(start, NULL,
                                         NGX_HTTP_SANDBOX_CAPACITY_POLL);
            return NGX_AGAIN;
        }

        ngx_memcpy(start->run, node->spec.run, sizeof(start->run));
        start->has_instance = 1;

        (void) sandbox_store_lifetime_started(ngx_http_sandbox_worker->store,
                                              (char *) node->id);

        sandbox_fault("wake.begun");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_capacity_refused(ngx_http_sandbox_start_t *start)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "sandbox \"%s\" is not started: %s", start->node->id,
                  start->failure.context);

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, capacity_refused);

    start->refused = 1;

    return NGX_ERROR;
}


void
ngx_http_sandbox_start_capacity_refresh(void)
{
    ngx_http_sandbox_worker_t    *w;
    ngx_http_sandbox_capacity_t  *rec;

    w = ngx_http_sandbox_worker;
    rec = &ngx_http_sandbox_capacity_state;

    if (rec->call
        || ngx_http_sandbox_capacity_fresh(rec->failed)
        || ngx_http_sandbox_capacity_fresh(
               ngx_http_sandbox_instances_sync_time()))
    {
        return;
    }

    ngx_http_sandbox_count(w->conf, engine_calls);

    rec->failed = 0;
    rec->requested = ngx_http_sandbox_clock_monotonic();

    /* starts wait for this call: put it first */

    ac_docker_turn(w->docker, AC_LANE_OTHERS, 0, 1);

    rec->call = ac_docker_list(w->docker, w->endpoint,
                               sandbox_store_instance(w->store),
                               w->conf->engine_timeout,
                               ngx_http_sandbox_capacity_handler, rec);
}


static ngx_uint_t
ngx_http_sandbox_capacity_fresh(int64_t then)
{
    return then
           && ngx_http_sandbox_clock_monotonic() - then
              < NGX_HTTP_SANDBOX_CAPACITY_FRESH;
}


static void
ngx_http_sandbox_capacity_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_capacity_t  *rec = data;

    rec->call = NULL;

    if (reply->error == AC_OK && reply->status == NGX_HTTP_OK) {
        ngx_http_sandbox_instances_sync_list(reply, rec->requested);
        return;
    }

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

    rec->failed = ngx_http_sandbox_clock_monotonic();
    rec->reply = *reply;
}
