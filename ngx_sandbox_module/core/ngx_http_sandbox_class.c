
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_engine_info.h"


/* sandbox classes, and their container limits */


ngx_http_sandbox_class_t *
ngx_http_sandbox_class_find(ngx_http_sandbox_main_conf_t *smcf, u_char *name,
    size_t len)
{
    ngx_uint_t                 i;
    ngx_http_sandbox_class_t  *class;

    class = smcf->classes.elts;

    for (i = 0; i < smcf->classes.nelts; i++) {
        if (class[i].name.len == len
            && ngx_memcmp(class[i].name.data, name, len) == 0)
        {
            return &class[i];
        }
    }

    return NULL;
}


int64_t
ngx_http_sandbox_class_cpus(ngx_http_sandbox_class_t *class)
{
    int64_t           most;
    ac_engine_info_t  info;

    /* the engine refuses what it cannot enforce */

    if (ngx_http_sandbox_engine_info_get(&info)
            == NGX_HTTP_SANDBOX_ENGINE_KNOWN
        && !info.cpus)
    {
        return 0;
    }

    most = (int64_t) info.ncpu * 1000000000;

    if (most == 0 || class->nano_cpus <= most) {
        return class->nano_cpus;
    }

    if (!class->lowered) {
        class->lowered = 1;

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "\"cpus=\" of sandbox class \"%V\" is reduced to %d, "
                      "the number of CPUs of the engine",
                      &class->name, info.ncpu);
    }

    return most;
}


void
ngx_http_sandbox_class_limits(ngx_http_sandbox_class_t *class,
    sandbox_container_t *c)
{
    ac_engine_info_t  info;

    c->memory = -1;
    c->swap = -1;
    c->nano_cpus = -1;
    c->pids = -1;
    c->disk = -1;
    c->cgroups = -1;

    if (class == NULL) {
        return;
    }

    c->disk = class->disk.len ? ngx_parse_offset(&class->disk) : 0;

    switch (ngx_http_sandbox_engine_info_get(&info)) {

    case NGX_HTTP_SANDBOX_ENGINE_SILENT:
        c->cgroups = 0;
        return;

    case NGX_HTTP_SANDBOX_ENGINE_KNOWN:
        c->memory = info.memory ? class->memory : 0;
        c->swap = (c->memory && info.swap) ? 0 : -1;
        c->pids = info.pids ? class->pids : 0;
        c->cgroups = info.cgroups;
        break;

    default: /* NGX_HTTP_SANDBOX_ENGINE_UNKNOWN */
        c->memory = class->memory;
        c->swap = class->memory ? 0 : -1;
        c->pids = class->pids;
    }

    c->nano_cpus = ngx_http_sandbox_class_cpus(class);
}
