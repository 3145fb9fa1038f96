
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"


/*
 * How many sandboxes start or run: a table in the shared zone, a slot for each
 * of them, taken before the engine is asked to start it.  The engine's list is
 * the truth: what a dead worker or a lost event has left is mended by it.
 */


#define NGX_HTTP_SANDBOX_SLOT_FREE      0
#define NGX_HTTP_SANDBOX_SLOT_STARTING  1
#define NGX_HTTP_SANDBOX_SLOT_RUNNING   2

/* a start has ended by then, whatever its worker says */
#define NGX_HTTP_SANDBOX_LIMIT_GRACE    5000

#define NGX_HTTP_SANDBOX_LIMIT_RETRY    5          /* s */


struct ngx_http_sandbox_slot_s {
    ngx_uint_t                   state;
    ngx_pid_t                    pid;              /* the starting worker's */
    int64_t                      since;            /* ms, monotonic */
    int64_t                      since_epoch;      /* ms, of the clock */
    char                         run[SANDBOX_RANDOM_LEN + 1];
    char                         class[SANDBOX_CLASS_MAX + 1];
    char                         owner[SANDBOX_OWNER_MAX + 1];
};


typedef struct {
    ngx_uint_t                   all;
    ngx_uint_t                   class;
    ngx_uint_t                   key;
} ngx_http_sandbox_tally_t;


typedef struct {
    const ac_container_t        *container;
    ngx_uint_t                   known;
} ngx_http_sandbox_found_t;


static ngx_http_sandbox_slot_t *ngx_http_sandbox_limit_find(
    ngx_http_sandbox_shared_t *sh, const char *run);
static ngx_http_sandbox_slot_t *ngx_http_sandbox_limit_add(
    ngx_http_sandbox_shared_t *sh, const char *run, const char *class,
    const char *owner);
static void ngx_http_sandbox_limit_set(ngx_http_sandbox_slot_t *slot,
    ngx_uint_t state);
static void ngx_http_sandbox_limit_release(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_slot_t *slot);
static void ngx_http_sandbox_limit_tally(ngx_http_sandbox_shared_t *sh,
    const char *class, const char *owner, ngx_http_sandbox_tally_t *tally);
static void ngx_http_sandbox_limit_fail(ngx_http_sandbox_failure_t *failure,
    const char *scope, const char *name, ngx_uint_t limit,
    ngx_uint_t running);
static ngx_uint_t ngx_http_sandbox_limit_orphan(
    ngx_http_sandbox_slot_t *slot, int64_t now);
static ngx_uint_t ngx_http_sandbox_limit_runs(const ac_container_t *c);
static int ngx_libc_cdecl ngx_http_sandbox_limit_sort(const void *one,
    const void *two);
static int ngx_libc_cdecl ngx_http_sandbox_limit_search(const void *run,
    const void *element);
static ngx_slab_pool_t *ngx_http_sandbox_limit_lock(void);


size_t
ngx_http_sandbox_limit_slot_size(void)
{
    return sizeof(ngx_http_sandbox_slot_t);
}


