
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_instances_pool.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "limits/ngx_http_sandbox_zone.h"


static ngx_uint_t ngx_http_sandbox_instances_pool_is(
    ngx_http_sandbox_instance_t *instance);
static ngx_uint_t ngx_http_sandbox_instances_pool_of(
    ngx_http_sandbox_instance_t *instance, ngx_http_sandbox_class_t *class);


ngx_uint_t
ngx_http_sandbox_instances_pool_warm(ngx_http_sandbox_class_t *class)
{
    ngx_uint_t                    i, n;
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    n = 0;

    shpool = ngx_http_sandbox_instances_table_lock();

    for (i = 0; i < sh->used; i++) {
        instance = &sh->instances[i];

        if (instance->warm
            && (class == NULL
                || ngx_http_sandbox_instances_pool_of(instance, class)))
        {
            n++;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return n;
}


ngx_int_t
ngx_http_sandbox_instances_pool_room(ngx_http_sandbox_class_t *class)
{
    ngx_int_t                      room;
    ngx_uint_t                     i, all, n;
    ngx_slab_pool_t               *shpool;
    ngx_http_sandbox_instance_t   *instance;
    ngx_http_sandbox_shared_t     *sh;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_sandbox_worker->conf;
    sh = smcf->shared;
    all = 0;
    n = 0;

    shpool = ngx_http_sandbox_instances_table_lock();

    for (i = 0; i < sh->used; i++) {
        instance = &sh->instances[i];

        if (instance->state == NGX_HTTP_SANDBOX_INSTANCE_FREE) {
            continue;
        }

        all++;

        if (ngx_http_sandbox_instances_pool_of(instance, class)) {
            n++;
        }
    }

    /* room that the table itself has */

    room = (ngx_int_t) (sh->ninstances - all);

    ngx_shmtx_unlock(&shpool->mutex);

    if (class->max_instances) {
        room = ngx_min(room, (ngx_int_t) class->max_instances - (ngx_int_t) n);
    }

    if (smcf->max_instances) {
        room = ngx_min(room,
                       (ngx_int_t) smcf->max_instances - (ngx_int_t) all);
    }

    return room;
}


void
ngx_http_sandbox_instances_pool_ready(const char *run)
{
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;

    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(
                   ngx_http_sandbox_worker->conf->shared, run);

    if (instance && instance->state == NGX_HTTP_SANDBOX_INSTANCE_RUNNING
        && ngx_http_sandbox_instances_pool_is(instance))
    {
        instance->warm = 1;
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_int_t
ngx_http_sandbox_instances_pool_pick(ngx_http_sandbox_class_t *class,
    char run[SANDBOX_RANDOM_LEN + 1])
{
    ngx_uint_t                    i;
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance, *found;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    found = NULL;

    shpool = ngx_http_sandbox_instances_table_lock();

    /* the oldest one, which has had most time to warm up */

    for (i = 0; i < sh->used; i++) {
        instance = &sh->instances[i];

        if (instance->warm
            && ngx_http_sandbox_instances_pool_of(instance, class)
            && (found == NULL || instance->since < found->since))
        {
            found = instance;
        }
    }

    if (found) {
        found->warm = 0;
        ngx_memcpy(run, found->run, SANDBOX_RANDOM_LEN + 1);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return found ? NGX_OK : NGX_DECLINED;
}


void
ngx_http_sandbox_instances_pool_own(const char *run, const char *owner)
{
    char                          mark[NGX_HTTP_SANDBOX_MARK];
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;

    ngx_http_sandbox_instances_table_mark(owner, mark);

    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(
                   ngx_http_sandbox_worker->conf->shared, run);

    if (instance && ngx_http_sandbox_instances_pool_is(instance)) {
        instance->warm = 0;
        ngx_memcpy(instance->owner, mark, sizeof(mark));
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_uint_t
ngx_http_sandbox_instances_pool_unknown(void)
{
    ngx_uint_t                    i, found;
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    found = 0;

    shpool = ngx_http_sandbox_instances_table_lock();

    for (i = 0; i < sh->used && !found; i++) {
        instance = &sh->instances[i];

        found = (instance->state == NGX_HTTP_SANDBOX_INSTANCE_RUNNING
                 && !instance->warm
                 && ngx_http_sandbox_instances_pool_is(instance));
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return found;
}


static ngx_uint_t
ngx_http_sandbox_instances_pool_is(ngx_http_sandbox_instance_t *instance)
{
    return ngx_strcmp(instance->owner, ngx_http_sandbox_instances_table_pool())
           == 0;
}


static ngx_uint_t
ngx_http_sandbox_instances_pool_of(ngx_http_sandbox_instance_t *instance,
    ngx_http_sandbox_class_t *class)
{
    return ngx_strlen(instance->class) == class->name.len
           && ngx_memcmp(instance->class, class->name.data, class->name.len)
              == 0;
}
