
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lifetime.h"
#include "lib/sandbox_store_owner.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "limits/ngx_http_sandbox_instances_pool.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_expire.h"


/*
 * Lifetime limits that do not depend on the agent: max_awake, max_age, retain.
 * The worker that sweeps checks all sandboxes, a few in each step.
 */


#define NGX_HTTP_SANDBOX_EXPIRE_INTERVAL  5000
#define NGX_HTTP_SANDBOX_EXPIRE_TURN      64
#define NGX_HTTP_SANDBOX_EXPIRE_HOLD      15000
#define NGX_HTTP_SANDBOX_EXPIRE_ADOPT     1000


typedef struct {
    ngx_http_sandbox_node_t       *node;
    int64_t                        retain;
    int64_t                        since;
    char                           run[SANDBOX_RANDOM_LEN + 1];
} ngx_http_sandbox_expire_check_t;


static void ngx_http_sandbox_expire_one(char *id, int64_t now);
static void ngx_http_sandbox_expire_adopt(ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_expire_node(ngx_http_sandbox_node_t *node,
    int64_t now);
static void ngx_http_sandbox_expire_retain(ngx_http_sandbox_node_t *node,
    int64_t retain, int64_t since);
static void ngx_http_sandbox_expire_inspected(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_expire_destroy(ngx_http_sandbox_node_t *node,
    int64_t since, const char *why);
static void ngx_http_sandbox_expire_done(void *data, ngx_int_t rc);


static DIR         *ngx_http_sandbox_expire_list;
static ngx_uint_t   ngx_http_sandbox_expire_seen;
static ngx_uint_t   ngx_http_sandbox_expire_unknown;
static ngx_msec_t   ngx_http_sandbox_expire_began;
static ngx_msec_t   ngx_http_sandbox_expire_held;


void
ngx_http_sandbox_expire(void)
{
    char        id[SANDBOX_ID_MAX + 1];
    int64_t     now;
    ngx_uint_t  i;

    if (ngx_http_sandbox_expire_held) {

        if ((ngx_msec_int_t) (ngx_http_sandbox_expire_held - ngx_current_msec)
            > 0)
        {
            return;
        }

        ngx_http_sandbox_expire_held = 0;
    }

    if (ngx_http_sandbox_expire_list == NULL) {

        if (ngx_http_sandbox_expire_seen
            && ngx_current_msec - ngx_http_sandbox_expire_began
               < NGX_HTTP_SANDBOX_EXPIRE_INTERVAL)
        {
            return;
        }

        ngx_http_sandbox_expire_list = sandbox_store_list(
                                               ngx_http_sandbox_worker->store);
        if (ngx_http_sandbox_expire_list == NULL) {
            return;
        }

        ngx_http_sandbox_expire_began = ngx_current_msec;
        ngx_http_sandbox_expire_seen = 0;

        /* after a start of nginx: by its labels, a container is the pool's */

        ngx_http_sandbox_expire_unknown =
                                     ngx_http_sandbox_instances_pool_unknown();
    }

    now = ngx_http_sandbox_clock_early();

    for (i = 0; i < NGX_HTTP_SANDBOX_EXPIRE_TURN; i++) {

        if (sandbox_store_next(ngx_http_sandbox_expire_list, id) != 1) {
            ngx_http_sandbox_expire_stop();
            return;
        }

        ngx_http_sandbox_expire_seen++;

        ngx_http_sandbox_expire_one(id, now);
    }
}


void
ngx_http_sandbox_expire_stop(void)
{
    if (ngx_http_sandbox_expire_list) {
        (void) closedir(ngx_http_sandbox_expire_list);
        ngx_http_sandbox_expire_list = NULL;
    }
}


static void
ngx_http_sandbox_expire_one(char *id, int64_t now)
{
    ngx_str_t                 name;
    ngx_http_sandbox_node_t  *node;

    name.data = (u_char *) id;
    name.len = ngx_strlen(id);

    node = ngx_http_sandbox_node_hold(&name);
    if (node == NULL) {
        return;
    }

    if (ngx_http_sandbox_node_spec(node) == NGX_OK) {
        ngx_http_sandbox_expire_adopt(node);

        if (ngx_http_sandbox_expire_unknown) {
            ngx_http_sandbox_instances_pool_own(node->spec.run,
                                                node->spec.owner);
        }

        ngx_http_sandbox_expire_node(node, now);
    }

    ngx_http_sandbox_node_release(node);
}


/*
 * Earlier versions did not write the id to spec.json.  This reads the whole
 * state directory: once in a second.
 */

static void
ngx_http_sandbox_expire_adopt(ngx_http_sandbox_node_t *node)
{
    static ngx_msec_t  next;

    if (node->spec.id[0]
        || (next && (ngx_msec_int_t) (ngx_current_msec - next) < 0))
    {
        return;
    }

    next = ngx_current_msec + NGX_HTTP_SANDBOX_EXPIRE_ADOPT;

    /* if it fails, the next pass tries again */

    (void) sandbox_store_owner_adopt(ngx_http_sandbox_worker->store,
                                     (char *) node->id);
}


static void
ngx_http_sandbox_expire_node(ngx_http_sandbox_node_t *node, int64_t now)
{
    int                         ended;
    int64_t                     age, since;
    ngx_uint_t                  had;
    ngx_http_sandbox_class_t   *class;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    class = ngx_http_sandbox_node_class(node);

    age = ngx_http_sandbox_options_max_age(class, &node->spec);

    if (age > 0 && now - node->spec.created_ms >= age) {
        ngx_http_sandbox_expire_destroy(node, -1, "max_age");
        return;
    }

    if (class == NULL || (class->max_awake == 0 && class->retain == 0)
        || node->inspecting || ngx_http_sandbox_node_busy(node)
        || ngx_http_sandbox_instances_paused(node->spec.run))
    {
        return;
    }

    since = sandbox_store_lifetime_changed(w->store, (char *) node->id, &ended);

    if (since == -1) {
        return;
    }

    if (!ended && class->max_awake && now - since >= class->max_awake) {

        /*
         * it may have exited meanwhile, but only the engine can tell for sure
         */

        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "stopping sandbox \"%s\": max_awake has elapsed",
                      node->id);

        if (ngx_http_sandbox_destroy_stop(node, since,
                                          ngx_http_sandbox_expire_done, NULL)
            != NGX_OK)
        {
            ngx_http_sandbox_expire_done(NULL, NGX_ERROR);
        }

        return;
    }

    if (class->retain == 0 || now - since < class->retain) {
        return;
    }

    had = (node->tether != NULL);

    switch (ngx_http_sandbox_tether(node)) {

    case NGX_DECLINED:
        ngx_http_sandbox_expire_retain(node, class->retain, since);
        break;

    case NGX_OK:

        if (!had) {

            /* close a tether opened only for this check */

            ngx_http_sandbox_tether_close(node);
        }

        break;

    default:
        break;
    }
}


/* its exit may have been missed: ask the engine for the time */

static void
ngx_http_sandbox_expire_retain(ngx_http_sandbox_node_t *node, int64_t retain,
    int64_t since)
{
    ngx_http_sandbox_expire_check_t  *check;

    check = ngx_alloc(sizeof(ngx_http_sandbox_expire_check_t),
                      ngx_cycle->log);
    if (check == NULL) {
        return;
    }

    check->node = node;
    check->retain = retain;
    check->since = since;
    ngx_memcpy(check->run, node->spec.run, sizeof(check->run));

    if (ngx_http_sandbox_container_find(
            node->spec.run, AC_LANE_OTHERS, node->spec.owner, 0,
            ngx_http_sandbox_worker->conf->engine_timeout,
            ngx_http_sandbox_expire_inspected, check)
        == NULL)
    {
        ngx_free(check);
        return;
    }

    node->inspecting = 1;
    node->refs++;
}


static void
ngx_http_sandbox_expire_inspected(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_expire_check_t *check = data;

    int                         ended;
    int64_t                     finished;
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    node = check->node;
    node->inspecting = 0;

    if (reply->error != AC_OK
        || (reply->status != NGX_HTTP_OK
            && reply->status != NGX_HTTP_NOT_FOUND))
    {
        ngx_http_sandbox_count(w->conf, engine_errors);
        ngx_http_sandbox_expire_done(NULL, NGX_ERROR);
        goto done;
    }

    if (ngx_http_sandbox_node_spec(node) != NGX_OK
        || ngx_strcmp(check->run, node->spec.run) != 0
        || ngx_http_sandbox_tether(node) != NGX_DECLINED
        || sandbox_store_lifetime_changed(w->store, (char *) node->id, &ended)
           != check->since)
    {
        goto done;
    }

    finished = check->since;

    if (reply->status == NGX_HTTP_OK) {

        if (reply->ncontainers != 1
            || reply->containers[0].state == AC_CONTAINER_RUNNING
            || reply->containers[0].state == AC_CONTAINER_PAUSED
            || reply->containers[0].state == AC_CONTAINER_RESTARTING)
        {
            goto done;
        }

        finished = ngx_max(finished, reply->containers[0].finished_ms);
    }

    if (ngx_http_sandbox_clock_early() - finished >= check->retain) {
        ngx_http_sandbox_expire_destroy(node, check->since, "retain");
        goto done;
    }

    (void) sandbox_store_lifetime_ended(w->store, (char *) node->id, finished);

done:

    ngx_free(check);

    ngx_http_sandbox_node_release(node);
}


static void
ngx_http_sandbox_expire_destroy(ngx_http_sandbox_node_t *node, int64_t since,
    const char *why)
{
    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "destroying sandbox \"%s\": %s has elapsed", node->id, why);

    if (ngx_http_sandbox_destroy(node, since, ngx_http_sandbox_expire_done,
                                 NULL)
        != NGX_OK)
    {
        ngx_http_sandbox_expire_done(NULL, NGX_ERROR);
    }
}


static void
ngx_http_sandbox_expire_done(void *data, ngx_int_t rc)
{
    if (rc == NGX_ERROR) {

        /* the engine fails, and would fail for all others */

        ngx_http_sandbox_expire_held = ngx_current_msec
                                       + NGX_HTTP_SANDBOX_EXPIRE_HOLD;

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "cannot stop or destroy an expired sandbox, will retry");
    }
}
