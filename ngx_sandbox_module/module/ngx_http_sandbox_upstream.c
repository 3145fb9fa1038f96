
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "api/ngx_http_sandbox_backup_agent.h"
#include "module/ngx_http_sandbox_interim.h"
#include "module/ngx_http_sandbox_upstream.h"
#include "module/ngx_http_sandbox_upstream_tls.h"
#include "module/ngx_http_sandbox_upstream_wait.h"


/*
 * The upstream peer, which selects the socket.  Only get() waits for a
 * sandbox: it returns NGX_AGAIN with a parked connection (upstream_wait.c).
 * Everything else is done by nginx's upstream module.
 */


/* connections for a request, as long as nothing has been sent on any */
#define NGX_HTTP_SANDBOX_TRIES     5
/* connect attempts by nginx */
#define NGX_HTTP_SANDBOX_ATTEMPTS  2

/* an app that executes one of these twice does no harm: RFC 9110, 9.2.1 */
#define NGX_HTTP_SANDBOX_SAFE                                                 \
    (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS|NGX_HTTP_PROPFIND)


static ngx_int_t ngx_http_sandbox_init_upstream(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_sandbox_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_uint_t ngx_http_sandbox_upstream_fresh(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_get_peer(ngx_peer_connection_t *pc,
    void *data);
static void ngx_http_sandbox_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
static ngx_uint_t ngx_http_sandbox_upstream_repeats(
    ngx_http_sandbox_upstream_peer_t *peer, ngx_peer_connection_t *pc);
static void ngx_http_sandbox_upstream_cleanup(void *data);


char *
ngx_http_sandbox_upstream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_upstream_server_t    *server;
    ngx_http_upstream_srv_conf_t  *uscf;

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_upstream_module);

    if (uscf->peer.init_upstream) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox\" must be the first directive of its "
                           "upstream, before \"keepalive\"");
        return NGX_CONF_ERROR;
    }

    uscf->peer.init_upstream = ngx_http_sandbox_init_upstream;

    uscf->flags = NGX_HTTP_UPSTREAM_CREATE
                  |NGX_HTTP_UPSTREAM_MAX_CONNS;

    /* nginx does not accept an upstream without servers */

    server = ngx_array_push(uscf->servers);
    if (server == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(server, sizeof(ngx_http_upstream_server_t));

    ngx_str_set(&server->name, "sandbox");
    server->down = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sandbox_init_upstream(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us)
{
    us->peer.init = ngx_http_sandbox_init_peer;

    /* used by the check of locations */

    us->peer.data = &ngx_http_sandbox_module;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_pool_cleanup_t                *cln;
    ngx_http_upstream_t               *u;
    ngx_http_sandbox_ctx_t            *ctx;
    ngx_http_sandbox_upstream_peer_t  *peer;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || !ctx->admitted) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the request to a sandbox was not admitted");
        return NGX_ERROR;
    }

    if (ngx_http_sandbox_upstream_tls(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_sandbox_upstream_peer_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sandbox_upstream_cleanup;

    peer = cln->data;
    ngx_memzero(peer, sizeof(ngx_http_sandbox_upstream_peer_t));

    peer->request = r;
    peer->ctx = ctx;
    peer->tries = NGX_HTTP_SANDBOX_TRIES;
    peer->fresh = ngx_http_sandbox_upstream_fresh(r, ctx);

    ctx->peer = peer;
    ctx->port_watcher = &peer->port_watcher;

    ngx_http_sandbox_timer_init(&peer->retry, &peer->dummy,
                                ngx_http_sandbox_upstream_wait_retry_handler,
                                peer, r->connection->log);

    ngx_http_sandbox_timer_init(&peer->deadline, &peer->dummy,
                                ngx_http_sandbox_upstream_wait_deadline_handler,
                                peer, r->connection->log);

    u = r->upstream;

    u->peer.data = peer;
    u->peer.get = ngx_http_sandbox_get_peer;
    u->peer.free = ngx_http_sandbox_free_peer;

    /* free() decides about each further try */

    u->peer.tries = 1;

    ngx_http_sandbox_interim_init(r, ctx);

    if (ctx->backup) {
        ngx_http_sandbox_backup_agent_upstream(r, ctx);
    }

    return NGX_OK;
}


/*
 * An app may close a kept connection just as the request is sent.  nginx then
 * repeats the request, unless its body is unbuffered or its method is not
 * idempotent.  Whatever changes something goes out on a fresh connection: it
 * neither fails for that reason nor reaches the app twice.  The agent closes
 * no idle connection.
 */

static ngx_uint_t
ngx_http_sandbox_upstream_fresh(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    return ctx->port
           && (r->headers_in.content_length_n > 0
               || r->headers_in.chunked
               || !(r->method & NGX_HTTP_SANDBOX_SAFE));
}


static ngx_int_t
ngx_http_sandbox_get_peer(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    ngx_http_sandbox_upstream_wait_e  wait;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "sandbox \"%s\" upstream: get peer, attempt %ui",
                   peer->ctx->node->id, peer->attempts);

    pc->cached = 0;
    pc->connection = NULL;

    ngx_http_sandbox_upstream_wait_address(peer);

    /* nginx calls free() only for a peer with an address */

    pc->sockaddr = (struct sockaddr *) &peer->sun;
    pc->socklen = peer->socklen;
    pc->name = &peer->name;

    wait = ngx_http_sandbox_upstream_wait_ready(peer);

    if (wait == NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE && peer->handshakes) {

        /* ask whether the app listens at all */

        wait = NGX_HTTP_SANDBOX_UPSTREAM_WAIT_APP;
    }

    if (wait == NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE
        && peer->attempts++ < NGX_HTTP_SANDBOX_ATTEMPTS)
    {
        return NGX_OK;
    }

    if (ngx_http_sandbox_upstream_wait_park(peer, pc) != NGX_OK) {
        return NGX_ERROR;
    }

    switch (wait) {

    case NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE:

        /* the sandbox is running but its backlog is full: retry later */

        ngx_add_timer(&peer->retry, NGX_HTTP_SANDBOX_RETRY);
        break;

    case NGX_HTTP_SANDBOX_UPSTREAM_WAIT_APP:
        ngx_http_sandbox_upstream_wait_app(peer);
        break;

    default:
        ngx_http_sandbox_upstream_wait_start(peer);
    }

    return NGX_AGAIN;
}


