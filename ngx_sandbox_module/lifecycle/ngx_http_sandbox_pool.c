
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_create.h"
#include "lib/sandbox_store_pool.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances_pool.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "limits/ngx_http_sandbox_zone.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_pool.h"
#include "lifecycle/ngx_http_sandbox_pool_claim.h"
#include "lifecycle/ngx_http_sandbox_start.h"


/*
 * The keeper of the pool.  A sandbox in it is started like any other, by the
 * name of its directory, and has no owner.  The keeper holds its tether, and so
 * learns when it ends; it finds out that one was claimed by its directory,
 * which has another name then.
 */


/* how often the engine is asked whether an image is still the same one, ms */
#define NGX_HTTP_SANDBOX_POOL_IMAGE      10000
/* the delay after a failure, which doubles with each, ms */
#define NGX_HTTP_SANDBOX_POOL_RETRY      1000
#define NGX_HTTP_SANDBOX_POOL_RETRY_MAX  60000


/* what the keeper knows of a class */

typedef struct {
    ngx_http_sandbox_class_t        *class;
    ac_call_t                       *call;
    ngx_msec_t                       checked;      /* of the image */
    ngx_msec_t                       retry;        /* after a failure */
    ngx_msec_t                       delay;        /* 0: none has failed */
    ngx_uint_t                       n;            /* warm or starting */
    unsigned                         known:1;      /* the image */
    char                             image[sizeof(((ac_image_t *) 0)->id)];
} ngx_http_sandbox_pool_class_t;


typedef struct {
    ngx_queue_t                      queue;
    ngx_http_sandbox_pool_class_t   *class;
    ngx_http_sandbox_node_t         *node;         /* referenced */
    ngx_http_sandbox_start_waiter_t  waiter;
    char                             run[SANDBOX_RANDOM_LEN + 1];
    unsigned                         warm:1;
} ngx_http_sandbox_pool_member_t;


typedef struct {
    ngx_queue_t                      members;
    ngx_http_sandbox_pool_class_t   *classes;
    ngx_uint_t                       nclasses;
    ngx_uint_t                       starting;
    ngx_atomic_uint_t                primed;
    unsigned                         kept:1;       /* this worker keeps it */
} ngx_http_sandbox_pool_t;


static ngx_int_t ngx_http_sandbox_pool_init(ngx_http_sandbox_pool_t *pool);
static int ngx_http_sandbox_pool_adopt(void *data, const char *run);
static ngx_http_sandbox_pool_class_t *ngx_http_sandbox_pool_adopter(
    const char *run);
static void ngx_http_sandbox_pool_look(ngx_http_sandbox_pool_t *pool);
static void ngx_http_sandbox_pool_image(ngx_http_sandbox_pool_class_t *pc);
static void ngx_http_sandbox_pool_image_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_pool_fill(ngx_http_sandbox_pool_t *pool,
    ngx_http_sandbox_pool_class_t *pc);
static ngx_int_t ngx_http_sandbox_pool_begin(ngx_http_sandbox_pool_class_t *pc);
static ngx_int_t ngx_http_sandbox_pool_add(ngx_http_sandbox_pool_class_t *pc,
    const char *run);
static void ngx_http_sandbox_pool_started(ngx_http_sandbox_start_waiter_t *w,
    ngx_uint_t start, ngx_http_sandbox_failure_t *failure);
static void ngx_http_sandbox_pool_failed(ngx_http_sandbox_pool_class_t *pc,
    const char *why);
static ngx_uint_t ngx_http_sandbox_pool_made(ngx_http_sandbox_pool_class_t *pc,
    const char *made);
static void ngx_http_sandbox_pool_discard(const char *run);
static void ngx_http_sandbox_pool_forget(ngx_http_sandbox_pool_member_t *m);


static ngx_http_sandbox_pool_t  ngx_http_sandbox_pool;


