
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "lib/sandbox_store.h"
#include "core/ngx_http_sandbox_abort.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "preview/ngx_http_sandbox_page.h"
#include "preview/ngx_http_sandbox_preview_fault.h"
#include "module/ngx_http_sandbox_upstream.h"
#include "module/ngx_http_sandbox_upstream_wait.h"


/*
 * A peer that waits for a sleeping sandbox or for its app is parked: its
 * socket is not connected and not registered with epoll.  Once the sandbox is
 * ready, the socket is connected and registered, and nginx continues.
 */


static void ngx_http_sandbox_upstream_wait_start_handler(
    ngx_http_sandbox_start_waiter_t *w, ngx_uint_t start,
    ngx_http_sandbox_failure_t *failure);
static void ngx_http_sandbox_upstream_wait_app_handler(
    ngx_http_sandbox_port_watcher_t *watcher);
static void ngx_http_sandbox_upstream_wait_resume(
    ngx_http_sandbox_upstream_peer_t *peer);
static void ngx_http_sandbox_upstream_wait_failed(
    ngx_http_sandbox_upstream_peer_t *peer,
    ngx_http_sandbox_failure_t *failure);


ngx_int_t
ngx_http_sandbox_upstream_wait_park(ngx_http_sandbox_upstream_peer_t *peer,
    ngx_peer_connection_t *pc)
{
    ngx_socket_t       s;
    ngx_event_t       *rev, *wev;
    ngx_connection_t  *c;

    s = ngx_socket(AF_UNIX, SOCK_STREAM, 0);

    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ALERT, pc->log, ngx_socket_errno,
                      ngx_socket_n " failed");
        return NGX_ERROR;
    }

    if (ngx_nonblocking(s) == -1) {
        ngx_log_error(NGX_LOG_ALERT, pc->log, ngx_socket_errno,
                      ngx_nonblocking_n " failed");
        (void) ngx_close_socket(s);
        return NGX_ERROR;
    }

    c = ngx_get_connection(s, pc->log);

    if (c == NULL) {
        (void) ngx_close_socket(s);
        return NGX_ERROR;
    }

    c->type = SOCK_STREAM;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    c->sendfile = 1;
    c->log_error = pc->log_error;

    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;

    rev = c->read;
    wev = c->write;

    rev->log = pc->log;
    wev->log = pc->log;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;

    pc->connection = c;
    peer->parked = c;

    return NGX_OK;
}


void
ngx_http_sandbox_upstream_wait_start(ngx_http_sandbox_upstream_peer_t *peer)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = peer->ctx;

    if (!ctx->waited) {
        ctx->waited = 1;
        ctx->wait_start = ngx_current_msec;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, peer->request->connection->log, 0,
                   "sandbox \"%s\" request waits for the start",
                   ctx->node->id);

    peer->waiter.handler = ngx_http_sandbox_upstream_wait_start_handler;
    peer->waiter.data = peer;
    peer->waiter.join = (ctx->preview && !ctx->wakes);

    ngx_http_sandbox_start_wait(ctx->node, &peer->waiter);
}


static void
ngx_http_sandbox_upstream_wait_start_handler(ngx_http_sandbox_start_waiter_t *w,
    ngx_uint_t start, ngx_http_sandbox_failure_t *failure)
{
    ngx_http_sandbox_ctx_t            *ctx;
    ngx_http_sandbox_upstream_peer_t  *peer;

    peer = w->data;
    ctx = peer->ctx;

    ctx->wait_time = ngx_current_msec - ctx->wait_start;

    if (start > ctx->start) {
        ctx->start = start;
    }

    ngx_http_set_log_request(peer->request->connection->log, peer->request);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, peer->request->connection->log, 0,
                   "sandbox \"%s\" request waited %Mms for the start: %s",
                   ctx->node->id, ctx->wait_time,
                   failure ? failure->code : "started");

    if (failure) {
        ngx_http_sandbox_upstream_wait_failed(peer, failure);
        return;
    }

    ngx_http_sandbox_upstream_wait_resume(peer);
}


