
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_clock.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_owner.h"
#include "lib/sandbox_store_sweep.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_engine_info.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "limits/ngx_http_sandbox_instances_sync.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_engine_check.h"
#include "lifecycle/ngx_http_sandbox_expire.h"
#include "lifecycle/ngx_http_sandbox_pool.h"
#include "lifecycle/ngx_http_sandbox_sweep.h"
#include "lifecycle/ngx_http_sandbox_sweep_backups.h"


/*
 * Background work of the worker that holds the lock of the state directory:
 * finishes interrupted deletions, removes containers of this installation that
 * have no directory, and logs exits of containers.
 */


#define NGX_HTTP_SANDBOX_SWEEP_ELECT     1000
#define NGX_HTTP_SANDBOX_SWEEP_INTERVAL  60000
#define NGX_HTTP_SANDBOX_SWEEP_SAVE      10000


typedef struct {
    ngx_event_t        timer;
    ngx_connection_t   dummy;
    ngx_msec_t         next;
    int64_t            requested;         /* time of the list */
    int64_t            saved;             /* time in the state; 0: none */
    int                lock;
    ac_call_t         *list;
    ac_call_t         *events;
    ac_call_t         *info;
    unsigned           failed:1;      /* result of the last list */
    unsigned           told:1;        /* of the limits of the engine */
    char               unreadable[SANDBOX_ID_MAX + 1];   /* logged; or "" */
} ngx_http_sandbox_sweep_t;


static void ngx_http_sandbox_sweep_timer_handler(ngx_event_t *ev);
static void ngx_http_sandbox_sweep_clock(ngx_http_sandbox_sweep_t *sweep);
static void ngx_http_sandbox_sweep_run(ngx_http_sandbox_sweep_t *sweep);
static void ngx_http_sandbox_sweep_unreadable(ngx_http_sandbox_sweep_t *sweep,
    const char *id);
static int ngx_http_sandbox_sweep_trash(void *data, const char *run);
static void ngx_http_sandbox_sweep_info(ngx_http_sandbox_sweep_t *sweep);
static void ngx_http_sandbox_sweep_info_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_sweep_list_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_sweep_orphans(ngx_http_sandbox_sweep_t *sweep,
    const ac_reply_t *reply);
static void ngx_http_sandbox_sweep_event_handler(void *data,
    const ac_event_t *event, const ac_reply_t *reply);


static ngx_http_sandbox_sweep_t  ngx_http_sandbox_sweep;


void
ngx_http_sandbox_sweep_start(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_sweep_t  *sweep;

    sweep = &ngx_http_sandbox_sweep;

    ngx_memzero(sweep, sizeof(ngx_http_sandbox_sweep_t));

    sweep->lock = -1;

    ngx_http_sandbox_timer_init(&sweep->timer, &sweep->dummy,
                                ngx_http_sandbox_sweep_timer_handler, sweep,
                                cycle->log);
    sweep->timer.cancelable = 1;

    ngx_add_timer(&sweep->timer, NGX_HTTP_SANDBOX_SWEEP_ELECT);
}


void
ngx_http_sandbox_sweep_stop(void)
{
    ngx_http_sandbox_sweep_t  *sweep;

    sweep = &ngx_http_sandbox_sweep;

    if (sweep->list) {
        ac_docker_cancel(sweep->list);
        sweep->list = NULL;
    }

    if (sweep->events) {
        ac_docker_cancel(sweep->events);
        sweep->events = NULL;
    }

    if (sweep->info) {
        ac_docker_cancel(sweep->info);
        sweep->info = NULL;
    }

    if (sweep->lock > 0) {
        (void) sandbox_store_clock_write(ngx_http_sandbox_worker->store,
                                         ngx_http_sandbox_clock_look());
        (void) close(sweep->lock);
        sweep->lock = -1;
    }

    if (sweep->timer.timer_set) {
        ngx_del_timer(&sweep->timer);
    }

    ngx_http_sandbox_expire_stop();
    ngx_http_sandbox_pool_stop();
}


void
ngx_http_sandbox_sweep_soon(void)
{
    ngx_http_sandbox_sweep.next = ngx_current_msec;
}


