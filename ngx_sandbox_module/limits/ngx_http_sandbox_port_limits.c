
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_port_limits.h"


/*
 * Limits of a port over all workers: the shared zone has a record for each
 * port with limits that is in use.  Every worker counts in its own element, so
 * that the counts of a dead worker can be dropped.
 */


/* elements, including those of workers shutting down */
#define NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS  128
/* records examined to find an unused one */
#define NGX_HTTP_SANDBOX_PORT_LIMITS_EVICT    16


typedef struct {
    uint16_t                   generation;   /* of the counting worker */
    uint16_t                   n;
} ngx_http_sandbox_served_t;


struct ngx_http_sandbox_port_limits_s {
    ngx_rbtree_node_t          node;         /* key: hash of run and port */
    ngx_queue_t                queue;
    ngx_msec_t                 last;
    int64_t                    excess;       /* requests * 1000 */
    in_port_t                  port;
    char                       run[SANDBOX_RANDOM_LEN + 1];
    ngx_http_sandbox_served_t   counts[NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS];
};


struct ngx_http_sandbox_port_limits_table_s {
    ngx_rbtree_t               tree;
    ngx_rbtree_node_t          sentinel;
    ngx_queue_t                queue;        /* most recently used first */
    struct {
        ngx_pid_t              pid;          /* 0: free */
        uint16_t               generation;
    } workers[NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS];
};


static ngx_slab_pool_t *ngx_http_sandbox_port_limits_pool(void);
static void ngx_http_sandbox_port_limits_leave(void *data);
static ngx_http_sandbox_port_limits_t *ngx_http_sandbox_port_limits_find(
    ngx_http_sandbox_ctx_t *ctx, ngx_slab_pool_t *shpool);
static void ngx_http_sandbox_port_limits_evict(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_port_limits_table_t *limits);
static int64_t ngx_http_sandbox_port_limits_served(
    ngx_http_sandbox_port_limits_table_t *limits,
    ngx_http_sandbox_port_limits_t *record);
static ngx_uint_t ngx_http_sandbox_port_limits_rate(
    ngx_http_sandbox_port_limits_t *record, int64_t rate);
static ngx_int_t ngx_http_sandbox_port_limits_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *fmt, int64_t value);
static ngx_int_t ngx_http_sandbox_port_limits_body(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t body);


/* this worker's element, or an invalid index */
static ngx_uint_t  ngx_http_sandbox_port_limits_worker;


ngx_http_sandbox_port_limits_table_t *
ngx_http_sandbox_port_limits_create(ngx_slab_pool_t *shpool)
{
    ngx_http_sandbox_port_limits_table_t  *limits;

    limits = ngx_slab_calloc(shpool,
                             sizeof(ngx_http_sandbox_port_limits_table_t));

    if (limits) {
        ngx_rbtree_init(&limits->tree, &limits->sentinel,
                        ngx_rbtree_insert_value);
        ngx_queue_init(&limits->queue);
    }

    return limits;
}