void
ngx_http_sandbox_pool_keep(void)
{
    ngx_uint_t                  i;
    ngx_http_sandbox_pool_t    *pool;
    ngx_http_sandbox_shared_t  *sh;

    pool = &ngx_http_sandbox_pool;
    sh = ngx_http_sandbox_worker->conf->shared;

    if (!pool->kept && ngx_http_sandbox_pool_init(pool) != NGX_OK) {
        return;
    }

    ngx_http_sandbox_pool_look(pool);

    if (pool->primed != sh->primed) {
        pool->primed = sh->primed;

        for (i = 0; i < pool->nclasses; i++) {
            pool->classes[i].delay = 0;
            pool->classes[i].known = 0;
        }
    }

    if (sh->drained) {
        return;
    }

    for (i = 0; i < pool->nclasses; i++) {
        ngx_http_sandbox_pool_fill(pool, &pool->classes[i]);
    }
}


static ngx_int_t
ngx_http_sandbox_pool_init(ngx_http_sandbox_pool_t *pool)
{
    ngx_uint_t                     i;
    ngx_http_sandbox_class_t      *class;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_sandbox_worker->conf;
    class = smcf->classes.elts;

    ngx_memzero(pool, sizeof(ngx_http_sandbox_pool_t));

    ngx_queue_init(&pool->members);

    pool->primed = smcf->shared->primed;
    pool->nclasses = smcf->classes.nelts;

    pool->classes = ngx_calloc((pool->nclasses + 1)
                               * sizeof(ngx_http_sandbox_pool_class_t),
                               ngx_cycle->log);
    if (pool->classes == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < pool->nclasses; i++) {
        pool->classes[i].class = &class[i];
    }

    pool->kept = 1;

    /* what the last keeper has left */

    if (sandbox_store_pool_each(ngx_http_sandbox_worker->store,
                                ngx_http_sandbox_pool_adopt, pool)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot list the pool in \"%V\"",
                      &smcf->state->name);
    }

    return NGX_OK;
}


static int
ngx_http_sandbox_pool_adopt(void *data, const char *run)
{
    ngx_http_sandbox_pool_class_t  *pc;

    pc = ngx_http_sandbox_pool_adopter(run);

    if (pc == NULL || ngx_http_sandbox_pool_add(pc, run) != NGX_OK) {
        ngx_http_sandbox_pool_discard(run);
    }

    return 0;
}


/* the class of a sandbox in the pool; NULL: it is of no use any longer */

static ngx_http_sandbox_pool_class_t *
ngx_http_sandbox_pool_adopter(const char *run)
{
    char                            id[SANDBOX_ID_MAX + 1];
    char                            made[SANDBOX_STORE_POOL_TEXT + 1];
    ngx_uint_t                      i;
    sandbox_spec_t                  spec;
    sandbox_store_t                *store;
    ngx_http_sandbox_class_t       *class;
    ngx_http_sandbox_pool_class_t  *pc;

    store = ngx_http_sandbox_worker->store;

    sandbox_store_pool_name(run, id);

    if (sandbox_store_pool_made(store, run, made) == -1
        || sandbox_store_read(store, id, &spec) == -1)
    {
        return NULL;
    }

    class = ngx_http_sandbox_class_find(ngx_http_sandbox_worker->conf,
                                        (u_char *) spec.class,
                                        ngx_strlen(spec.class));
    sandbox_spec_free(&spec);

    for (i = 0; i < ngx_http_sandbox_pool.nclasses; i++) {
        pc = &ngx_http_sandbox_pool.classes[i];

        if (pc->class == class && class->pool
            && ngx_http_sandbox_pool_made(pc, made))
        {
            return pc;
        }
    }

    return NULL;
}


/* which of them were claimed, have ended, or are too many */