int64_t
ngx_http_sandbox_limit_clock(void)
{
    struct timespec  ts;

    /* nginx's own time is of the turn's beginning, and another worker's */

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


ngx_uint_t
ngx_http_sandbox_limit_of_key(ngx_http_sandbox_main_conf_t *smcf,
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


ngx_int_t
ngx_http_sandbox_limit_take(const char *run, ngx_http_sandbox_class_t *class,
    const char *owner, ngx_http_sandbox_failure_t *failure)
{
    char                           name[SANDBOX_CLASS_MAX + 1];
    ngx_uint_t                     key, full;
    ngx_slab_pool_t               *shpool;
    ngx_http_sandbox_slot_t       *slot;
    ngx_http_sandbox_tally_t       tally;
    ngx_http_sandbox_shared_t     *sh;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_sandbox_worker->conf;
    sh = smcf->shared;

    (void) ngx_snprintf((u_char *) name, sizeof(name), "%V%Z", &class->name);

    key = ngx_http_sandbox_limit_of_key(smcf, owner);
    ngx_memzero(&tally, sizeof(ngx_http_sandbox_tally_t));
    full = 0;

    shpool = ngx_http_sandbox_limit_lock();

    slot = ngx_http_sandbox_limit_find(sh, run);

    if (slot) {

        /* it has a place, and keeps it */

        ngx_http_sandbox_limit_set(slot, NGX_HTTP_SANDBOX_SLOT_STARTING);
        goto done;
    }

    if (class->max_instances || key || smcf->max_instances) {

        if (sh->counted == 0) {
            ngx_shmtx_unlock(&shpool->mutex);
            return NGX_AGAIN;
        }

        ngx_http_sandbox_limit_tally(sh, name, owner, &tally);

        if ((class->max_instances && tally.class >= class->max_instances)
            || (key && tally.key >= key)
            || (smcf->max_instances && tally.all >= smcf->max_instances))
        {
            full = 1;
            goto done;
        }

        full = 1;
    }

    /* without a limit it is counted as long as there is room for that */

    slot = ngx_http_sandbox_limit_add(sh, run, name, owner);

    if (slot) {
        full = 0;
        ngx_http_sandbox_limit_set(slot, NGX_HTTP_SANDBOX_SLOT_STARTING);
    }

done:

    ngx_shmtx_unlock(&shpool->mutex);

    if (!full) {
        return NGX_OK;
    }

    /* the narrowest one is what the caller can do something about */

    if (key && tally.key >= key) {
        ngx_http_sandbox_limit_fail(failure, "key", owner, key, tally.key);

    } else if (class->max_instances && tally.class >= class->max_instances) {
        ngx_http_sandbox_limit_fail(failure, "class", name,
                                    class->max_instances, tally.class);

    } else if (smcf->max_instances && tally.all >= smcf->max_instances) {
        ngx_http_sandbox_limit_fail(failure, "all", "", smcf->max_instances,
                                    tally.all);

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "zone \"%V\" is full: make \"sandbox_zone\" larger",
                      &smcf->zone->shm.name);
        ngx_http_sandbox_limit_fail(failure, "zone", "", sh->nslots,
                                    tally.all);
    }

    return NGX_DECLINED;
}


static void
ngx_http_sandbox_limit_fail(ngx_http_sandbox_failure_t *failure,
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

    ngx_http_sandbox_fail(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                          "capacity_exceeded",
                          "%ui of %ui sandboxes %s are awake: put one to "
                          "sleep or destroy it, or try again when one has "
                          "fallen asleep.", running, limit, what);
    failure->retry_after = NGX_HTTP_SANDBOX_LIMIT_RETRY;

    /* neither an owner's name nor a class's needs escapes */

    (void) ngx_snprintf(failure->context, sizeof(failure->context),
                        "{\"scope\":\"%s\",\"name\":\"%s\",\"limit\":%ui,"
                        "\"running\":%ui}%Z", scope, name, limit, running);
}


void
ngx_http_sandbox_limit_ticket(char ticket[SANDBOX_RANDOM_LEN + 1])
{
    static ngx_uint_t  n;

    /* no run has a hyphen */

    (void) ngx_snprintf((u_char *) ticket, SANDBOX_RANDOM_LEN + 1,
                        "-%P-%uxD%Z", ngx_pid, (uint32_t) n++);
}


void
ngx_http_sandbox_limit_name(const char *ticket, const char *run)
{
    ngx_slab_pool_t            *shpool;
    ngx_http_sandbox_slot_t    *slot;
    ngx_http_sandbox_shared_t  *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    shpool = ngx_http_sandbox_limit_lock();

    slot = ngx_http_sandbox_limit_find(sh, ticket);

    if (slot) {

        if (ngx_http_sandbox_limit_find(sh, run)) {
            ngx_http_sandbox_limit_release(sh, slot);

        } else {
            (void) ngx_cpystrn((u_char *) slot->run, (u_char *) run,
                               sizeof(slot->run));
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_limit_run(const char *run)
{
    ngx_slab_pool_t          *shpool;
    ngx_http_sandbox_slot_t  *slot;

    shpool = ngx_http_sandbox_limit_lock();

    slot = ngx_http_sandbox_limit_find(ngx_http_sandbox_worker->conf->shared,
                                       run);
    if (slot) {
        ngx_http_sandbox_limit_set(slot, NGX_HTTP_SANDBOX_SLOT_RUNNING);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_limit_free(const char *run)
{
    ngx_slab_pool_t            *shpool;
    ngx_http_sandbox_slot_t    *slot;
    ngx_http_sandbox_shared_t  *sh;

    sh = ngx_http_sandbox_worker->conf->shared;
    shpool = ngx_http_sandbox_limit_lock();

    slot = ngx_http_sandbox_limit_find(sh, run);

    if (slot) {
        ngx_http_sandbox_limit_release(sh, slot);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_limit_event(const ac_event_t *event, ngx_uint_t died)
{
    ngx_slab_pool_t            *shpool;
    ngx_http_sandbox_slot_t    *slot;
    ngx_http_sandbox_shared_t  *sh;

    if (event->label_run[0] == '\0') {
        return;
    }

    sh = ngx_http_sandbox_worker->conf->shared;
    shpool = ngx_http_sandbox_limit_lock();

    slot = ngx_http_sandbox_limit_find(sh, event->label_run);

    if (died) {

        /*
         * What starts is its worker's to say, and an end of before the start
         * is not the end of what runs now.
         */

        if (slot && slot->state == NGX_HTTP_SANDBOX_SLOT_RUNNING
            && event->time_ms >= slot->since_epoch)
        {
            ngx_http_sandbox_limit_release(sh, slot);
        }

        goto done;
    }

    /* a start that nobody waits for: its worker has died */

    if (slot == NULL) {
        slot = ngx_http_sandbox_limit_add(sh, event->label_run,
                                          event->label_class,
                                          event->label_owner);
        if (slot == NULL) {
            goto done;
        }

        slot->pid = -1;
        slot->state = NGX_HTTP_SANDBOX_SLOT_STARTING;
    }

    if (ngx_http_sandbox_limit_orphan(slot, ngx_http_sandbox_limit_clock())) {
        ngx_http_sandbox_limit_set(slot, NGX_HTTP_SANDBOX_SLOT_RUNNING);
        slot->since_epoch = event->time_ms;
    }

done:

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_limit_count(const ac_reply_t *reply, int64_t asked)
{
    int64_t                       now;
    ngx_uint_t                    i, n;
    ngx_slab_pool_t              *shpool;
    const ac_container_t         *c;
    ngx_http_sandbox_slot_t      *slot;
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

        if (c->label_run[0] && ngx_http_sandbox_limit_runs(c)) {
            list[n].container = c;
            list[n++].known = 0;
        }
    }

    qsort(list, n, sizeof(ngx_http_sandbox_found_t),
          ngx_http_sandbox_limit_sort);

    now = ngx_http_sandbox_limit_clock();

    shpool = ngx_http_sandbox_limit_lock();

    if (asked < sh->counted) {

        /* another worker has asked since */

        goto done;
    }

    for (i = 0; i < sh->used; i++) {
        slot = &sh->slots[i];

        if (slot->state == NGX_HTTP_SANDBOX_SLOT_FREE) {
            continue;
        }

        found = bsearch(slot->run, list, n, sizeof(ngx_http_sandbox_found_t),
                        ngx_http_sandbox_limit_search);

        if (found) {
            found->known = 1;

            if (ngx_http_sandbox_limit_orphan(slot, now)) {
                ngx_http_sandbox_limit_set(slot,
                                           NGX_HTTP_SANDBOX_SLOT_RUNNING);
            }

            continue;
        }

        /* the list may be older than what it does not have */

        if (slot->since < asked
            && (slot->state == NGX_HTTP_SANDBOX_SLOT_RUNNING
                || ngx_http_sandbox_limit_orphan(slot, now)))
        {
            ngx_http_sandbox_limit_release(sh, slot);
        }
    }

    for (i = 0; i < n; i++) {

        if (list[i].known) {
            continue;
        }

        c = list[i].container;

        slot = ngx_http_sandbox_limit_add(sh, c->label_run, c->label_class,
                                          c->label_owner);
        if (slot == NULL) {
            break;
        }

        ngx_http_sandbox_limit_set(slot, NGX_HTTP_SANDBOX_SLOT_RUNNING);

        /* when it was started is not known: before the list was asked for */

        slot->since = asked - 1;
        slot->since_epoch = 0;
    }

    sh->counted = asked;

done:

    ngx_shmtx_unlock(&shpool->mutex);

    ngx_free(list);
}


int64_t
ngx_http_sandbox_limit_counted(void)
{
    int64_t           counted;
    ngx_slab_pool_t  *shpool;

    shpool = ngx_http_sandbox_limit_lock();
    counted = ngx_http_sandbox_worker->conf->shared->counted;
    ngx_shmtx_unlock(&shpool->mutex);

    return counted;
}


void
ngx_http_sandbox_limit_figures(ngx_http_sandbox_main_conf_t *smcf)
{
    ngx_uint_t                  i, n[3];
    ngx_slab_pool_t            *shpool;
    ngx_http_sandbox_shared_t  *sh;

    sh = smcf->shared;
    ngx_memzero(n, sizeof(n));

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < sh->used; i++) {
        n[sh->slots[i].state]++;
    }

    smcf->counters->starting = n[NGX_HTTP_SANDBOX_SLOT_STARTING];
    smcf->counters->running = n[NGX_HTTP_SANDBOX_SLOT_RUNNING];

    ngx_shmtx_unlock(&shpool->mutex);
}


/* the mutex is held by the caller of these */

static ngx_http_sandbox_slot_t *
ngx_http_sandbox_limit_find(ngx_http_sandbox_shared_t *sh, const char *run)
{
    ngx_uint_t                i;
    ngx_http_sandbox_slot_t  *slot;

    for (i = 0; i < sh->used; i++) {
        slot = &sh->slots[i];

        if (slot->state != NGX_HTTP_SANDBOX_SLOT_FREE
            && slot->run[0] == run[0] && ngx_strcmp(slot->run, run) == 0)
        {
            return slot;
        }
    }

    return NULL;
}


/* the slot is free until its state is set */

static ngx_http_sandbox_slot_t *
ngx_http_sandbox_limit_add(ngx_http_sandbox_shared_t *sh, const char *run,
    const char *class, const char *owner)
{
    ngx_uint_t                i;
    ngx_http_sandbox_slot_t  *slot;

    for (i = sh->first; i < sh->used; i++) {
        if (sh->slots[i].state == NGX_HTTP_SANDBOX_SLOT_FREE) {
            break;
        }
    }

    sh->first = i;

    if (i == sh->nslots) {
        return NULL;
    }

    slot = &sh->slots[i];

    if (i == sh->used) {
        slot->state = NGX_HTTP_SANDBOX_SLOT_FREE;
        sh->used++;
    }

    (void) ngx_cpystrn((u_char *) slot->run, (u_char *) run,
                       sizeof(slot->run));
    (void) ngx_cpystrn((u_char *) slot->class, (u_char *) class,
                       sizeof(slot->class));
    (void) ngx_cpystrn((u_char *) slot->owner, (u_char *) owner,
                       sizeof(slot->owner));

    return slot;
}


static void
ngx_http_sandbox_limit_set(ngx_http_sandbox_slot_t *slot, ngx_uint_t state)
{
    slot->pid = ngx_pid;
    slot->since = ngx_http_sandbox_limit_clock();
    slot->since_epoch = ngx_http_sandbox_now();
    slot->state = state;
}


static void
ngx_http_sandbox_limit_release(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_slot_t *slot)
{
    ngx_uint_t  i;

    slot->state = NGX_HTTP_SANDBOX_SLOT_FREE;

    i = slot - sh->slots;

    if (i < sh->first) {
        sh->first = i;
    }
}


static void
ngx_http_sandbox_limit_tally(ngx_http_sandbox_shared_t *sh, const char *class,
    const char *owner, ngx_http_sandbox_tally_t *tally)
{
    ngx_uint_t                i;
    ngx_http_sandbox_slot_t  *slot;

    for (i = 0; i < sh->used; i++) {
        slot = &sh->slots[i];

        if (slot->state == NGX_HTTP_SANDBOX_SLOT_FREE) {
            continue;
        }

        tally->all++;

        if (ngx_strcmp(slot->class, class) == 0) {
            tally->class++;
        }

        if (ngx_strcmp(slot->owner, owner) == 0) {
            tally->key++;
        }
    }
}


/* 1: it starts, and nobody is left who would say how that went */

static ngx_uint_t
ngx_http_sandbox_limit_orphan(ngx_http_sandbox_slot_t *slot, int64_t now)
{
    if (slot->state != NGX_HTTP_SANDBOX_SLOT_STARTING) {
        return 0;
    }

    if (slot->pid == -1
        || (kill(slot->pid, 0) == -1 && ngx_errno == ESRCH))
    {
        return 1;
    }

    return now - slot->since
           > (int64_t) ngx_http_sandbox_worker->conf->start_timeout
             + NGX_HTTP_SANDBOX_LIMIT_GRACE;
}


static ngx_uint_t
ngx_http_sandbox_limit_runs(const ac_container_t *c)
{
    return ngx_strcmp(c->state, "running") == 0
           || ngx_strcmp(c->state, "paused") == 0
           || ngx_strcmp(c->state, "restarting") == 0;
}


static int ngx_libc_cdecl
ngx_http_sandbox_limit_sort(const void *one, const void *two)
{
    const ngx_http_sandbox_found_t  *first, *second;

    first = one;
    second = two;

    return ngx_strcmp(first->container->label_run,
                      second->container->label_run);
}


static int ngx_libc_cdecl
ngx_http_sandbox_limit_search(const void *run, const void *element)
{
    const ngx_http_sandbox_found_t  *found;

    found = element;

    return ngx_strcmp(run, found->container->label_run);
}


static ngx_slab_pool_t *
ngx_http_sandbox_limit_lock(void)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *)
                 ngx_http_sandbox_worker->conf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    return shpool;
}
