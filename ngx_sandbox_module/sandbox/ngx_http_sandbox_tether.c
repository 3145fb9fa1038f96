
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "agent/ac_agent_socket.h"
#include "lib/sandbox_store.h"
#include "core/ngx_http_sandbox_connection.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/*
 * A tether is a worker's control connection to the agent of a sandbox: the
 * kernel closes it as soon as the agent exits, so that the tether itself shows
 * whether the sandbox is running.  See docs/wire.md.
 */


/* maximum packets per event of an agent, for fairness */
#define NGX_HTTP_SANDBOX_TETHER_BATCH  16


static void ngx_http_sandbox_tether_read_handler(ngx_event_t *rev);
static void ngx_http_sandbox_tether_write_handler(ngx_event_t *wev);
static void ngx_http_sandbox_tether_set_ports(ngx_http_sandbox_tether_t *t,
    ac_agent_event_t *event);
static void ngx_http_sandbox_tether_set_port(ngx_http_sandbox_tether_t *t,
    ac_agent_event_t *event);
static void ngx_http_sandbox_tether_deliver(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event);
static void ngx_http_sandbox_tether_lost(ngx_http_sandbox_node_t *node);


ngx_int_t
ngx_http_sandbox_tether(ngx_http_sandbox_node_t *node)
{
    int                         fd;
    char                        dir[128];
    ngx_int_t                   rc;
    ngx_err_t                   err;
    ngx_connection_t           *c;
    ngx_http_sandbox_worker_t  *w;
    ngx_http_sandbox_tether_t  *t;

    if (node->tether) {
        return node->tether->going ? NGX_AGAIN : NGX_OK;
    }

    if (!node->known) {
        rc = ngx_http_sandbox_node_spec(node);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    w = ngx_http_sandbox_worker;

    (void) sandbox_store_run_path(w->store, node->spec.run, dir, sizeof(dir));

    fd = ac_agent_socket_connect(dir, "control", SOCK_SEQPACKET);

    if (fd == -1) {
        err = ngx_errno;

        if (err == NGX_ECONNREFUSED || err == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        if (err == NGX_EAGAIN) {
            return NGX_AGAIN;
        }

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                      "connect() to the agent of sandbox \"%s\" failed",
                      node->id);
        return NGX_ERROR;
    }

    t = ngx_calloc(sizeof(ngx_http_sandbox_tether_t), ngx_cycle->log);
    if (t == NULL) {
        goto failed;
    }

    c = ngx_http_sandbox_connection(fd, t,
                                    ngx_http_sandbox_tether_read_handler,
                                    ngx_http_sandbox_tether_write_handler,
                                    ngx_cycle->log);
    if (c == NULL) {
        goto failed;
    }

    t->node = node;
    t->connection = c;
    t->generation = -1;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_close_connection(c);
        ngx_free(t);
        return NGX_ERROR;
    }

    node->tether = t;

    (void) ngx_atomic_fetch_add(&w->conf->counters->tethers, 1);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "sandbox \"%s\" tether: connected, fd:%d", node->id, fd);

    return NGX_OK;

failed:

    if (t) {
        ngx_free(t);
    }

    (void) ngx_close_socket(fd);

    return NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_tether_served(ngx_http_sandbox_node_t *node)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_tether(node);

    if (rc == NGX_OK && !node->tether->served) {
        return NGX_AGAIN;
    }

    return rc;
}


ngx_int_t
ngx_http_sandbox_tether_booted(ngx_http_sandbox_node_t *node)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_tether(node);

    if (rc == NGX_OK) {
        node->tether->served = 1;
    }

    return rc;
}