void
ngx_http_sandbox_upstream_wait_app(ngx_http_sandbox_upstream_peer_t *peer)
{
    ngx_msec_t                    waited;
    ngx_http_sandbox_ctx_t       *ctx;
    ngx_http_sandbox_loc_conf_t  *slcf;

    ctx = peer->ctx;

    if (!ctx->waited) {
        ctx->waited = 1;
        ctx->wait_start = ngx_current_msec;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, peer->request->connection->log, 0,
                   "sandbox \"%s\" request waits for an app on port %ui",
                   ctx->node->id, (ngx_uint_t) ctx->port);

    peer->port_watcher.handler = ngx_http_sandbox_upstream_wait_app_handler;
    peer->port_watcher.data = peer;

    if (ngx_http_sandbox_port_watch(ctx->node, ctx->port, &peer->port_watcher)
        != NGX_OK)
    {
        ngx_add_timer(&peer->retry, NGX_HTTP_SANDBOX_RETRY);
        return;
    }

    if (peer->deadline.timer_set) {
        return;
    }

    slcf = ngx_http_get_module_loc_conf(peer->request, ngx_http_sandbox_module);

    waited = ngx_current_msec - ctx->wait_start;

    ngx_add_timer(&peer->deadline,
                  waited < slcf->wake_timeout ? slcf->wake_timeout - waited
                                              : 1);
}


static void
ngx_http_sandbox_upstream_wait_app_handler(
    ngx_http_sandbox_port_watcher_t *watcher)
{
    ngx_http_sandbox_ctx_t            *ctx;
    ngx_http_sandbox_upstream_peer_t  *peer;
    ngx_http_sandbox_failure_t         failure;
    ngx_http_sandbox_port_watch_t     *p;

    peer = watcher->data;
    ctx = peer->ctx;
    p = watcher->watch;

    ngx_http_set_log_request(peer->request->connection->log, peer->request);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, peer->request->connection->log, 0,
                   "sandbox \"%s\" port %ui: known:%d listening:%d",
                   ctx->node->id, (ngx_uint_t) ctx->port, (int) p->known,
                   (int) p->listening);

    if (!p->known) {

        if (!p->requested) {
            ngx_http_sandbox_port_watch_cancel(watcher);
            ngx_http_sandbox_upstream_wait_resume(peer);
        }

        return;
    }

    if (p->listening && peer->handshakes >= NGX_HTTP_SANDBOX_HANDSHAKES) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_BAD_GATEWAY,
                                   "SERVICE_NOT_RESPONDING", "%s",
                                   ngx_http_sandbox_preview_fault(
                                                       peer->request, ctx));
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    if (p->listening) {
        ctx->fault = 0;
        ctx->wait_time = ngx_current_msec - ctx->wait_start;

        ngx_http_sandbox_port_watch_cancel(watcher);
        ngx_http_sandbox_upstream_wait_resume(peer);
        return;
    }

    if (p->command == AC_AGENT_COMMAND_EXITED && p->code) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_BAD_GATEWAY,
                                   "PORT_COMMAND_FAILED",
                                   "Nothing listens on port %ui of this "
                                   "sandbox: its command exited with code %i.",
                                   (ngx_uint_t) ctx->port, p->code);
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    if (!ctx->wakes) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_BAD_GATEWAY,
                                   "PORT_NOT_LISTENING",
                                   "Nothing listens on port %ui of this "
                                   "sandbox.", (ngx_uint_t) ctx->port);
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    if (ngx_http_sandbox_page_waits(peer->request)) {
        ngx_http_sandbox_upstream_wait_failed(peer, NULL);
    }
}