void
ngx_http_sandbox_port_limits_start(void)
{
    ngx_uint_t                             i;
    ngx_slab_pool_t                       *shpool;
    ngx_http_sandbox_port_limits_table_t  *limits;

    shpool = ngx_http_sandbox_port_limits_pool();
    limits = ngx_http_sandbox_worker->conf->counters->port_limits;

    ngx_http_sandbox_port_limits_worker = NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS; i++) {

        /* scan all: also frees elements of dead workers */

        if (limits->workers[i].pid
            && kill(limits->workers[i].pid, 0) == -1 && ngx_errno == ESRCH)
        {
            limits->workers[i].pid = 0;
        }

        if (limits->workers[i].pid == 0
            && ngx_http_sandbox_port_limits_worker
               == NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS)
        {
            limits->workers[i].pid = ngx_pid;
            limits->workers[i].generation++;

            ngx_http_sandbox_port_limits_worker = i;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_port_limits_stop(void)
{
    ngx_uint_t                             i;
    ngx_http_sandbox_port_limits_table_t  *limits;

    i = ngx_http_sandbox_port_limits_worker;
    limits = ngx_http_sandbox_worker->conf->counters->port_limits;

    if (i < NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS) {
        limits->workers[i].pid = 0;
        ngx_http_sandbox_port_limits_worker =
            NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS;
    }
}


static ngx_slab_pool_t *
ngx_http_sandbox_port_limits_pool(void)
{
    return (ngx_slab_pool_t *)
           ngx_http_sandbox_worker->conf->zone->shm.addr;
}


ngx_int_t
ngx_http_sandbox_port_limits_enter(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t connections, int64_t rate,
    int64_t body)
{
    int64_t                                served;
    ngx_int_t                              rc;
    ngx_uint_t                             i, exceeded;
    ngx_slab_pool_t                       *shpool;
    ngx_pool_cleanup_t                    *cln;
    ngx_http_sandbox_port_limits_t        *record;
    ngx_http_sandbox_served_t             *count;
    ngx_http_sandbox_port_limits_table_t  *limits;

    if (body) {
        rc = ngx_http_sandbox_port_limits_body(r, ctx, body);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (connections == 0 && rate == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    i = ngx_http_sandbox_port_limits_worker;
    limits = ngx_http_sandbox_worker->conf->counters->port_limits;
    shpool = ngx_http_sandbox_port_limits_pool();

    exceeded = 0;
    served = 0;

    ngx_shmtx_lock(&shpool->mutex);

    record = ngx_http_sandbox_port_limits_find(ctx, shpool);

    if (record && connections) {
        served = ngx_http_sandbox_port_limits_served(limits, record);
    }

    if (record && served < connections + (connections == 0)) {

        exceeded = rate
                   && ngx_http_sandbox_port_limits_rate(record, rate);

        if (connections && !exceeded
            && i < NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS)
        {
            count = &record->counts[i];

            if (count->generation != limits->workers[i].generation) {
                count->generation = limits->workers[i].generation;
                count->n = 0;
            }

            count->n++;
            ctx->port_limits = record;

            cln->handler = ngx_http_sandbox_port_limits_leave;
            cln->data = ctx;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    if (record == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "\"sandbox_zone\" is too small for the port limits");

        return ngx_http_sandbox_port_limits_refuse(r, ctx,
                                                    "nginx has no memory left "
                                                    "to count the requests of "
                                                    "this port. Try again.",
                                                    0);
    }

    if (connections && served >= connections) {
        return ngx_http_sandbox_port_limits_refuse(r, ctx,
                                                    "This port serves at most "
                                                    "%L requests at a time. "
                                                    "Close some connections, "
                                                    "or try again.",
                                                    connections);
    }

    if (exceeded) {
        return ngx_http_sandbox_port_limits_refuse(r, ctx,
                                                    "This port serves at most "
                                                    "%L requests per second. "
                                                    "Wait, then try again.",
                                                    rate);
    }

    return NGX_OK;
}


static void
ngx_http_sandbox_port_limits_leave(void *data)
{
    ngx_http_sandbox_ctx_t *ctx = data;

    ngx_slab_pool_t           *shpool;
    ngx_http_sandbox_served_t  *count;

    if (ngx_http_sandbox_worker == NULL) {
        return;
    }

    shpool = ngx_http_sandbox_port_limits_pool();

    ngx_shmtx_lock(&shpool->mutex);

    count = &ctx->port_limits->counts[ngx_http_sandbox_port_limits_worker];
    count->n--;

    ngx_shmtx_unlock(&shpool->mutex);

    ctx->port_limits = NULL;
}


static ngx_http_sandbox_port_limits_t *
ngx_http_sandbox_port_limits_find(ngx_http_sandbox_ctx_t *ctx,
    ngx_slab_pool_t *shpool)
{
    char                                  *run;
    uint32_t                               hash;
    ngx_rbtree_node_t                     *node, *sentinel;
    ngx_http_sandbox_port_limits_t        *record;
    ngx_http_sandbox_port_limits_table_t  *limits;

    limits = ngx_http_sandbox_worker->conf->counters->port_limits;

    run = ctx->node->spec.run;
    hash = ngx_crc32_short((u_char *) run, ngx_strlen(run)) ^ ctx->port;

    node = limits->tree.root;
    sentinel = limits->tree.sentinel;

    /* nodes with equal keys are on the right */

    while (node != sentinel) {

        if (hash == node->key) {
            record = (ngx_http_sandbox_port_limits_t *) node;

            if (record->port == ctx->port
                && ngx_strcmp(record->run, run) == 0)
            {
                ngx_queue_remove(&record->queue);
                ngx_queue_insert_head(&limits->queue, &record->queue);

                return record;
            }
        }

        node = hash < node->key ? node->left : node->right;
    }

    record = ngx_slab_calloc_locked(shpool,
                                  sizeof(ngx_http_sandbox_port_limits_t));

    if (record == NULL) {
        ngx_http_sandbox_port_limits_evict(shpool, limits);

        record = ngx_slab_calloc_locked(shpool,
                                      sizeof(ngx_http_sandbox_port_limits_t));
        if (record == NULL) {
            return NULL;
        }
    }

    record->node.key = hash;
    record->port = ctx->port;
    record->last = ngx_current_msec;
    ngx_memcpy(record->run, run, sizeof(record->run));

    ngx_rbtree_insert(&limits->tree, &record->node);
    ngx_queue_insert_head(&limits->queue, &record->queue);

    return record;
}


static void
ngx_http_sandbox_port_limits_evict(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_port_limits_table_t *limits)
{
    ngx_uint_t                       n;
    ngx_queue_t                     *q, *prev;
    ngx_http_sandbox_port_limits_t  *record;

    q = ngx_queue_last(&limits->queue);

    for (n = 0; n < NGX_HTTP_SANDBOX_PORT_LIMITS_EVICT; n++, q = prev) {

        if (q == ngx_queue_sentinel(&limits->queue)) {
            return;
        }

        prev = ngx_queue_prev(q);
        record = ngx_queue_data(q, ngx_http_sandbox_port_limits_t, queue);

        if (ngx_http_sandbox_port_limits_served(limits, record)) {
            continue;
        }

        ngx_queue_remove(q);
        ngx_rbtree_delete(&limits->tree, &record->node);
        ngx_slab_free_locked(shpool, record);
    }
}


static int64_t
ngx_http_sandbox_port_limits_served(
    ngx_http_sandbox_port_limits_table_t *limits,
    ngx_http_sandbox_port_limits_t *record)
{
    int64_t     n;
    ngx_uint_t  i;

    n = 0;

    for (i = 0; i < NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS; i++) {
        if (limits->workers[i].pid
            && record->counts[i].generation == limits->workers[i].generation)
        {
            n += record->counts[i].n;
        }
    }

    return n;
}


/* the burst is the number of requests of one second */

static ngx_uint_t
ngx_http_sandbox_port_limits_rate(ngx_http_sandbox_port_limits_t *record,
    int64_t rate)
{
    int64_t         excess;
    ngx_msec_int_t  ms;

    ms = (ngx_msec_int_t) (ngx_current_msec - record->last);

    if (ms < 0) {
        ms = 0;
    }

    if (ms > 1000) {
        ms = 1000;
    }

    excess = ngx_max(record->excess - rate * ms, 0) + 1000;

    if (excess > rate * 1000) {
        return 1;
    }

    record->excess = excess;
    record->last = ngx_current_msec;

    return 0;
}


static ngx_int_t
ngx_http_sandbox_port_limits_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *fmt, int64_t value)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_TOO_MANY_REQUESTS,
                                       "TOO_MANY_REQUESTS", fmt, value);
    ctx->failure.retry_after = 1;

    return rc;
}


/*
 * The size of a chunked body is checked by nginx against the limit of its
 * location: the request gets a copy of the location.
 */

static ngx_int_t
ngx_http_sandbox_port_limits_body(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t body)
{
    void                      **conf;
    ngx_http_core_loc_conf_t   *clcf, *copy;

    if (r->headers_in.content_length_n > body) {
        return ngx_http_sandbox_error_refuse(r, ctx,
                                             NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                             "payload_too_large",
                                             "The request body is too large: "
                                             "this port accepts at most %L "
                                             "bytes.",
                                             body);
    }

    if (r->headers_in.content_length_n != -1) {
        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->client_max_body_size && clcf->client_max_body_size <= body) {
        return NGX_OK;
    }

    if (!r->headers_in.chunked && r->http_version < NGX_HTTP_VERSION_20) {
        return NGX_OK;
    }

    conf = ngx_palloc(r->pool, sizeof(void *) * ngx_http_max_module);
    copy = ngx_palloc(r->pool, sizeof(ngx_http_core_loc_conf_t));

    if (conf == NULL || copy == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(conf, r->loc_conf, sizeof(void *) * ngx_http_max_module);
    *copy = *clcf;

    copy->client_max_body_size = body;
    conf[ngx_http_core_module.ctx_index] = copy;

    r->loc_conf = conf;

    return NGX_OK;
}