static void
ngx_http_sandbox_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    if (peer->waiter.queued) {
        ngx_http_sandbox_start_unwait(&peer->waiter);
    }

    if (peer->port_watcher.watch && !peer->failing) {
        ngx_http_sandbox_port_watch_cancel(&peer->port_watcher);
    }

    if (peer->deadline.timer_set) {
        ngx_del_timer(&peer->deadline);
    }

    if (peer->retry.timer_set) {
        ngx_del_timer(&peer->retry);
    }

    peer->parked = NULL;

    if ((state & NGX_PEER_FAILED)
        && ngx_http_sandbox_upstream_tls_failed(pc->connection))
    {
        peer->handshakes++;
        peer->ctx->fault = NGX_HTTP_SANDBOX_FAULT_PLAIN;
    }

    if (state == 0) {
        return;
    }

    pc->tries = ngx_http_sandbox_upstream_repeats(peer, pc);

    /* or nginx would add a try for each kept connection that fails */

    pc->cached = 0;
}


/*
 * 1: try again after a failure.  Once any byte has been sent, an app may have
 * seen the request, and it is not repeated.  There are two exceptions, as long
 * as nothing was received: a kept connection was closed, and the request is
 * sent once more, on a fresh one; or the agent was asked for something that
 * changes nothing, and ended: the request is sent once more to its successor.
 */

static ngx_uint_t
ngx_http_sandbox_upstream_repeats(ngx_http_sandbox_upstream_peer_t *peer,
    ngx_peer_connection_t *pc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = pc->connection;
    r = peer->request;

    if (peer->tries == 0
        || (c && (c->read->timedout || c->write->timedout)))
    {
        return 0;
    }

    peer->tries--;

    if (!pc->cached && (c == NULL || c->sent == 0)) {
        return 1;
    }

    if (r->upstream->state->bytes_received) {
        return 0;
    }

    if (pc->cached) {
        peer->fresh = 1;
        return 1;
    }

    if (peer->repeated || peer->ctx->port || r->headers_in.upgrade
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)))
    {
        return 0;
    }

    peer->repeated = 1;

    return 1;
}


/* the request may end before free() runs */

static void
ngx_http_sandbox_upstream_cleanup(void *data)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    if (ngx_http_sandbox_worker == NULL) {
        return;
    }

    if (peer->waiter.queued) {
        ngx_http_sandbox_start_unwait(&peer->waiter);
    }

    if (peer->port_watcher.watch) {
        ngx_http_sandbox_port_watch_cancel(&peer->port_watcher);
    }
}
