
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_store.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "limits/ngx_http_sandbox_zone.h"

#include <ngx_sha1.h>


/* ms after which a start is over, whatever its worker reports */
#define NGX_HTTP_SANDBOX_INSTANCE_GRACE  5000


void
ngx_http_sandbox_instances_table_mark(const char *owner, char *mark)
{
    u_char       hash[20];
    ngx_sha1_t   sha1;
    const char  *instance;

    /* includes the instance, so that installations have different marks */

    instance = sandbox_store_instance(ngx_http_sandbox_worker->store);

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, instance, ngx_strlen(instance) + 1);
    ngx_sha1_update(&sha1, owner, ngx_strlen(owner));
    ngx_sha1_final(hash, &sha1);

    *ngx_hex_dump((u_char *) mark, hash, NGX_HTTP_SANDBOX_MARK / 2) = '\0';
}


const char *
ngx_http_sandbox_instances_table_pool(void)
{
    static char  mark[NGX_HTTP_SANDBOX_MARK];

    if (mark[0] == '\0') {
        ngx_http_sandbox_instances_table_mark(NGX_HTTP_SANDBOX_POOL_OWNER,
                                              mark);
    }

    return mark;
}


ngx_slab_pool_t *
ngx_http_sandbox_instances_table_lock(void)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *)
                 ngx_http_sandbox_worker->conf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    return shpool;
}


ngx_http_sandbox_instance_t *
ngx_http_sandbox_instances_table_find(ngx_http_sandbox_shared_t *sh,
    const char *run)
{
    ngx_uint_t                    i;
    ngx_http_sandbox_instance_t  *instance;

    for (i = 0; i < sh->used; i++) {
        instance = &sh->instances[i];

        if (instance->state != NGX_HTTP_SANDBOX_INSTANCE_FREE
            && instance->run[0] == run[0]
            && ngx_strcmp(instance->run, run) == 0)
        {
            return instance;
        }
    }

    return NULL;
}


ngx_http_sandbox_instance_t *
ngx_http_sandbox_instances_table_add(ngx_http_sandbox_shared_t *sh,
    const char *run, const char *class, const char *owner)
{
    ngx_uint_t                    i;
    ngx_http_sandbox_instance_t  *instance;

    for (i = sh->first; i < sh->used; i++) {
        if (sh->instances[i].state == NGX_HTTP_SANDBOX_INSTANCE_FREE) {
            break;
        }
    }

    sh->first = i;

    if (i == sh->ninstances) {
        return NULL;
    }

    instance = &sh->instances[i];

    if (i == sh->used) {
        instance->state = NGX_HTTP_SANDBOX_INSTANCE_FREE;
        sh->used++;
    }

    (void) ngx_cpystrn((u_char *) instance->run, (u_char *) run,
                       sizeof(instance->run));
    (void) ngx_cpystrn((u_char *) instance->class, (u_char *) class,
                       sizeof(instance->class));
    (void) ngx_cpystrn((u_char *) instance->owner, (u_char *) owner,
                       sizeof(instance->owner));

    return instance;
}


void
ngx_http_sandbox_instances_table_set(ngx_http_sandbox_instance_t *instance,
    ngx_uint_t state)
{
    instance->pid = ngx_pid;
    instance->since = ngx_http_sandbox_clock_monotonic();
    instance->since_epoch = ngx_http_sandbox_clock_now();
    instance->state = state;
}


void
ngx_http_sandbox_instances_table_pause(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_instance_t *instance, ngx_uint_t paused)
{
    if (instance->paused != paused) {
        instance->paused = paused;
        sh->paused += paused ? 1 : -1;
    }
}


void
ngx_http_sandbox_instances_table_release(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_instance_t *instance)
{
    ngx_uint_t  i;

    ngx_http_sandbox_instances_table_pause(sh, instance, 0);

    instance->state = NGX_HTTP_SANDBOX_INSTANCE_FREE;
    instance->warm = 0;

    i = instance - sh->instances;

    if (i < sh->first) {
        sh->first = i;
    }
}


ngx_uint_t
ngx_http_sandbox_instances_table_orphan(ngx_http_sandbox_instance_t *instance,
    int64_t now)
{
    if (instance->state != NGX_HTTP_SANDBOX_INSTANCE_STARTING) {
        return 0;
    }

    if (instance->pid == -1
        || (kill(instance->pid, 0) == -1 && ngx_errno == ESRCH))
    {
        return 1;
    }

    return now - instance->since
           > (int64_t) ngx_http_sandbox_worker->conf->start_timeout
             + NGX_HTTP_SANDBOX_INSTANCE_GRACE;
}