static void
ngx_http_sandbox_pool_look(ngx_http_sandbox_pool_t *pool)
{
    char                             made[SANDBOX_STORE_POOL_TEXT + 1];
    ngx_int_t                        rc;
    ngx_queue_t                     *q, *next;
    ngx_http_sandbox_pool_class_t   *pc;
    ngx_http_sandbox_pool_member_t  *m;

    for (q = ngx_queue_head(&pool->members);
         q != ngx_queue_sentinel(&pool->members);
         q = next)
    {
        next = ngx_queue_next(q);
        m = ngx_queue_data(q, ngx_http_sandbox_pool_member_t, queue);
        pc = m->class;

        if (!m->warm) {
            continue;
        }

        rc = sandbox_store_pool_made(ngx_http_sandbox_worker->store, m->run,
                                     made);

        if (rc == -1 && ngx_errno == NGX_ENOENT) {

            /* claimed, or removed by hand */

            ngx_http_sandbox_pool_forget(m);
            continue;
        }

        if (ngx_http_sandbox_tether(m->node) != NGX_OK) {
            ngx_http_sandbox_pool_discard(m->run);
            ngx_http_sandbox_pool_forget(m);

            ngx_http_sandbox_pool_failed(pc, "a sandbox ended in it");
            continue;
        }

        if (rc == -1 || !ngx_http_sandbox_pool_made(pc, made)
            || pc->n > pc->class->pool
            || ngx_http_sandbox_instances_pool_room(pc->class) < 0
            || ngx_http_sandbox_worker->conf->shared->drained)
        {
            ngx_http_sandbox_pool_discard(m->run);
            ngx_http_sandbox_pool_forget(m);
            continue;
        }

        /* again, in case that a worker has died which was about to claim it */

        ngx_http_sandbox_instances_pool_ready(m->run);
    }
}


static void
ngx_http_sandbox_pool_fill(ngx_http_sandbox_pool_t *pool,
    ngx_http_sandbox_pool_class_t *pc)
{
    ngx_atomic_uint_t           waiting;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (pc->class->pool == 0 || ac_docker_away(w->docker)) {
        return;
    }

    ngx_http_sandbox_pool_image(pc);

    if (!pc->known
        || (pc->delay && (ngx_msec_int_t) (ngx_current_msec - pc->retry) < 0))
    {
        return;
    }

    while (pc->n < pc->class->pool
           && pool->starting < NGX_HTTP_SANDBOX_POOL_BATCH)
    {
        /* users' starts go first */

        waiting = w->conf->counters->waiting;

        if (waiting > pool->starting
            || ngx_http_sandbox_instances_pool_room(pc->class) <= 0)
        {
            return;
        }

        if (ngx_http_sandbox_pool_begin(pc) != NGX_OK) {
            return;
        }
    }
}


/* a class is of the image that its name refers to now */

static void
ngx_http_sandbox_pool_image(ngx_http_sandbox_pool_class_t *pc)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (pc->call
        || (pc->known
            && ngx_current_msec - pc->checked < NGX_HTTP_SANDBOX_POOL_IMAGE)
        || (pc->delay && (ngx_msec_int_t) (ngx_current_msec - pc->retry) < 0))
    {
        return;
    }

    ngx_http_sandbox_engine_call(AC_LANE_OTHERS, NGX_HTTP_SANDBOX_POOL_OWNER,
                                 0);

    pc->call = ac_docker_image(w->docker, w->endpoint,
                               (char *) pc->class->image.data,
                               w->conf->engine_timeout,
                               ngx_http_sandbox_pool_image_handler, pc);
}


static void
ngx_http_sandbox_pool_image_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_pool_class_t *pc = data;

    u_char  text[NGX_MAX_ERROR_STR];

    pc->call = NULL;

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->image == NULL)
    {
        (void) ngx_snprintf(text, sizeof(text),
                            "its image \"%V\" cannot be inspected: %d %s%Z",
                            &pc->class->image, reply->status,
                            ngx_http_sandbox_engine_text(reply));

        pc->known = 0;
        ngx_http_sandbox_pool_failed(pc, (char *) text);
        return;
    }

    /* those of another image are found in the next look */

    (void) ngx_cpystrn((u_char *) pc->image, (u_char *) reply->image->id,
                       sizeof(pc->image));
    pc->known = 1;
    pc->checked = ngx_current_msec;
}


