
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "module/ngx_http_sandbox_upstream.h"
#include "module/ngx_http_sandbox_upstream_kept.h"


/*
 * The "keepalive" directive wraps the peer of upstream.c: it asks that for an
 * address, then returns an idle connection to it, if there is one.  This peer
 * in turn wraps that of "keepalive".  For a request that needs a fresh
 * connection, it closes the idle one instead, so that an app never has more
 * connections than before: one that serves a single connection at a time
 * would only take the fresh one after the idle one had timed out.
 */


typedef struct {
    ngx_http_upstream_init_peer_pt  original_init_peer;
} ngx_http_sandbox_upstream_kept_conf_t;


static ngx_int_t ngx_http_sandbox_upstream_kept_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_sandbox_upstream_kept_get(ngx_peer_connection_t *pc,
    void *data);
static void ngx_http_sandbox_upstream_kept_free(ngx_peer_connection_t *pc,
    void *data, ngx_uint_t state);
static void ngx_http_sandbox_upstream_kept_close(ngx_connection_t *c);
#if (NGX_HTTP_SSL)
static ngx_int_t ngx_http_sandbox_upstream_kept_set_session(
    ngx_peer_connection_t *pc, void *data);
static void ngx_http_sandbox_upstream_kept_save_session(
    ngx_peer_connection_t *pc, void *data);
#endif


void *
ngx_http_sandbox_upstream_kept_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sandbox_upstream_kept_conf_t));
}


void
ngx_http_sandbox_upstream_kept_wrap(ngx_conf_t *cf)
{
    ngx_uint_t                              i;
    ngx_http_upstream_srv_conf_t          **uscfp;
    ngx_http_upstream_main_conf_t          *umcf;
    ngx_http_sandbox_upstream_kept_conf_t  *conf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);

    uscfp = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (uscfp[i]->srv_conf == NULL
            || uscfp[i]->peer.data != &ngx_http_sandbox_module)
        {
            continue;
        }

        conf = ngx_http_conf_upstream_srv_conf(uscfp[i],
                                               ngx_http_sandbox_module);

        conf->original_init_peer = uscfp[i]->peer.init;

        uscfp[i]->peer.init = ngx_http_sandbox_upstream_kept_init;
    }
}


static ngx_int_t
ngx_http_sandbox_upstream_kept_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_http_upstream_t                    *u;
    ngx_http_sandbox_upstream_peer_t       *peer;
    ngx_http_sandbox_upstream_kept_conf_t  *conf;

    conf = ngx_http_conf_upstream_srv_conf(us, ngx_http_sandbox_module);

    if (conf->original_init_peer(r, us) != NGX_OK) {
        return NGX_ERROR;
    }

    u = r->upstream;
    peer = ngx_http_sandbox_ctx_get(r)->peer;

    if (u->peer.data == peer) {

        /* no "keepalive" */

        return NGX_OK;
    }

    peer->kept.data = u->peer.data;
    peer->kept.get = u->peer.get;
    peer->kept.free = u->peer.free;

    u->peer.data = peer;
    u->peer.get = ngx_http_sandbox_upstream_kept_get;
    u->peer.free = ngx_http_sandbox_upstream_kept_free;

#if (NGX_HTTP_SSL)
    peer->kept.set_session = u->peer.set_session;
    peer->kept.save_session = u->peer.save_session;

    u->peer.set_session = ngx_http_sandbox_upstream_kept_set_session;
    u->peer.save_session = ngx_http_sandbox_upstream_kept_save_session;
#endif

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_upstream_kept_get(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    ngx_int_t  rc;

    rc = peer->kept.get(pc, peer->kept.data);

    if (rc != NGX_DONE || !peer->fresh) {
        return rc;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "sandbox upstream: close kept connection %p for a fresh one",
                   pc->connection);

    ngx_http_sandbox_upstream_kept_close(pc->connection);

    pc->connection = NULL;
    pc->cached = 0;

    return NGX_OK;
}


static void
ngx_http_sandbox_upstream_kept_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    peer->kept.free(pc, peer->kept.data, state);
}


static void
ngx_http_sandbox_upstream_kept_close(ngx_connection_t *c)
{
#if (NGX_HTTP_SSL)

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }

#endif

    ngx_destroy_pool(c->pool);
    ngx_close_connection(c);
}


#if (NGX_HTTP_SSL)

static ngx_int_t
ngx_http_sandbox_upstream_kept_set_session(ngx_peer_connection_t *pc,
    void *data)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    return peer->kept.set_session(pc, peer->kept.data);
}


static void
ngx_http_sandbox_upstream_kept_save_session(ngx_peer_connection_t *pc,
    void *data)
{
    ngx_http_sandbox_upstream_peer_t  *peer = data;

    peer->kept.save_session(pc, peer->kept.data);
}

#endif