void
ngx_http_sandbox_upstream_wait_deadline_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *c;
    ngx_http_sandbox_upstream_peer_t  *peer;
    ngx_http_sandbox_failure_t         failure;
    ngx_http_sandbox_loc_conf_t       *slcf;

    c = ev->data;
    peer = c->data;

    ngx_http_set_log_request(peer->request->connection->log, peer->request);

    slcf = ngx_http_get_module_loc_conf(peer->request, ngx_http_sandbox_module);

    ngx_http_sandbox_error_set(&failure, NGX_HTTP_GATEWAY_TIME_OUT,
                               "WAKE_TIMEOUT",
                               "Nothing listened on port %ui of this sandbox "
                               "within %M seconds.",
                               (ngx_uint_t) peer->ctx->port,
                               slcf->wake_timeout / 1000);
    failure.retry_after = 5;

    ngx_http_sandbox_upstream_wait_failed(peer, &failure);
}


void
ngx_http_sandbox_upstream_wait_retry_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *c;
    ngx_http_sandbox_upstream_peer_t  *peer;

    c = ev->data;
    peer = c->data;

    ngx_http_set_log_request(peer->request->connection->log, peer->request);

    ngx_http_sandbox_upstream_wait_resume(peer);
}


static void
ngx_http_sandbox_upstream_wait_resume(ngx_http_sandbox_upstream_peer_t *peer)
{
    int                          rc;
    ngx_err_t                    err;
    ngx_connection_t            *c;
    ngx_http_sandbox_ctx_t      *ctx;
    ngx_http_sandbox_failure_t   failure;

    c = peer->parked;
    ctx = peer->ctx;

    /* the id may have been reassigned while we waited */

    if (ngx_http_sandbox_node_spec(ctx->node) != NGX_OK
        || ngx_strcmp(ctx->node->spec.run, ctx->run) != 0)
    {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_NOT_FOUND,
                                   "SANDBOX_NOT_FOUND",
                                   NGX_HTTP_SANDBOX_DESTROYED);
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    switch (ngx_http_sandbox_upstream_wait_ready(peer)) {

    case NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE:
        break;

    case NGX_HTTP_SANDBOX_UPSTREAM_WAIT_START:
        ngx_http_sandbox_upstream_wait_start(peer);
        return;

    case NGX_HTTP_SANDBOX_UPSTREAM_WAIT_APP:
        ngx_http_sandbox_upstream_wait_app(peer);
        return;

    case NGX_HTTP_SANDBOX_UPSTREAM_WAIT_RETRY:
        ngx_add_timer(&peer->retry, NGX_HTTP_SANDBOX_RETRY);
        return;

    default:
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The sandbox cannot be reached. See "
                                   "nginx's error log for the cause.");
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    ngx_http_sandbox_upstream_wait_address(peer);

    rc = connect(c->fd, (struct sockaddr *) &peer->sun, peer->socklen);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "sandbox request continues, connect to %V: %d",
                   &peer->name, rc);

    if (rc == -1) {
        err = ngx_socket_errno;

        if (err == NGX_EAGAIN) {
            ngx_add_timer(&peer->retry, NGX_HTTP_SANDBOX_RETRY);
            return;
        }

        /* it exited between our check and connect() */

        peer->attempts++;

        if (err == NGX_ECONNREFUSED || err == NGX_ENOENT) {
            ngx_add_timer(&peer->retry, NGX_HTTP_SANDBOX_RETRY);
            return;
        }

        ngx_log_error(NGX_LOG_ERR, c->log, err, "connect() to %V failed",
                      &peer->name);
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_BAD_GATEWAY,
                                   "exec_transport_error",
                                   "The sandbox cannot be reached. See "
                                   "nginx's error log for the cause.");
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    peer->parked = NULL;
    peer->attempts++;

    if (peer->deadline.timer_set) {
        ngx_del_timer(&peer->deadline);
    }

    c->write->ready = 1;

    if (ngx_add_conn) {
        rc = ngx_add_conn(c);

    } else {
        rc = ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT);
    }

    if (rc != NGX_OK) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "nginx is out of resources and cannot "
                                   "connect to the sandbox.");
        ngx_http_sandbox_upstream_wait_failed(peer, &failure);
        return;
    }

    if (ngx_add_conn == NULL) {

        /* there will be no write event to send the request */

        ngx_post_event(c->write, &ngx_posted_events);
    }
}