static ngx_int_t
ngx_http_sandbox_pool_begin(ngx_http_sandbox_pool_class_t *pc)
{
    int                         rc;
    char                        made[SANDBOX_STORE_POOL_TEXT + 1];
    sandbox_spec_t              spec;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_memzero(&spec, sizeof(sandbox_spec_t));

    spec.sleep_after_ms = -1;
    spec.max_age_ms = -1;
    spec.keep_alive = 1;

    (void) ngx_cpystrn((u_char *) spec.owner,
                       (u_char *) NGX_HTTP_SANDBOX_POOL_OWNER,
                       sizeof(spec.owner));
    (void) ngx_snprintf((u_char *) spec.class, sizeof(spec.class), "%V%Z",
                        &pc->class->name);
    (void) ngx_snprintf((u_char *) made, sizeof(made), "%s,%s%Z",
                        ngx_http_sandbox_pool_claim_made(pc->class),
                        pc->image);

    rc = sandbox_store_create_warm(w->store, made, &spec);

    if (rc == -1) {
        ngx_http_sandbox_pool_failed(pc, strerror(ngx_errno));
        return NGX_ERROR;
    }

    sandbox_fault("pool.made");

    if (ngx_http_sandbox_pool_add(pc, spec.run) != NGX_OK) {
        ngx_http_sandbox_pool_discard(spec.run);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* starts it, if it is not running already */

static ngx_int_t
ngx_http_sandbox_pool_add(ngx_http_sandbox_pool_class_t *pc, const char *run)
{
    char                             id[SANDBOX_ID_MAX + 1];
    ngx_str_t                        name;
    ngx_http_sandbox_pool_member_t  *m;

    m = ngx_calloc(sizeof(ngx_http_sandbox_pool_member_t), ngx_cycle->log);
    if (m == NULL) {
        return NGX_ERROR;
    }

    sandbox_store_pool_name(run, id);

    name.data = (u_char *) id;
    name.len = ngx_strlen(id);

    m->node = ngx_http_sandbox_node_hold(&name);
    if (m->node == NULL) {
        ngx_free(m);
        return NGX_ERROR;
    }

    m->class = pc;
    ngx_memcpy(m->run, run, sizeof(m->run));

    ngx_queue_insert_tail(&ngx_http_sandbox_pool.members, &m->queue);

    pc->n++;
    ngx_http_sandbox_pool.starting++;

    m->waiter.handler = ngx_http_sandbox_pool_started;
    m->waiter.data = m;

    ngx_http_sandbox_start_wait(m->node, &m->waiter);

    return NGX_OK;
}


static void
ngx_http_sandbox_pool_started(ngx_http_sandbox_start_waiter_t *w,
    ngx_uint_t start, ngx_http_sandbox_failure_t *failure)
{
    ngx_http_sandbox_pool_class_t   *pc;
    ngx_http_sandbox_pool_member_t  *m;

    m = w->data;
    pc = m->class;

    ngx_http_sandbox_pool.starting--;

    if (failure) {
        ngx_http_sandbox_pool_discard(m->run);

        m->warm = 1;
        ngx_http_sandbox_pool_forget(m);

        ngx_http_sandbox_pool_failed(pc, (char *) failure->message);
        return;
    }

    sandbox_fault("pool.started");

    m->warm = 1;
    pc->delay = 0;

    ngx_http_sandbox_instances_pool_ready(m->run);

    if (start != NGX_HTTP_SANDBOX_START_HIT) {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, pool_started);
    }

    if (ngx_http_sandbox_worker->conf->shared->drained) {
        return;
    }

    ngx_http_sandbox_pool_fill(&ngx_http_sandbox_pool, pc);
}


static void
ngx_http_sandbox_pool_failed(ngx_http_sandbox_pool_class_t *pc,
    const char *why)
{
    ngx_uint_t  level;

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, pool_failures);

    if (pc->delay && (ngx_msec_int_t) (ngx_current_msec - pc->retry) < 0) {

        /* another one of the same attempt */

        return;
    }

    /* the first of a series is logged as an error */

    level = pc->delay ? NGX_LOG_INFO : NGX_LOG_ERR;

    pc->delay = pc->delay ? ngx_min(pc->delay * 2,
                                    NGX_HTTP_SANDBOX_POOL_RETRY_MAX)
                          : NGX_HTTP_SANDBOX_POOL_RETRY;

    pc->retry = ngx_current_msec + pc->delay;

    ngx_log_error(level, ngx_cycle->log, 0,
                  "the pool of sandbox class \"%V\" cannot be filled, next "
                  "attempt in %M s: %s", &pc->class->name, pc->delay / 1000,
                  why);
}