void
ngx_http_sandbox_tether_close(ngx_http_sandbox_node_t *node)
{
    ngx_queue_t                   *q;
    ngx_http_sandbox_node_port_t  *p;
    ngx_http_sandbox_tether_t     *t;

    t = node->tether;

    if (t == NULL) {
        return;
    }

    node->tether = NULL;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "sandbox \"%s\" tether: closed", node->id);

    ngx_close_connection(t->connection);

    if (t->ports) {
        ngx_free(t->ports);
    }

    ngx_free(t);

    node->refs++;

    ngx_http_sandbox_tether_deliver(node, NULL);

    node->refs--;

    for (q = ngx_queue_head(&node->policies);
         q != ngx_queue_sentinel(&node->policies);
         q = ngx_queue_next(q))
    {
        p = ngx_queue_data(q, ngx_http_sandbox_node_port_t, queue);
        p->bound = 0;
    }

    (void) ngx_atomic_fetch_add(
               &ngx_http_sandbox_worker->conf->counters->tethers, -1);
}


void
ngx_http_sandbox_tether_observe(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_tether_observer_t *o)
{
    ngx_queue_insert_tail(&node->observers, &o->queue);
}


void
ngx_http_sandbox_tether_unobserve(ngx_http_sandbox_tether_observer_t *o)
{
    ngx_queue_remove(&o->queue);
}


/* event NULL: the tether was closed; the caller holds the node */

static void
ngx_http_sandbox_tether_deliver(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event)
{
    ngx_queue_t                          observers, *q;
    ngx_http_sandbox_tether_observer_t  *o;

    if (ngx_queue_empty(&node->observers)) {
        return;
    }

    /* an observer may remove itself and others */

    ngx_queue_init(&observers);
    ngx_queue_add(&observers, &node->observers);
    ngx_queue_init(&node->observers);

    while (!ngx_queue_empty(&observers)) {
        q = ngx_queue_head(&observers);
        o = ngx_queue_data(q, ngx_http_sandbox_tether_observer_t, queue);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&node->observers, q);

        if (event == NULL) {
            if (o->lost) {
                o->lost(o);
            }

        } else if (o->event) {
            o->event(o, event);
        }
    }
}


ngx_uint_t
ngx_http_sandbox_tether_alive(ngx_http_sandbox_node_t *node)
{
    char     buf[1];
    ssize_t  n;

    if (node->tether == NULL) {
        return 0;
    }

    /* the kernel may have closed it before the event loop knows */

    n = recv(node->tether->connection->fd, buf, 1, MSG_PEEK|MSG_DONTWAIT);

    return (n > 0 || (n == -1 && ngx_socket_errno == NGX_EAGAIN));
}


static void
ngx_http_sandbox_tether_read_handler(ngx_event_t *rev)
{
    int                         rc;
    ngx_uint_t                  i, closed;
    ngx_connection_t           *c;
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_tether_t  *t;
    static ac_agent_event_t     event;

    c = rev->data;
    t = c->data;
    node = t->node;

    for (i = 0; i < NGX_HTTP_SANDBOX_TETHER_BATCH; i++) {

        rc = ac_agent_recv(c->fd, &event);

        if (rc == 0) {

            /* before that, the peer was a socket not yet passed to an agent */

            if (t->served) {
                ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                              "the agent of sandbox \"%s\" closed the control "
                              "connection",
                              node->id);
                ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, ends);
            }

            ngx_http_sandbox_tether_lost(node);
            return;
        }

        if (rc == -1) {

            if (ngx_socket_errno == NGX_EAGAIN) {
                rev->ready = 0;

                if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                    ngx_http_sandbox_tether_lost(node);
                }

                return;
            }

            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_socket_errno,
                          "the agent of sandbox \"%s\" violated the control "
                          "protocol", node->id);
            ngx_http_sandbox_tether_lost(node);
            return;
        }

        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "sandbox \"%s\" tether: event %ui, port %ui", node->id,
                       (ngx_uint_t) event.type, (ngx_uint_t) event.port);

        switch (event.type) {

        case AC_AGENT_HELLO:
            t->served = 1;
            t->generation = event.generation;
            ngx_http_sandbox_tether_set_ports(t, &event);
            break;

        case AC_AGENT_LISTENING:
            ngx_http_sandbox_tether_set_ports(t, &event);
            break;

        case AC_AGENT_PORT:
            ngx_http_sandbox_tether_set_port(t, &event);
            break;

        case AC_AGENT_GOING:
            t->going = 1;
            break;

        case AC_AGENT_REPLY:
            if (event.error[0]) {
                ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                              "the agent of sandbox \"%s\" rejected a "
                              "request: %s",
                              node->id, event.error);
            }

            /* rejected options will be so again: do not wait for them */

            if (t->told && event.seq == t->told_seq) {
                t->generation = ngx_max(t->generation, t->told);
            }

            break;

        default:
            break;
        }

        /* an observer may close the tether, and may be its last user */

        node->refs++;

        ngx_http_sandbox_tether_deliver(node, &event);

        closed = (node->tether != t);

        ngx_http_sandbox_node_release(node);

        if (closed) {
            return;
        }
    }

    ngx_post_event(rev, &ngx_posted_next_events);
}


