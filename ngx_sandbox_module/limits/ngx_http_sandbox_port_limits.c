
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_port_limits.h"
#include "limits/ngx_http_sandbox_port_limits_local.h"
#include "limits/ngx_http_sandbox_port_limits_table.h"


/* seconds between two messages about a lack of room */
#define NGX_HTTP_SANDBOX_PORT_LIMITS_LOG  60


typedef enum {
    NGX_HTTP_SANDBOX_PORT_LIMITS_PASS = 0,
    NGX_HTTP_SANDBOX_PORT_LIMITS_CONNECTIONS,
    NGX_HTTP_SANDBOX_PORT_LIMITS_RATE
} ngx_http_sandbox_port_limits_e;


/* where a request is counted: one of both */

typedef struct {
    ngx_http_sandbox_port_limits_t        *record;
    ngx_http_sandbox_port_limits_local_t  *local;
} ngx_http_sandbox_port_limits_hold_t;


static ngx_slab_pool_t *ngx_http_sandbox_port_limits_pool(void);
static ngx_int_t ngx_http_sandbox_port_limits_count_local(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    ngx_pool_cleanup_t *cln, int64_t connections, int64_t rate);
static ngx_http_sandbox_port_limits_e ngx_http_sandbox_port_limits_check(
    ngx_http_sandbox_port_rate_t *state, int64_t served, int64_t connections,
    int64_t rate);
static ngx_uint_t ngx_http_sandbox_port_limits_rate(
    ngx_http_sandbox_port_rate_t *state, int64_t rate);
static void ngx_http_sandbox_port_limits_leave(void *data);
static ngx_int_t ngx_http_sandbox_port_limits_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_port_limits_e limit,
    int64_t connections, int64_t rate);
