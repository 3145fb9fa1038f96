
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_instances_sync.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "limits/ngx_http_sandbox_zone.h"


/*
 * Synchronizes the table with the engine.  The engine's list is authoritative:
 * it corrects entries left by dead workers and lost events.
 */


typedef struct {
    const ac_container_t        *container;
    ngx_uint_t                   known;
} ngx_http_sandbox_found_t;


static void ngx_http_sandbox_instances_sync_paused(
    ngx_http_sandbox_shared_t *sh, ngx_http_sandbox_instance_t *instance,
    const ac_container_t *c, int64_t requested);
static ngx_uint_t ngx_http_sandbox_instances_sync_runs(const ac_container_t *c);
static int ngx_libc_cdecl ngx_http_sandbox_instances_sync_sort(const void *one,
    const void *two);
static int ngx_libc_cdecl ngx_http_sandbox_instances_sync_search(
    const void *run, const void *element);


void
ngx_http_sandbox_instances_sync_event(const ac_event_t *event, ngx_uint_t died)
{
    ngx_slab_pool_t              *shpool;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_shared_t    *sh;

    if (event->label_run[0] == '\0') {
        return;
    }

    sh = ngx_http_sandbox_worker->conf->shared;
    shpool = ngx_http_sandbox_instances_table_lock();

    instance = ngx_http_sandbox_instances_table_find(sh, event->label_run);

    if (died) {

        /*
         * Ignore "die" events for a starting container, and events older than
         * the current start.
         */

        if (instance && instance->state == NGX_HTTP_SANDBOX_INSTANCE_RUNNING
            && event->time_ms >= instance->since_epoch)
        {
            ngx_http_sandbox_instances_table_release(sh, instance);
        }

        goto done;
    }

    /* an abandoned start: its worker has died */

    if (instance == NULL) {
        instance = ngx_http_sandbox_instances_table_add(sh, event->label_run,
                                          event->label_class,
                                          event->label_owner);
        if (instance == NULL) {
            goto done;
        }

        instance->pid = -1;
        instance->state = NGX_HTTP_SANDBOX_INSTANCE_STARTING;
    }

    if (ngx_http_sandbox_instances_table_orphan(
            instance, ngx_http_sandbox_clock_monotonic()))
    {
        ngx_http_sandbox_instances_table_set(instance,
                                             NGX_HTTP_SANDBOX_INSTANCE_RUNNING);
        instance->since_epoch = event->time_ms;
    }

done:

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_instances_sync_list(const ac_reply_t *reply, int64_t requested)
{
    int64_t                       now;
    ngx_uint_t                    i, n;
    ngx_slab_pool_t              *shpool;
    const ac_container_t         *c;
    ngx_http_sandbox_instance_t  *instance;
    ngx_http_sandbox_found_t     *list, *found;
    ngx_http_sandbox_shared_t    *sh;

    sh = ngx_http_sandbox_worker->conf->shared;

    list = ngx_alloc((reply->ncontainers + 1)
                     * sizeof(ngx_http_sandbox_found_t), ngx_cycle->log);
    if (list == NULL) {
        return;
    }

    n = 0;

    for (i = 0; i < reply->ncontainers; i++) {
        c = &reply->containers[i];

        if (c->label_run[0] && ngx_http_sandbox_instances_sync_runs(c)) {
            list[n].container = c;
            list[n++].known = 0;
        }
    }

    qsort(list, n, sizeof(ngx_http_sandbox_found_t),
          ngx_http_sandbox_instances_sync_sort);

    now = ngx_http_sandbox_clock_monotonic();

    shpool = ngx_http_sandbox_instances_table_lock();

    if (requested < sh->counted) {

        /* another worker has requested a newer list */

        goto done;
    }

    for (i = 0; i < sh->used; i++) {
        instance = &sh->instances[i];

        if (instance->state == NGX_HTTP_SANDBOX_INSTANCE_FREE) {
            continue;
        }

        found = bsearch(instance->run, list, n,
                        sizeof(ngx_http_sandbox_found_t),
                        ngx_http_sandbox_instances_sync_search);

        if (found) {
            found->known = 1;

            if (ngx_http_sandbox_instances_table_orphan(instance, now)) {
                ngx_http_sandbox_instances_table_set(instance,
                                           NGX_HTTP_SANDBOX_INSTANCE_RUNNING);
            }

            ngx_http_sandbox_instances_sync_paused(sh, instance,
                                                   found->container,
                                                   requested);
            continue;
        }

        /* the list may be older than this entry */

        if (instance->since < requested
            && (instance->state == NGX_HTTP_SANDBOX_INSTANCE_RUNNING
                || ngx_http_sandbox_instances_table_orphan(instance, now)))
        {
            ngx_http_sandbox_instances_table_release(sh, instance);
        }
    }

    for (i = 0; i < n; i++) {

        if (list[i].known) {
            continue;
        }

        c = list[i].container;

        instance = ngx_http_sandbox_instances_table_add(sh, c->label_run,
                                                    c->label_class,
                                          c->label_owner);
        if (instance == NULL) {
            break;
        }

        ngx_http_sandbox_instances_table_set(instance,
                                             NGX_HTTP_SANDBOX_INSTANCE_RUNNING);

        ngx_http_sandbox_instances_sync_paused(sh, instance, c, requested);

        /* the start time is unknown, but before the list was requested */

        instance->since = requested - 1;
        instance->since_epoch = 0;
    }

    sh->counted = requested;

done:

    ngx_shmtx_unlock(&shpool->mutex);

    ngx_free(list);
}


/* unless a report, of this one or another, is newer than the list */

static void
ngx_http_sandbox_instances_sync_paused(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_instance_t *instance, const ac_container_t *c,
    int64_t requested)
{
    if (sh->paused_reported < requested) {
        ngx_http_sandbox_instances_table_pause(
            sh, instance, c->state == AC_CONTAINER_PAUSED);
    }
}


int64_t
ngx_http_sandbox_instances_sync_time(void)
{
    int64_t           counted;
    ngx_slab_pool_t  *shpool;

    shpool = ngx_http_sandbox_instances_table_lock();
    counted = ngx_http_sandbox_worker->conf->shared->counted;
    ngx_shmtx_unlock(&shpool->mutex);

    return counted;
}


static ngx_uint_t
ngx_http_sandbox_instances_sync_runs(const ac_container_t *c)
{
    return c->state == AC_CONTAINER_RUNNING
           || c->state == AC_CONTAINER_PAUSED
           || c->state == AC_CONTAINER_RESTARTING
           || c->state == AC_CONTAINER_STOPPING;
}


static int ngx_libc_cdecl
ngx_http_sandbox_instances_sync_sort(const void *one, const void *two)
{
    const ngx_http_sandbox_found_t  *first, *second;

    first = one;
    second = two;

    return ngx_strcmp(first->container->label_run,
                      second->container->label_run);
}


static int ngx_libc_cdecl
ngx_http_sandbox_instances_sync_search(const void *run, const void *element)
{
    const ngx_http_sandbox_found_t  *found;

    found = element;

    return ngx_strcmp(run, found->container->label_run);
}