static void
ngx_http_sandbox_sweep_timer_handler(ngx_event_t *ev)
{
    ngx_http_sandbox_sweep_t   *sweep;
    ngx_http_sandbox_worker_t  *w;

    sweep = &ngx_http_sandbox_sweep;
    w = ngx_http_sandbox_worker;

    if (ngx_exiting) {

        /* the new workers continue */

        ngx_http_sandbox_sweep_stop();
        return;
    }

    if (sweep->lock == -1) {
        sweep->lock = sandbox_store_lock_elect(w->store);
        sweep->next = ngx_current_msec;

        if (sweep->lock == -1 && ngx_errno != NGX_EAGAIN) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                          "cannot lock the sandbox state \"%V\"",
                          &w->conf->state->name);
        }
    }

    if (sweep->lock != -1) {
        sandbox_fault("sweep.elected");

        if (sweep->events == NULL && !ac_docker_away(w->docker)) {
            sweep->events = ac_docker_events(w->docker, w->endpoint,
                                        sandbox_store_instance(w->store),
                                        ngx_http_sandbox_sweep_event_handler,
                                        sweep);
        }

        if ((ngx_msec_int_t) (ngx_current_msec - sweep->next) >= 0) {
            sweep->next = ngx_current_msec + NGX_HTTP_SANDBOX_SWEEP_INTERVAL;
            ngx_http_sandbox_sweep_run(sweep);
        }

        ngx_http_sandbox_sweep_clock(sweep);
        ngx_http_sandbox_expire();
        ngx_http_sandbox_pool_keep();
    }

    ngx_add_timer(&sweep->timer, NGX_HTTP_SANDBOX_SWEEP_ELECT);
}


static void
ngx_http_sandbox_sweep_clock(ngx_http_sandbox_sweep_t *sweep)
{
    int64_t  now;

    now = ngx_http_sandbox_clock_look();

    if (sweep->saved && now - sweep->saved < NGX_HTTP_SANDBOX_SWEEP_SAVE) {
        return;
    }

    if (sandbox_store_clock_write(ngx_http_sandbox_worker->store, now) == -1
        && sweep->saved == 0)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot record the time in the sandbox state \"%V\"",
                      &ngx_http_sandbox_worker->conf->state->name);
    }

    sweep->saved = now;
}


static void
ngx_http_sandbox_sweep_run(ngx_http_sandbox_sweep_t *sweep)
{
    char                        unreadable[SANDBOX_ID_MAX + 1];
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (sandbox_store_sweep(w->store, ngx_http_sandbox_sweep_trash, sweep,
                            unreadable)
        == 0)
    {
        sweep->unreadable[0] = '\0';

    } else if (unreadable[0]) {
        ngx_http_sandbox_sweep_unreadable(sweep, unreadable);

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot sweep the sandbox state \"%V\"",
                      &w->conf->state->name);
    }

    ngx_http_sandbox_sweep_backups();
    ngx_http_sandbox_sweep_info(sweep);

    if (sweep->list) {
        return;
    }

    ngx_http_sandbox_count(w->conf, engine_calls);

    sweep->requested = ngx_http_sandbox_clock_monotonic();

    ac_docker_turn(w->docker, AC_LANE_OTHERS, 0, 1);

    sweep->list = ac_docker_list(w->docker, w->endpoint,
                                 sandbox_store_instance(w->store),
                                 w->conf->engine_timeout,
                                 ngx_http_sandbox_sweep_list_handler, sweep);
}


/* asks the engine at the start of nginx, and when it was away */

static void
ngx_http_sandbox_sweep_info(ngx_http_sandbox_sweep_t *sweep)
{
    ac_engine_info_t            info;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (sweep->info
        || (sweep->told && ngx_http_sandbox_engine_info_get(&info)
                           != NGX_HTTP_SANDBOX_ENGINE_UNKNOWN))
    {
        return;
    }

    ngx_http_sandbox_count(w->conf, engine_calls);

    ac_docker_turn(w->docker, AC_LANE_OTHERS, 0, 1);

    sweep->info = ac_docker_info(w->docker, w->endpoint,
                                 w->conf->engine_timeout,
                                 ngx_http_sandbox_sweep_info_handler, sweep);
}


/* a failure of the engine is logged by the list */

static void
ngx_http_sandbox_sweep_info_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_sweep_t *sweep = data;

    sweep->info = NULL;

    if (ngx_http_sandbox_engine_check(reply, 1) == NGX_OK) {
        sweep->told = 1;
    }
}


/* logged once: it is found in every sweep */

