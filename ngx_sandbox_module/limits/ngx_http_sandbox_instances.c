
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "limits/ngx_http_sandbox_zone.h"


/*
 * Limits of starting and running sandboxes, per class, per key and in total.
 * Each sandbox becomes an instance before the engine is called to start it.
 * Those of the pool are instances, but do not count for the limits: the pool
 * gives way to sandboxes that have an owner.
 */


#define NGX_HTTP_SANDBOX_INSTANCES_RETRY  5            /* s */


typedef struct {
    ngx_uint_t                   all;
    ngx_uint_t                   class;
    ngx_uint_t                   key;
} ngx_http_sandbox_tally_t;


static void ngx_http_sandbox_instances_tally(ngx_http_sandbox_shared_t *sh,
    const char *class, const char *owner, ngx_http_sandbox_tally_t *tally);
static void ngx_http_sandbox_instances_fail(ngx_http_sandbox_failure_t *failure,
    const char *scope, const char *name, ngx_uint_t limit,
    ngx_uint_t running);


ngx_uint_t
ngx_http_sandbox_instances_of_key(ngx_http_sandbox_main_conf_t *smcf,
    const char *owner)
{
    size_t                     len;
    ngx_uint_t                 i;
    ngx_http_sandbox_quota_t  *quota;

    len = ngx_strlen(owner);
    quota = smcf->quotas.elts;

    for (i = 0; i < smcf->quotas.nelts; i++) {
        if (quota[i].name.len == len
            && ngx_memcmp(quota[i].name.data, owner, len) == 0)
        {
            return quota[i].instances;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sandbox_instances_count(const char *owner)
{
    char                       mark[NGX_HTTP_SANDBOX_MARK];
    ngx_slab_pool_t           *shpool;
    ngx_http_sandbox_tally_t   tally;

    ngx_memzero(&tally, sizeof(ngx_http_sandbox_tally_t));

    ngx_http_sandbox_instances_table_mark(owner ? owner : "", mark);

    shpool = ngx_http_sandbox_instances_table_lock();

    ngx_http_sandbox_instances_tally(ngx_http_sandbox_worker->conf->shared, "",
                                     mark, &tally);

    ngx_shmtx_unlock(&shpool->mutex);

    return owner ? tally.key : tally.all;
}


ngx_int_t
ngx_http_sandbox_instances_take(const char *run,
    ngx_http_sandbox_class_t *class, const char *owner,
    ngx_http_sandbox_failure_t *failure)
{
    char                           name[SANDBOX_CLASS_MAX + 1];
    char                           mark[NGX_HTTP_SANDBOX_MARK];
    ngx_uint_t                     key, full;
    ngx_slab_pool_t               *shpool;
    ngx_http_sandbox_instance_t   *instance;
    ngx_http_sandbox_tally_t       tally;
    ngx_http_sandbox_shared_t     *sh;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_sandbox_worker->conf;
    sh = smcf->shared;

    (void) ngx_snprintf((u_char *) name, sizeof(name), "%V%Z", &class->name);

    ngx_http_sandbox_instances_table_mark(owner, mark);

    key = ngx_http_sandbox_instances_of_key(smcf, owner);
    ngx_memzero(&tally, sizeof(ngx_http_sandbox_tally_t));
    full = 0;

    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(sh, run);

    if (instance) {

        /* it is an instance already */

        ngx_http_sandbox_instances_table_set(
            instance, NGX_HTTP_SANDBOX_INSTANCE_STARTING);
        goto done;
    }

    if (class->max_instances || key || smcf->max_instances) {

        if (sh->counted == 0) {
            ngx_shmtx_unlock(&shpool->mutex);
            return NGX_AGAIN;
        }

        ngx_http_sandbox_instances_tally(sh, name, mark, &tally);

        if ((class->max_instances && tally.class >= class->max_instances)
            || (key && tally.key >= key)
            || (smcf->max_instances && tally.all >= smcf->max_instances))
        {
            full = 1;
            goto done;
        }

        full = 1;
    }

    /* without a limit, it is counted only if the table has room */

    instance = ngx_http_sandbox_instances_table_add(sh, run, name, mark);

    if (instance) {
        full = 0;
        ngx_http_sandbox_instances_table_set(
            instance, NGX_HTTP_SANDBOX_INSTANCE_STARTING);
    }

done:

    ngx_shmtx_unlock(&shpool->mutex);

    if (!full) {
        return NGX_OK;
    }

    /* report the narrowest limit, on which the caller has most influence */

    if (key && tally.key >= key) {
        ngx_http_sandbox_instances_fail(failure, "key", owner, key, tally.key);

    } else if (class->max_instances && tally.class >= class->max_instances) {
        ngx_http_sandbox_instances_fail(failure, "class", name,
                                        class->max_instances, tally.class);

    } else if (smcf->max_instances && tally.all >= smcf->max_instances) {
        ngx_http_sandbox_instances_fail(failure, "all", "", smcf->max_instances,
                                        tally.all);

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "zone \"%V\" is full, increase \"sandbox_zone\"",
                      &smcf->zone->shm.name);
        ngx_http_sandbox_instances_fail(failure, "zone", "", sh->ninstances,
                                        tally.all);
    }

    return NGX_DECLINED;
}


static void
ngx_http_sandbox_instances_tally(ngx_http_sandbox_shared_t *sh,
    const char *class, const char *owner, ngx_http_sandbox_tally_t *tally)
{
    ngx_uint_t                    i;
    const char                   *pool;
    ngx_http_sandbox_instance_t  *instance;

    pool = ngx_http_sandbox_instances_table_pool();

    for (i = 0; i < sh->used; i++) {
        instance = &sh->instances[i];

        if (instance->state == NGX_HTTP_SANDBOX_INSTANCE_FREE
            || ngx_strcmp(instance->owner, pool) == 0)
        {
            continue;
        }

        tally->all++;

        if (ngx_strcmp(instance->class, class) == 0) {
            tally->class++;
        }

        if (ngx_strcmp(instance->owner, owner) == 0) {
            tally->key++;
        }
    }
}


static void
ngx_http_sandbox_instances_fail(ngx_http_sandbox_failure_t *failure,
    const char *scope, const char *name, ngx_uint_t limit, ngx_uint_t running)
{
    const char  *what;

    if (scope[0] == 'k') {
        what = "of your key";

    } else if (scope[0] == 'c') {
        what = "of this class";

    } else {
        what = "on this machine";
    }

    ngx_http_sandbox_error_set(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                               "capacity_exceeded",
                               "%ui of %ui sandboxes %s are running. Put one "
                               "to sleep or destroy it, or try again when one "
                               "has gone to sleep.", running, limit, what);
    failure->retry_after = NGX_HTTP_SANDBOX_INSTANCES_RETRY;

    /* names of owners and classes need no escaping */

    (void) ngx_snprintf(failure->context, sizeof(failure->context),
                        "{\"scope\":\"%s\",\"name\":\"%s\",\"limit\":%ui,"
                        "\"running\":%ui}%Z", scope, name, limit, running);
}


void
ngx_http_sandbox_instances_ticket(char ticket[SANDBOX_RANDOM_LEN + 1])
{
    static ngx_uint_t  n;

    /* a run never contains a hyphen */

    (void) ngx_snprintf((u_char *) ticket, SANDBOX_RANDOM_LEN + 1,
                        "-%P-%uxD%Z", ngx_pid, (uint32_t) n++);
}


void
ngx_http_sandbox_instances_name(const char *ticket, const char *run)
{
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(sh, ticket);

    if (instance) {

        if (ngx_http_sandbox_instances_table_find(sh, run)) {
            ngx_http_sandbox_instances_table_release(sh, instance);

        } else {
            (void) ngx_cpystrn((u_char *) instance->run, (u_char *) run,
                               sizeof(instance->run));
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_instances_run(const char *run)
{
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;

    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(
               ngx_http_sandbox_worker->conf->shared, run);
    if (instance) {
        ngx_http_sandbox_instances_table_set(instance,
                                             NGX_HTTP_SANDBOX_INSTANCE_RUNNING);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_instances_free(const char *run)
{
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(sh, run);

    if (instance) {
        ngx_http_sandbox_instances_table_release(sh, instance);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_instances_pause(const char *run, ngx_uint_t paused)
{
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;

    if (!paused && sh->paused == 0) {
        return;
    }

    shpool = ngx_http_sandbox_instances_table_lock();

    sh->paused_reported = ngx_http_sandbox_clock_monotonic();

    instance = ngx_http_sandbox_instances_table_find(sh, run);

    if (instance) {
        ngx_http_sandbox_instances_table_pause(sh, instance, paused);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_uint_t
ngx_http_sandbox_instances_paused(const char *run)
{
    ngx_uint_t                    paused;
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;

    if (sh->paused == 0) {
        return 0;
    }

    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(sh, run);
    paused = instance && instance->paused;

    ngx_shmtx_unlock(&shpool->mutex);

    return paused;
}


void
ngx_http_sandbox_instances_figures(ngx_http_sandbox_main_conf_t *smcf)
{
    ngx_uint_t                  i, warm, n[3];
    ngx_slab_pool_t            *shpool;
    ngx_http_sandbox_shared_t  *sh;

    sh = smcf->shared;
    warm = 0;
    ngx_memzero(n, sizeof(n));

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < sh->used; i++) {
        n[sh->instances[i].state]++;
        warm += sh->instances[i].warm;
    }

    smcf->counters->starting = n[NGX_HTTP_SANDBOX_INSTANCE_STARTING];
    smcf->counters->running = n[NGX_HTTP_SANDBOX_INSTANCE_RUNNING];
    smcf->counters->warm = warm;

    ngx_shmtx_unlock(&shpool->mutex);
}