static void ngx_http_sandbox_port_limits_full(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_port_limits_body(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t body);


void
ngx_http_sandbox_port_limits_start(void)
{
    ngx_http_sandbox_port_limits_local_start();

    ngx_http_sandbox_port_limits_table_start(
        ngx_http_sandbox_port_limits_pool(),
        ngx_http_sandbox_worker->conf->counters->port_limits);
}


void
ngx_http_sandbox_port_limits_stop(void)
{
    ngx_http_sandbox_port_limits_table_stop(
        ngx_http_sandbox_port_limits_pool(),
        ngx_http_sandbox_worker->conf->counters->port_limits);
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
    ngx_int_t                              rc;
    ngx_slab_pool_t                       *shpool;
    ngx_pool_cleanup_t                    *cln;
    ngx_http_sandbox_port_limits_e         limit;
    ngx_http_sandbox_port_limits_t        *record;
    ngx_http_sandbox_port_limits_hold_t   *hold;
    ngx_http_sandbox_port_limits_table_t  *table;

    if (body) {
        rc = ngx_http_sandbox_port_limits_body(r, ctx, body);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (connections == 0 && rate == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_sandbox_port_limits_hold_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    table = ngx_http_sandbox_worker->conf->counters->port_limits;
    shpool = ngx_http_sandbox_port_limits_pool();
    limit = NGX_HTTP_SANDBOX_PORT_LIMITS_PASS;

    ngx_shmtx_lock(&shpool->mutex);

    record = ngx_http_sandbox_port_limits_table_get(table, ctx->node, ctx->port,
                                                    connections != 0);

    if (record) {
        limit = ngx_http_sandbox_port_limits_check(
                    &record->rate,
                    ngx_http_sandbox_port_limits_table_served(table, record),
                    connections, rate);

        if (limit == NGX_HTTP_SANDBOX_PORT_LIMITS_PASS && connections) {
            ngx_http_sandbox_port_limits_table_enter(table, record);

            hold = cln->data;
            hold->record = record;
            hold->local = NULL;
            cln->handler = ngx_http_sandbox_port_limits_leave;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    if (record == NULL) {
        ngx_http_sandbox_port_limits_full(r, ctx);

        return ngx_http_sandbox_port_limits_count_local(r, ctx, cln,
                                                        connections, rate);
    }

    if (limit != NGX_HTTP_SANDBOX_PORT_LIMITS_PASS) {
        return ngx_http_sandbox_port_limits_refuse(r, ctx, limit, connections,
                                                   rate);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_port_limits_enter_local(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t connections)
{
    ngx_pool_cleanup_t  *cln;

    if (connections == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_sandbox_port_limits_hold_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_port_limits_count_local(r, ctx, cln, connections,
                                                    0);
}


static ngx_int_t
ngx_http_sandbox_port_limits_count_local(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_pool_cleanup_t *cln, int64_t connections,
    int64_t rate)
{
    ngx_http_sandbox_port_limits_e         limit;
    ngx_http_sandbox_port_limits_hold_t   *hold;
    ngx_http_sandbox_port_limits_local_t  *local;

    local = ngx_http_sandbox_port_limits_local_get(ctx->node, ctx->port);
    if (local == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    limit = ngx_http_sandbox_port_limits_check(&local->rate, local->served,
                                               connections, rate);

    if (limit != NGX_HTTP_SANDBOX_PORT_LIMITS_PASS) {
        return ngx_http_sandbox_port_limits_refuse(r, ctx, limit, connections,
                                                   rate);
    }

    if (connections) {
        ngx_http_sandbox_port_limits_local_enter(local);

        hold = cln->data;
        hold->record = NULL;
        hold->local = local;
        cln->handler = ngx_http_sandbox_port_limits_leave;
    }

    return NGX_OK;
}


static ngx_http_sandbox_port_limits_e
ngx_http_sandbox_port_limits_check(ngx_http_sandbox_port_rate_t *state,
    int64_t served, int64_t connections, int64_t rate)
{
    if (connections && served >= connections) {
        return NGX_HTTP_SANDBOX_PORT_LIMITS_CONNECTIONS;
    }

    if (rate && ngx_http_sandbox_port_limits_rate(state, rate)) {
        return NGX_HTTP_SANDBOX_PORT_LIMITS_RATE;
    }

    return NGX_HTTP_SANDBOX_PORT_LIMITS_PASS;
}


/* the burst is the number of requests of one second */

static ngx_uint_t
ngx_http_sandbox_port_limits_rate(ngx_http_sandbox_port_rate_t *state,
    int64_t rate)
{
    int64_t         excess;
    ngx_msec_int_t  ms;

    ms = (ngx_msec_int_t) (ngx_current_msec - state->last);

    if (ms < 0) {
        ms = 0;
    }

    if (ms > 1000) {
        ms = 1000;
    }

    excess = ngx_max(state->excess - rate * ms, 0) + 1000;

    if (excess > rate * 1000) {
        return 1;
    }

    state->excess = excess;
    state->last = ngx_current_msec;

    return 0;
}


static void
ngx_http_sandbox_port_limits_leave(void *data)
{
    ngx_http_sandbox_port_limits_hold_t *hold = data;

    ngx_slab_pool_t  *shpool;

    if (ngx_http_sandbox_worker == NULL) {
        return;
    }

    if (hold->local) {
        ngx_http_sandbox_port_limits_local_leave(hold->local);
        return;
    }

    shpool = ngx_http_sandbox_port_limits_pool();

    ngx_shmtx_lock(&shpool->mutex);

    ngx_http_sandbox_port_limits_table_leave(
        ngx_http_sandbox_worker->conf->counters->port_limits, hold->record);

    ngx_shmtx_unlock(&shpool->mutex);
}


static ngx_int_t
ngx_http_sandbox_port_limits_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_port_limits_e limit,
    int64_t connections, int64_t rate)
{
    ngx_int_t  rc;

    if (limit == NGX_HTTP_SANDBOX_PORT_LIMITS_CONNECTIONS) {
        rc = ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_TOO_MANY_REQUESTS,
                                           "TOO_MANY_REQUESTS",
                                           "This port serves at most %L "
                                           "requests at a time. Close some "
                                           "connections, or try again.",
                                           connections);

    } else {
        rc = ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_TOO_MANY_REQUESTS,
                                           "TOO_MANY_REQUESTS",
                                           "This port serves at most %L "
                                           "requests per second. Wait, then "
                                           "try again.",
                                           rate);
    }

    ctx->failure.retry_after = 1;

    return rc;
}


static void
ngx_http_sandbox_port_limits_full(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    time_t  now;

    static time_t  next;

    now = ngx_time();

    if (now < next) {
        return;
    }

    next = now + NGX_HTTP_SANDBOX_PORT_LIMITS_LOG;

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "sandbox \"%V\": \"sandbox_zone\" has no room for the "
                  "limits of port %ui, each worker applies them alone",
                  &ctx->id, (ngx_uint_t) ctx->port);
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