static void
ngx_http_sandbox_sweep_unreadable(ngx_http_sandbox_sweep_t *sweep,
    const char *id)
{
    if (ngx_strcmp(sweep->unreadable, id) == 0) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                  "cannot read \"%V/%s\": orphaned containers are not removed "
                  "until it is readable by the workers, or gone",
                  &ngx_http_sandbox_worker->conf->state->name, id);

    (void) ngx_cpystrn((u_char *) sweep->unreadable, (u_char *) id,
                       sizeof(sweep->unreadable));
}


static int
ngx_http_sandbox_sweep_trash(void *data, const char *run)
{
    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "finishing the destruction of sandbox %s", run);

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, swept);

    sandbox_fault("sweep.trash");

    (void) ngx_http_sandbox_destroy_run(run);

    return 0;
}


static void
ngx_http_sandbox_sweep_list_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_sweep_t *sweep = data;

    ngx_uint_t                  level;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    sweep->list = NULL;

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK) {
        ngx_http_sandbox_count(w->conf, engine_errors);

        /* log once, not every minute */

        level = sweep->failed ? NGX_LOG_INFO : NGX_LOG_WARN;

        ngx_log_error(level, ngx_cycle->log, 0,
                      "cannot list the containers of engine \"%V\": %d %s",
                      &w->conf->engine, reply->status,
                      ngx_http_sandbox_engine_text(reply));
        sweep->failed = 1;
        return;
    }

    sweep->failed = 0;

    ngx_http_sandbox_instances_sync_list(reply, sweep->requested);

    ngx_http_sandbox_sweep_orphans(sweep, reply);
}


/*
 * The directory of a container is created before and deleted after it, so a
 * container whose run belongs to no directory is orphaned.  That .run lacks the
 * run proves nothing: a backup does not contain it.
 */

static void
ngx_http_sandbox_sweep_orphans(ngx_http_sandbox_sweep_t *sweep,
    const ac_reply_t *reply)
{
    size_t                       i;
    sandbox_store_owner_list_t   list;
    ngx_http_sandbox_worker_t   *w;

    w = ngx_http_sandbox_worker;

    ngx_memzero(&list, sizeof(sandbox_store_owner_list_t));

    for (i = 0; i < reply->ncontainers; i++) {

        /* labels that are not ours are ignored */

        (void) sandbox_store_owner_add(&list, reply->containers[i].label_run);
    }

    if (sandbox_store_owner_strike(w->store, &list) == -1) {

        if (list.unreadable[0]) {
            ngx_http_sandbox_sweep_unreadable(sweep, list.unreadable);
        }

        goto done;
    }

    for (i = 0; i < list.n; i++) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "removing orphaned container "
                      NGX_HTTP_SANDBOX_CONTAINER "%s", list.runs[i]);

        ngx_http_sandbox_count(w->conf, swept);

        sandbox_fault("sweep.orphan");

        (void) ngx_http_sandbox_destroy_run(list.runs[i]);
    }

done:

    sandbox_store_owner_free(&list);
}


static void
ngx_http_sandbox_sweep_event_handler(void *data, const ac_event_t *event,
    const ac_reply_t *reply)
{
    ngx_http_sandbox_sweep_t *sweep = data;

    ngx_uint_t  level;

    if (event == NULL) {

        /* the timer reconnects */

        sweep->events = NULL;
        return;
    }

    if (ngx_strcmp(event->action, "start") == 0) {
        ngx_http_sandbox_instances_sync_event(event, 0);
        return;
    }

    if (ngx_strcmp(event->action, "pause") == 0) {
        ngx_http_sandbox_instances_pause(event->label_run, 1);
        return;
    }

    if (ngx_strcmp(event->action, "unpause") == 0) {
        ngx_http_sandbox_instances_pause(event->label_run, 0);
        return;
    }

    if (ngx_strcmp(event->action, "oom") == 0) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "container " NGX_HTTP_SANDBOX_CONTAINER "%s ran out of "
                      "memory", event->label_run);
        return;
    }

    if (ngx_strcmp(event->action, "die") == 0) {
        ngx_http_sandbox_instances_sync_event(event, 1);

        level = event->exit_code ? NGX_LOG_NOTICE : NGX_LOG_INFO;

        ngx_log_error(level, ngx_cycle->log, 0,
                      "container " NGX_HTTP_SANDBOX_CONTAINER "%s exited with "
                      "code %d", event->label_run, event->exit_code);
    }
}
