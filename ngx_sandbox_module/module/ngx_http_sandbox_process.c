
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_agent.h"
#include "lib/sandbox_store_clock.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_event_loop.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_port_limits.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_sweep.h"
#include "preview/ngx_http_sandbox_preview_revoke.h"
#include "module/ngx_http_sandbox_process.h"

#include <curl/curl.h>


/* init and exit of a worker */


#define NGX_HTTP_SANDBOX_PROCESS_RETRY  2000


static void ngx_http_sandbox_process_open(ngx_uint_t first);
static void ngx_http_sandbox_process_timer_handler(ngx_event_t *ev);


static ngx_event_t       ngx_http_sandbox_process_timer;
static ngx_connection_t  ngx_http_sandbox_process_dummy;


ngx_int_t
ngx_http_sandbox_process_init(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_worker_t     *w;
    ngx_http_sandbox_main_conf_t  *smcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sandbox_module);

    if (smcf == NULL || smcf->state == NULL) {
        return NGX_OK;
    }

    w = ngx_pcalloc(cycle->pool, sizeof(ngx_http_sandbox_worker_t));
    if (w == NULL) {
        return NGX_ERROR;
    }

    w->conf = smcf;

    ngx_rbtree_init(&w->nodes, &w->sentinel, ngx_str_rbtree_insert_value);
    ngx_queue_init(&w->previewed);

    (void) curl_global_init(CURL_GLOBAL_ALL);

    w->loop = ngx_http_sandbox_event_loop_create(cycle);
    if (w->loop == NULL) {
        return NGX_ERROR;
    }

    w->docker = ac_docker_create(w->loop);
    if (w->docker == NULL) {
        return NGX_ERROR;
    }

    w->endpoint = smcf->endpoint;

    ngx_http_sandbox_worker = w;

    if (ngx_http_sandbox_engine_init(ngx_http_sandbox_sweep_soon) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_sandbox_port_limits_start();

    ngx_http_sandbox_timer_init(&ngx_http_sandbox_process_timer,
                                &ngx_http_sandbox_process_dummy,
                                ngx_http_sandbox_process_timer_handler, NULL,
                                cycle->log);

    ngx_http_sandbox_process_timer.cancelable = 1;

    ngx_http_sandbox_process_open(1);

    return NGX_OK;
}


/*
 * Opens the state and copies the agent to it.  If that fails, for a full disk
 * say, requests get 503 and it is tried again.
 */

static void
ngx_http_sandbox_process_open(ngx_uint_t first)
{
    ngx_uint_t                     level;
    ngx_http_sandbox_worker_t     *w;
    ngx_http_sandbox_main_conf_t  *smcf;

    w = ngx_http_sandbox_worker;
    smcf = w->conf;

    /* log once, not every time */

    level = first ? NGX_LOG_ERR : NGX_LOG_DEBUG;

    if (w->store == NULL) {
        w->store = sandbox_store_open((char *) smcf->state->name.data);

        if (w->store == NULL) {
            ngx_log_error(level, ngx_cycle->log, ngx_errno,
                          "cannot open the sandbox state \"%V\"",
                          &smcf->state->name);
            goto failed;
        }

        ngx_http_sandbox_clock_start(sandbox_store_clock_read(w->store));
        ngx_http_sandbox_sweep_start((ngx_cycle_t *) ngx_cycle);
    }

    if (sandbox_store_agent(w->store, (char *) smcf->agent.data, first) == -1)
    {
        ngx_log_error(level, ngx_cycle->log, ngx_errno,
                      "cannot copy the sandbox agent \"%V\" to "
                      "\"%V/.agent\"", &smcf->agent, &smcf->state->name);
        goto failed;
    }

    if (!first) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "the sandbox state \"%V\" can be used now",
                      &smcf->state->name);
    }

    return;

failed:

    ngx_add_timer(&ngx_http_sandbox_process_timer,
                  NGX_HTTP_SANDBOX_PROCESS_RETRY);
}


static void
ngx_http_sandbox_process_timer_handler(ngx_event_t *ev)
{
    if (!ngx_exiting) {
        ngx_http_sandbox_process_open(0);
    }
}


void
ngx_http_sandbox_process_exit(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (w == NULL) {
        return;
    }

    if (ngx_http_sandbox_process_timer.timer_set) {
        ngx_del_timer(&ngx_http_sandbox_process_timer);
    }

    ngx_http_sandbox_sweep_stop();
    ngx_http_sandbox_preview_revoke_stop();
    ngx_http_sandbox_node_cleanup();
    ngx_http_sandbox_port_limits_stop();

    ngx_http_sandbox_engine_done();

    ac_docker_destroy(w->docker);

    ngx_http_sandbox_event_loop_destroy(w->loop);

    if (w->store) {
        sandbox_store_close(w->store);
    }

    curl_global_cleanup();

    ngx_http_sandbox_worker = NULL;
}
