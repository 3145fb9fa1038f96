
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "docker/ac_docker_endpoint.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_acl.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_engine_info.h"
#include "core/ngx_http_sandbox_worker.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_engine_check.h"


/* which limits the container engine enforces, and as whom it runs */


static void ngx_http_sandbox_engine_check_limits(const ac_engine_info_t *info);
static void ngx_http_sandbox_engine_check_access(ngx_uint_t warn);


ngx_int_t
ngx_http_sandbox_engine_check(const ac_reply_t *reply, ngx_uint_t warn)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (reply->error != AC_OK || reply->status >= 500) {
        return NGX_ERROR;
    }

    if (reply->info == NULL) {

        /* a proxy in front of the engine may not pass the call */

        ngx_http_sandbox_engine_info_set(NULL);

        if (warn) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "container engine \"%V\" does not say which limits "
                          "it enforces (%d %s): limits and usage of sandboxes "
                          "are not shown", &w->conf->engine, reply->status,
                          ngx_http_sandbox_engine_text(reply));
        }

        return NGX_OK;
    }

    ngx_http_sandbox_engine_info_set(reply->info);

    if (warn) {
        ngx_http_sandbox_engine_check_limits(reply->info);
    }

    if (reply->info->rootless) {
        ngx_http_sandbox_engine_check_access(warn);
    }

    return NGX_OK;
}


static void
ngx_http_sandbox_engine_check_limits(const ac_engine_info_t *info)
{
    u_char                         names[64], *last;
    ngx_uint_t                     i, memory, pids, cpus;
    ngx_http_sandbox_class_t      *class;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_sandbox_worker->conf;

    memory = 0;
    pids = 0;
    cpus = 0;

    class = smcf->classes.elts;

    for (i = 0; i < smcf->classes.nelts; i++) {
        memory |= (class[i].memory != 0);
        pids |= (class[i].pids != 0);
        cpus |= (class[i].nano_cpus != 0);
    }

    if (memory && info->memory && !info->swap) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "container engine \"%V\" does not limit swap: sandboxes "
                      "may use it in addition to \"memory=\"", &smcf->engine);
    }

    memory &= !info->memory;
    pids &= !info->pids;
    cpus &= !info->cpus;

    if (memory || pids || cpus) {
        last = ngx_snprintf(names, sizeof(names), "%s%s%s",
                            memory ? "\"memory=\" " : "",
                            pids ? "\"pids=\" " : "",
                            cpus ? "\"cpus=\" " : "");

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "container engine \"%V\" does not enforce %*s of sandbox "
                      "classes: a sandbox can exhaust the host",
                      &smcf->engine, (size_t) (last - names) - 1, names);
    }
}


/* the engine mounts files of the state directory, and is not root */

static void
ngx_http_sandbox_engine_check_access(ngx_uint_t warn)
{
    int                         rc;
    uid_t                       uid;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (w->store == NULL) {
        return;
    }

    if (ac_docker_endpoint_uid(w->endpoint, &uid) == -1 || uid == 0) {

        /* a proxy in front of it, which may run as anybody */

        if (warn) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "container engine \"%V\" is rootless, and who runs "
                          "it is not known: if it is not the workers' user, "
                          "run \"setfacl -m u:USER:x %V\"", &w->conf->engine,
                          &w->conf->state->name);
        }

        return;
    }

    rc = sandbox_store_acl_search(w->store, uid);

    if (rc == 1) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "user %d, who runs container engine \"%V\", may search "
                      "the sandbox state \"%V\" now", (int) uid,
                      &w->conf->engine, &w->conf->state->name);

    } else if (rc == -1 && warn) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "user %d, who runs container engine \"%V\", cannot be "
                      "permitted to search the sandbox state \"%V\"; run "
                      "\"setfacl -m u:%d:x %V\"", (int) uid, &w->conf->engine,
                      &w->conf->state->name, (int) uid,
                      &w->conf->state->name);
    }
}