static void
ngx_http_sandbox_tether_write_handler(ngx_event_t *wev)
{
    /*
     * packets are small and rare: a full socket means that the agent is stuck
     */
}


static void
ngx_http_sandbox_tether_lost(ngx_http_sandbox_node_t *node)
{
    ngx_http_sandbox_tether_close(node);
    ngx_http_sandbox_node_collect(node);
}


static void
ngx_http_sandbox_tether_set_ports(ngx_http_sandbox_tether_t *t,
    ac_agent_event_t *event)
{
    if (t->ports) {
        ngx_free(t->ports);
        t->ports = NULL;
        t->nports = 0;
    }

    if (event->nports == 0) {
        return;
    }

    t->ports = ngx_alloc(event->nports * sizeof(uint16_t), ngx_cycle->log);
    if (t->ports == NULL) {
        return;
    }

    ngx_memcpy(t->ports, event->ports, event->nports * sizeof(uint16_t));
    t->nports = event->nports;
}


/* the report of a watched port is newer than the list of all ports */

static void
ngx_http_sandbox_tether_set_port(ngx_http_sandbox_tether_t *t,
    ac_agent_event_t *event)
{
    uint16_t    *ports;
    ngx_uint_t   i;

    for (i = 0; i < t->nports; i++) {
        if (t->ports[i] == event->port) {
            break;
        }
    }

    if (i < t->nports) {

        if (!event->listening) {
            t->ports[i] = t->ports[--t->nports];
        }

        return;
    }

    if (!event->listening || t->nports >= AC_AGENT_PORTS_MAX) {
        return;
    }

    ports = ngx_alloc((t->nports + 1) * sizeof(uint16_t), ngx_cycle->log);
    if (ports == NULL) {
        return;
    }

    if (t->ports) {
        ngx_memcpy(ports, t->ports, t->nports * sizeof(uint16_t));
        ngx_free(t->ports);
    }

    ports[t->nports++] = event->port;
    t->ports = ports;
}


ngx_uint_t
ngx_http_sandbox_tether_listens(ngx_http_sandbox_node_t *node, in_port_t port)
{
    uint16_t    *ports;
    ngx_uint_t   i, n;

    n = ngx_http_sandbox_tether_ports(node, &ports);

    for (i = 0; i < n; i++) {
        if (ports[i] == port) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sandbox_tether_ports(ngx_http_sandbox_node_t *node, uint16_t **ports)
{
    if (node->tether == NULL) {
        *ports = NULL;
        return 0;
    }

    *ports = node->tether->ports;

    return node->tether->nports;
}


ngx_http_sandbox_tether_state_e
ngx_http_sandbox_tether_state(ngx_http_sandbox_node_t *node)
{
    if (ngx_http_sandbox_tether(node) == NGX_OK) {
        return NGX_HTTP_SANDBOX_RUNNING;
    }

    return ngx_http_sandbox_node_busy(node) ? NGX_HTTP_SANDBOX_STARTING
                                            : NGX_HTTP_SANDBOX_ASLEEP;
}
