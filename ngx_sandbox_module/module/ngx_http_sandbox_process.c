
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
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_port_limits.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_sweep.h"
#include "preview/ngx_http_sandbox_preview_revoke.h"
#include "module/ngx_http_sandbox_process.h"

#include <curl/curl.h>


/* init and exit of a worker */


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

    /*
     * a worker that cannot open its state responds with 503 and logs the cause
     */

    w->store = sandbox_store_open((char *) smcf->state->name.data);

    if (w->store == NULL) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "cannot open the sandbox state \"%V\"",
                      &smcf->state->name);

    } else if (sandbox_store_agent(w->store, (char *) smcf->agent.data) == -1) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "cannot copy the sandbox agent \"%V\" to \"%V/.agent\"",
                      &smcf->agent, &smcf->state->name);
    }

    ngx_http_sandbox_worker = w;

    if (ngx_http_sandbox_engine_init(ngx_http_sandbox_sweep_soon) != NGX_OK) {
        return NGX_ERROR;
    }
    ngx_http_sandbox_port_limits_start();

    if (w->store) {
        ngx_http_sandbox_clock_start(sandbox_store_clock_read(w->store));
        ngx_http_sandbox_sweep_start(cycle);
    }

    return NGX_OK;
}


void
ngx_http_sandbox_process_exit(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (w == NULL) {
        return;
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
