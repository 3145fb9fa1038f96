
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_engine_info.h"
#include "core/ngx_http_sandbox_worker.h"


/* what all workers know of the container engine: one word */


#define NGX_HTTP_SANDBOX_ENGINE_ASKED    0x01
#define NGX_HTTP_SANDBOX_ENGINE_TOLD     0x02
#define NGX_HTTP_SANDBOX_ENGINE_MEMORY   0x04
#define NGX_HTTP_SANDBOX_ENGINE_SWAP     0x08
#define NGX_HTTP_SANDBOX_ENGINE_PIDS     0x10
#define NGX_HTTP_SANDBOX_ENGINE_CPUS     0x20
#define NGX_HTTP_SANDBOX_ENGINE_CGROUPS  0x40

#define NGX_HTTP_SANDBOX_ENGINE_NCPU     8


ngx_http_sandbox_engine_info_e
ngx_http_sandbox_engine_info_get(ac_engine_info_t *info)
{
    ngx_atomic_uint_t  word;

    word = ngx_http_sandbox_worker->conf->counters->engine_info;

    ngx_memzero(info, sizeof(ac_engine_info_t));

    if (!(word & NGX_HTTP_SANDBOX_ENGINE_ASKED)) {
        return NGX_HTTP_SANDBOX_ENGINE_UNKNOWN;
    }

    if (!(word & NGX_HTTP_SANDBOX_ENGINE_TOLD)) {
        return NGX_HTTP_SANDBOX_ENGINE_SILENT;
    }

    info->ncpu = (int) (word >> NGX_HTTP_SANDBOX_ENGINE_NCPU);
    info->memory = ((word & NGX_HTTP_SANDBOX_ENGINE_MEMORY) != 0);
    info->swap = ((word & NGX_HTTP_SANDBOX_ENGINE_SWAP) != 0);
    info->pids = ((word & NGX_HTTP_SANDBOX_ENGINE_PIDS) != 0);
    info->cpus = ((word & NGX_HTTP_SANDBOX_ENGINE_CPUS) != 0);
    info->cgroups = ((word & NGX_HTTP_SANDBOX_ENGINE_CGROUPS) != 0);

    return NGX_HTTP_SANDBOX_ENGINE_KNOWN;
}


void
ngx_http_sandbox_engine_info_set(const ac_engine_info_t *info)
{
    ngx_atomic_uint_t  word;

    word = NGX_HTTP_SANDBOX_ENGINE_ASKED;

    if (info) {
        word |= NGX_HTTP_SANDBOX_ENGINE_TOLD
                | (info->memory ? NGX_HTTP_SANDBOX_ENGINE_MEMORY : 0)
                | (info->swap ? NGX_HTTP_SANDBOX_ENGINE_SWAP : 0)
                | (info->pids ? NGX_HTTP_SANDBOX_ENGINE_PIDS : 0)
                | (info->cpus ? NGX_HTTP_SANDBOX_ENGINE_CPUS : 0)
                | (info->cgroups ? NGX_HTTP_SANDBOX_ENGINE_CGROUPS : 0)
                | (ngx_atomic_uint_t) info->ncpu
                  << NGX_HTTP_SANDBOX_ENGINE_NCPU;
    }

    ngx_http_sandbox_worker->conf->counters->engine_info = word;
}


void
ngx_http_sandbox_engine_info_forget(void)
{
    ngx_http_sandbox_worker->conf->counters->engine_info = 0;
}