/* failure NULL: send the waiting page instead */

static void
ngx_http_sandbox_upstream_wait_failed(ngx_http_sandbox_upstream_peer_t *peer,
    ngx_http_sandbox_failure_t *failure)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = peer->request;
    c = r->connection;

    /* the response includes the output of the port's command */

    peer->failing = 1;

    ngx_http_sandbox_abort_upstream(r);

    r->read_event_handler = ngx_http_block_reading;

    peer->ctx->own = 1;

    rc = failure ? ngx_http_sandbox_error_send(r, failure)
                 : ngx_http_sandbox_page_send_waiting(r);

    ngx_http_sandbox_port_watch_cancel(&peer->port_watcher);

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}


ngx_http_sandbox_upstream_wait_e
ngx_http_sandbox_upstream_wait_ready(ngx_http_sandbox_upstream_peer_t *peer)
{
    ngx_int_t                      rc;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_http_sandbox_node_t       *node;
    ngx_http_sandbox_node_port_t  *policy;

    ctx = peer->ctx;
    node = ctx->node;

    if (peer->attempts && node->tether
        && !ngx_http_sandbox_tether_alive(node))
    {
        ngx_http_sandbox_tether_close(node);
    }

    if (ngx_http_sandbox_options_served(node) != NGX_OK
        || ngx_http_sandbox_instances_paused(ctx->run))
    {
        return NGX_HTTP_SANDBOX_UPSTREAM_WAIT_START;
    }

    if (ctx->port == 0) {
        return NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE;
    }

    rc = NGX_OK;

    policy = ngx_http_sandbox_node_cached(node, ctx->port);

    if (policy == NULL || !policy->bound || peer->attempts) {

        rc = ngx_http_sandbox_tether_send_listen(node, ctx->port,
                                                 peer->attempts > 0);

        if (rc == NGX_OK && policy) {
            policy->bound = 1;
        }
    }

    switch (rc) {

    case NGX_OK:
        return (ctx->wakes && !ngx_http_sandbox_tether_listens(node, ctx->port))
               ? NGX_HTTP_SANDBOX_UPSTREAM_WAIT_APP
               : NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE;

    case NGX_DECLINED:
        return NGX_HTTP_SANDBOX_UPSTREAM_WAIT_START;

    case NGX_AGAIN:
        return NGX_HTTP_SANDBOX_UPSTREAM_WAIT_RETRY;

    default:
        return NGX_HTTP_SANDBOX_UPSTREAM_WAIT_ERROR;
    }
}


void
ngx_http_sandbox_upstream_wait_address(ngx_http_sandbox_upstream_peer_t *peer)
{
    u_char                  *p;
    size_t                   len;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = peer->ctx;

    /*
     * The keepalive module compares addresses bytewise: by TLS, the socket has
     * another path, so that each connection keeps its scheme.
     */

    ngx_memzero(&peer->sun, sizeof(struct sockaddr_un));

    peer->sun.sun_family = AF_UNIX;

    len = sandbox_store_run_path(ngx_http_sandbox_worker->store, ctx->run,
                                 peer->sun.sun_path,
                                 sizeof(peer->sun.sun_path)
                                 - sizeof("/./65535.sock"));

    p = (u_char *) peer->sun.sun_path + len;

    if (ctx->port) {
        p = ngx_sprintf(p, "/%s%ui.sock", ctx->tls ? "./" : "",
                        (ngx_uint_t) ctx->port);

    } else {
        p = ngx_cpymem(p, "/agent.sock", sizeof("/agent.sock") - 1);
    }

    len = p - (u_char *) peer->sun.sun_path;

    peer->socklen = offsetof(struct sockaddr_un, sun_path) + len + 1;

    p = ngx_cpymem(peer->text, "unix:", sizeof("unix:") - 1);
    p = ngx_cpymem(p, peer->sun.sun_path, len);

    peer->name.data = peer->text;
    peer->name.len = p - peer->text;
}
