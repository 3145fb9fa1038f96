
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "module/ngx_http_sandbox_upstream.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/*
 * The peer: which socket.  Its get() alone waits for a sandbox: it returns
 * NGX_AGAIN with a parked connection (peer_wait.c).  Everything else is the
 * stock upstream's.
 */


#define NGX_HTTP_SANDBOX_TRIES     5
/* connects that are left to nginx */
#define NGX_HTTP_SANDBOX_ATTEMPTS  2


static ngx_int_t ngx_http_sandbox_init_upstream(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_sandbox_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_sandbox_get_peer(ngx_peer_connection_t *pc,
    void *data);
static void ngx_http_sandbox_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);


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

    /* nginx refuses an upstream without a server */

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

    /* what the check of a location's configuration looks for */

    us->peer.data = &ngx_http_sandbox_module;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_http_upstream_t      *u;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_http_sandbox_peer_t  *peer;

    ctx = ngx_http_sandbox_get_ctx(r);

    if (ctx == NULL || !ctx->admitted) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "request to a sandbox was not admitted");
        return NGX_ERROR;
    }

    peer = ngx_pcalloc(r->pool, sizeof(ngx_http_sandbox_peer_t));
    if (peer == NULL) {
        return NGX_ERROR;
    }

    peer->request = r;
    peer->ctx = ctx;

    peer->dummy.fd = (ngx_socket_t) -1;
    peer->dummy.data = peer;

    peer->retry.handler = ngx_http_sandbox_peer_retry_handler;
    peer->retry.data = &peer->dummy;
    peer->retry.log = r->connection->log;

    peer->deadline.handler = ngx_http_sandbox_peer_deadline_handler;
    peer->deadline.data = &peer->dummy;
    peer->deadline.log = r->connection->log;

    u = r->upstream;

    u->peer.data = peer;
    u->peer.get = ngx_http_sandbox_get_peer;
    u->peer.free = ngx_http_sandbox_free_peer;
    u->peer.tries = NGX_HTTP_SANDBOX_TRIES;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_get_peer(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_sandbox_peer_t *peer = data;

    ngx_int_t  rc;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "get sandbox peer, sandbox: \"%s\", attempt: %ui",
                   peer->ctx->node->id, peer->attempts);

    pc->cached = 0;
    pc->connection = NULL;

    ngx_http_sandbox_peer_address(peer);

    /* nginx calls free() only for a peer that has an address */

    pc->sockaddr = (struct sockaddr *) &peer->sun;
    pc->socklen = peer->socklen;
    pc->name = &peer->name;

    rc = ngx_http_sandbox_peer_ready(peer);

    if (rc == NGX_OK && peer->attempts++ < NGX_HTTP_SANDBOX_ATTEMPTS) {
        return NGX_OK;
    }

    if (ngx_http_sandbox_peer_park(peer, pc) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {

        /* it lives, and its backlog is full: the next try is ours, later */

        ngx_add_timer(&peer->retry, NGX_HTTP_SANDBOX_RETRY);

    } else if (rc == NGX_BUSY) {
        ngx_http_sandbox_peer_await(peer);

    } else {
        ngx_http_sandbox_peer_wait(peer);
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_sandbox_peer_ready(ngx_http_sandbox_peer_t *peer)
{
    ngx_int_t                   rc;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_policy_t  *policy;

    ctx = peer->ctx;
    node = ctx->node;

    if (peer->attempts && node->tether
        && !ngx_http_sandbox_tether_alive(node))
    {
        ngx_http_sandbox_tether_close(node);
    }

    rc = ngx_http_sandbox_tether_served(node);

    if (rc != NGX_OK) {
        return NGX_DECLINED;
    }

    if (ctx->port == 0) {
        return NGX_OK;
    }

    policy = ngx_http_sandbox_node_cached(node, ctx->port);

    if (policy == NULL || !policy->bound || peer->attempts) {

        rc = ngx_http_sandbox_tether_listen(node, ctx->port,
                                            peer->attempts > 0);

        if (rc == NGX_OK && policy) {
            policy->bound = 1;
        }
    }

    if (rc == NGX_OK && ctx->wakes
        && !ngx_http_sandbox_tether_listens(node, ctx->port))
    {
        return NGX_BUSY;
    }

    return rc;
}


static void
ngx_http_sandbox_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_http_sandbox_peer_t *peer = data;

    ngx_connection_t  *c;

    ngx_http_sandbox_unwait(&peer->ctx->waiter);

    if (!peer->failing) {
        ngx_http_sandbox_unawait(&peer->ctx->await);
    }

    if (peer->deadline.timer_set) {
        ngx_del_timer(&peer->deadline);
    }

    if (peer->retry.timer_set) {
        ngx_del_timer(&peer->retry);
    }

    peer->parked = NULL;

    if (pc->tries == 0) {
        return;
    }

    pc->tries--;

    c = pc->connection;

    if ((state & NGX_PEER_FAILED)
        && c && (c->read->timedout || c->write->timedout))
    {
        /* it was asked once, and for as long as it was to be */

        pc->tries = 0;
    }
}


void
ngx_http_sandbox_peer_address(ngx_http_sandbox_peer_t *peer)
{
    u_char                  *p;
    char                     dir[128];
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = peer->ctx;

    (void) sandbox_store_run_path(ngx_http_sandbox_worker->store, ctx->run,
                                  dir, sizeof(dir));

    /* stock keepalive compares the bytes */

    ngx_memzero(&peer->sun, sizeof(struct sockaddr_un));

    peer->sun.sun_family = AF_UNIX;

    p = (u_char *) peer->sun.sun_path;

    if (ctx->port) {
        p = ngx_snprintf(p, sizeof(peer->sun.sun_path) - 1, "%s/%ui.sock",
                         dir, (ngx_uint_t) ctx->port);
    } else {
        p = ngx_snprintf(p, sizeof(peer->sun.sun_path) - 1, "%s/agent.sock",
                         dir);
    }

    *p = '\0';

    peer->socklen = offsetof(struct sockaddr_un, sun_path)
                    + (p - (u_char *) peer->sun.sun_path) + 1;

    peer->name.data = peer->text;
    peer->name.len = ngx_sprintf(peer->text, "unix:%s", peer->sun.sun_path)
                     - peer->text;
}
