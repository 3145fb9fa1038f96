
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_store_backup_sweep.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_thread.h"
#include "core/ngx_http_sandbox_worker.h"
#include "lifecycle/ngx_http_sandbox_sweep_backups.h"


typedef struct {
    ngx_http_sandbox_thread_t  thread;
    int64_t                    now;
    ngx_err_t                  err;
    unsigned                   working:1;
} ngx_http_sandbox_sweep_backups_t;


static void ngx_http_sandbox_sweep_backups_run(void *data);
static void ngx_http_sandbox_sweep_backups_done(void *data);


static ngx_http_sandbox_sweep_backups_t  ngx_http_sandbox_sweep_backups_job;


void
ngx_http_sandbox_sweep_backups(void)
{
    ngx_http_sandbox_sweep_backups_t  *job;

    job = &ngx_http_sandbox_sweep_backups_job;

    if (job->working) {
        return;
    }

    job->now = ngx_http_sandbox_clock_early();
    job->err = 0;

    job->working = (ngx_http_sandbox_thread(&job->thread,
                                          ngx_http_sandbox_sweep_backups_run,
                                          ngx_http_sandbox_sweep_backups_done,
                                          job)
                    == NGX_OK);
}


static void
ngx_http_sandbox_sweep_backups_run(void *data)
{
    ngx_http_sandbox_sweep_backups_t *job = data;

    if (sandbox_store_backup_sweep(ngx_http_sandbox_worker->store, job->now)
        == -1)
    {
        job->err = ngx_errno;
    }
}


static void
ngx_http_sandbox_sweep_backups_done(void *data)
{
    ngx_http_sandbox_sweep_backups_t *job = data;

    job->working = 0;

    if (job->err) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, job->err,
                      "cannot delete expired backups in \"%V\"",
                      &ngx_http_sandbox_worker->conf->state->name);
    }
}