/* 1: of the present class, and of the present image, if that is known */

static ngx_uint_t
ngx_http_sandbox_pool_made(ngx_http_sandbox_pool_class_t *pc, const char *made)
{
    return ngx_strncmp(made, ngx_http_sandbox_pool_claim_made(pc->class),
                       NGX_HTTP_SANDBOX_POOL_MADE)
           == 0
           && made[NGX_HTTP_SANDBOX_POOL_MADE] == ','
           && (!pc->known
               || ngx_strcmp(made + NGX_HTTP_SANDBOX_POOL_MADE + 1, pc->image)
                  == 0);
}


static void
ngx_http_sandbox_pool_discard(const char *run)
{
    if (sandbox_store_pool_discard(ngx_http_sandbox_worker->store, run) == 0) {
        sandbox_fault("pool.discarded");

        (void) ngx_http_sandbox_destroy_run(run);
        return;
    }

    if (ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot remove a sandbox of the pool in \"%V\"",
                      &ngx_http_sandbox_worker->conf->state->name);
    }
}


static void
ngx_http_sandbox_pool_forget(ngx_http_sandbox_pool_member_t *m)
{
    if (!m->warm) {
        ngx_http_sandbox_start_unwait(&m->waiter);
        ngx_http_sandbox_pool.starting--;
    }

    ngx_queue_remove(&m->queue);

    m->class->n--;

    /* nobody uses it by the name that it had in the pool */

    ngx_http_sandbox_tether_close(m->node);
    ngx_http_sandbox_node_release(m->node);

    ngx_free(m);
}


void
ngx_http_sandbox_pool_stop(void)
{
    ngx_uint_t                       i;
    ngx_queue_t                     *q;
    ngx_http_sandbox_pool_t         *pool;
    ngx_http_sandbox_pool_member_t  *m;

    pool = &ngx_http_sandbox_pool;

    if (!pool->kept) {
        return;
    }

    while (!ngx_queue_empty(&pool->members)) {
        q = ngx_queue_head(&pool->members);
        m = ngx_queue_data(q, ngx_http_sandbox_pool_member_t, queue);

        ngx_http_sandbox_pool_forget(m);
    }

    for (i = 0; i < pool->nclasses; i++) {

        if (pool->classes[i].call) {
            ac_docker_cancel(pool->classes[i].call);
        }
    }

    ngx_free(pool->classes);

    pool->kept = 0;
}


ngx_uint_t
ngx_http_sandbox_pool_target(void)
{
    ngx_uint_t                 i, n;
    ngx_http_sandbox_class_t  *class;

    class = ngx_http_sandbox_worker->conf->classes.elts;
    n = 0;

    for (i = 0; i < ngx_http_sandbox_worker->conf->classes.nelts; i++) {
        n += class[i].pool;
    }

    return n;
}


void
ngx_http_sandbox_pool_prime(void)
{
    ngx_http_sandbox_shared_t  *sh;

    sh = ngx_http_sandbox_worker->conf->shared;

    sh->drained = 0;

    (void) ngx_atomic_fetch_add(&sh->primed, 1);
}


void
ngx_http_sandbox_pool_drain(void)
{
    ngx_http_sandbox_worker->conf->shared->drained = 1;
}
