
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"
#include "sandbox_fault.h"


/*
 * A tether is this worker's idle connection to the agent of a sandbox: the
 * kernel closes it the instant that the agent dies, so that a look at a
 * pointer tells whether the sandbox runs.  See docs/wire.md.
 */


/* packets taken from one agent before others have their turn */
#define NGX_HTTP_SANDBOX_TETHER_BATCH  16


struct ngx_http_sandbox_tether_s {
    ngx_http_sandbox_node_t  *node;
    ngx_connection_t         *connection;
    uint32_t                  seq;
    uint16_t                 *ports;
    ngx_uint_t                nports;
    ngx_queue_t               asks;         /* ngx_http_sandbox_ask_t */
    unsigned                  served:1;     /* it is known to serve */
    unsigned                  going:1;
};


static void ngx_http_sandbox_tether_read_handler(ngx_event_t *rev);
static void ngx_http_sandbox_tether_write_handler(ngx_event_t *wev);
static void ngx_http_sandbox_tether_set_ports(ngx_http_sandbox_tether_t *t,
    ac_agent_event_t *event);
static void ngx_http_sandbox_tether_set_port(ngx_http_sandbox_tether_t *t,
    ac_agent_event_t *event);
static void ngx_http_sandbox_tether_lost(ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_tether_path(ngx_http_sandbox_node_t *node,
    in_port_t port, char *buf, size_t size);


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

    fd = ac_agent_connect(dir, "control", SOCK_SEQPACKET);

    if (fd == -1) {
        err = ngx_errno;

        if (err == NGX_ECONNREFUSED || err == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        if (err == NGX_EAGAIN) {
            return NGX_AGAIN;
        }

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                      "connect to the agent of sandbox \"%s\" failed",
                      node->id);
        return NGX_ERROR;
    }

    t = ngx_calloc(sizeof(ngx_http_sandbox_tether_t), ngx_cycle->log);
    if (t == NULL) {
        goto failed;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        goto failed;
    }

    c->data = t;
    c->read->log = ngx_cycle->log;
    c->write->log = ngx_cycle->log;
    c->read->handler = ngx_http_sandbox_tether_read_handler;
    c->write->handler = ngx_http_sandbox_tether_write_handler;

    t->node = node;
    t->connection = c;
    ngx_queue_init(&t->asks);

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_close_connection(c);
        ngx_free(t);
        return NGX_ERROR;
    }

    node->tether = t;

    (void) ngx_atomic_fetch_add(&w->conf->counters->tethers, 1);

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
    ngx_queue_t                *q;
    ngx_http_sandbox_policy_t  *p;
    ngx_http_sandbox_tether_t  *t;

    t = node->tether;

    if (t == NULL) {
        return;
    }

    node->tether = NULL;

    ngx_http_sandbox_ask_lost(&t->asks);

    ngx_close_connection(t->connection);

    if (t->ports) {
        ngx_free(t->ports);
    }

    ngx_free(t);

    ngx_http_sandbox_awaited_lost(node);
    ngx_http_sandbox_diagnose_lost(node);

    for (q = ngx_queue_head(&node->policies);
         q != ngx_queue_sentinel(&node->policies);
         q = ngx_queue_next(q))
    {
        p = ngx_queue_data(q, ngx_http_sandbox_policy_t, queue);
        p->bound = 0;
    }

    (void) ngx_atomic_fetch_add(
               &ngx_http_sandbox_worker->conf->counters->tethers, -1);
}


ngx_uint_t
ngx_http_sandbox_tether_alive(ngx_http_sandbox_node_t *node)
{
    char     buf[1];
    ssize_t  n;

    if (node->tether == NULL) {
        return 0;
    }

    /* its end may be known to the kernel and not yet to the event loop */

    n = recv(node->tether->connection->fd, buf, 1, MSG_PEEK|MSG_DONTWAIT);

    return (n > 0 || (n == -1 && ngx_socket_errno == NGX_EAGAIN));
}


static void
ngx_http_sandbox_tether_read_handler(ngx_event_t *rev)
{
    int                         rc;
    ngx_uint_t                  i;
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

            /* before that it was a worker's socket, which no agent had */

            if (t->served) {
                ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                              "the agent of sandbox \"%s\" has left",
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
                          "the agent of sandbox \"%s\" broke the control "
                          "protocol", node->id);
            ngx_http_sandbox_tether_lost(node);
            return;
        }

        switch (event.type) {

        case AC_AGENT_HELLO:
            t->served = 1;
            ngx_http_sandbox_tether_set_ports(t, &event);
            ngx_http_sandbox_wake_hurry(node);
            break;

        case AC_AGENT_LISTENING:
            ngx_http_sandbox_tether_set_ports(t, &event);
            break;

        case AC_AGENT_PORT:
            ngx_http_sandbox_tether_set_port(t, &event);

            /* fall through */

        case AC_AGENT_LOG:
            ngx_http_sandbox_awaited_event(node, &event);
            break;

        case AC_AGENT_DIAGNOSIS:
            ngx_http_sandbox_diagnosed(node, &event);
            break;

        case AC_AGENT_GOING:
            t->going = 1;
            break;

        case AC_AGENT_REPLY:
            if (!ngx_http_sandbox_ask_reply(&t->asks, &event)
                && event.error[0])
            {
                ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                              "the agent of sandbox \"%s\" refused: %s",
                              node->id, event.error);
            }
            break;

        default:
            break;
        }
    }

    ngx_post_event(rev, &ngx_posted_next_events);
}


static void
ngx_http_sandbox_tether_write_handler(ngx_event_t *wev)
{
    /* packets are small and rare: a full socket is an error of the sender */
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


/* what is known of a port that is awaited is newer than the list of all */

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


ngx_int_t
ngx_http_sandbox_tether_listen(ngx_http_sandbox_node_t *node, in_port_t port,
    ngx_uint_t refused)
{
    int                         fd, lock;
    char                        dir[128], path[160], name[8];
    ngx_int_t                   rc;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    rc = ngx_http_sandbox_tether(node);
    if (rc != NGX_OK) {
        return rc;
    }

    (void) sandbox_store_run_path(w->store, node->spec.run, dir, sizeof(dir));
    ngx_http_sandbox_tether_path(node, port, path, sizeof(path));
    (void) ngx_sprintf((u_char *) name, "%ui%Z", (ngx_uint_t) port);

    if (!refused && access(path, F_OK) == 0) {
        return NGX_OK;
    }

    lock = sandbox_store_lock(w->store, (char *) node->id);

    if (lock == -1) {
        if (ngx_errno == NGX_EAGAIN) {
            return NGX_AGAIN;
        }

        if (ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "sandbox \"%s\" cannot be locked", node->id);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    /* another worker may have been here while the lock was waited for */

    fd = ac_agent_connect(dir, name, SOCK_STREAM);

    if (fd != -1) {
        (void) ngx_close_socket(fd);
        goto done;
    }

    if (ngx_errno == NGX_EAGAIN) {
        goto done;
    }

    fd = ac_agent_listen(dir, name, SOCK_STREAM);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "port %ui of sandbox \"%s\" cannot be served",
                      (ngx_uint_t) port, node->id);
        rc = NGX_ERROR;
        goto done;
    }

    sandbox_fault("listen.bound");

    if (ac_agent_send_listen(node->tether->connection->fd,
                             ++node->tether->seq, port, fd)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "port %ui of sandbox \"%s\" cannot be handed over",
                      (ngx_uint_t) port, node->id);
        rc = NGX_ERROR;
    }

    sandbox_fault("listen.handed");

    (void) ngx_close_socket(fd);

done:

    (void) close(lock);

    return rc;
}


void
ngx_http_sandbox_tether_unlisten(ngx_http_sandbox_node_t *node,
    in_port_t port)
{
    char  path[160];

    if (!node->known && ngx_http_sandbox_node_spec(node) != NGX_OK) {
        return;
    }

    ngx_http_sandbox_tether_path(node, port, path, sizeof(path));

    if (unlink(path) == -1 && ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "unlink \"%s\" failed", path);
    }

    if (ngx_http_sandbox_tether(node) != NGX_OK) {
        return;
    }

    if (ac_agent_send_unlisten(node->tether->connection->fd,
                               ++node->tether->seq, port)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "connections to port %ui of sandbox \"%s\" cannot be "
                      "cut", (ngx_uint_t) port, node->id);
    }
}


void
ngx_http_sandbox_tether_configure(ngx_http_sandbox_node_t *node,
    const char *fields)
{
    if (ngx_http_sandbox_tether(node) != NGX_OK) {
        return;
    }

    if (ac_agent_send_configure(node->tether->connection->fd,
                                ++node->tether->seq, fields)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "sandbox \"%s\" cannot be told its options, it has "
                      "them when it starts again", node->id);
    }
}


ngx_int_t
ngx_http_sandbox_tether_watch(ngx_http_sandbox_node_t *node, in_port_t port,
    ngx_uint_t on)
{
    ngx_int_t  rc;

    if (!on && node->tether == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_sandbox_tether(node);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ac_agent_send_watch(node->tether->connection->fd,
                            ++node->tether->seq, port, on)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "port %ui of sandbox \"%s\" cannot be watched",
                      (ngx_uint_t) port, node->id);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_tether_diagnose(ngx_http_sandbox_node_t *node,
    in_port_t port, uint32_t *seq)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_tether(node);
    if (rc != NGX_OK) {
        return rc;
    }

    *seq = ++node->tether->seq;

    if (ac_agent_send_diagnose(node->tether->connection->fd, *seq, port)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "sandbox \"%s\" cannot be asked about a port", node->id);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_sandbox_tether_commands(ngx_http_sandbox_node_t *node,
    ac_command_t *commands, size_t n)
{
    if (ngx_http_sandbox_tether(node) != NGX_OK) {
        return;
    }

    if (ac_agent_send_commands(node->tether->connection->fd,
                               ++node->tether->seq, commands, n)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "sandbox \"%s\" cannot be told the command of a port, "
                      "it has it when it starts again", node->id);
    }
}


void
ngx_http_sandbox_tether_prepare(ngx_http_sandbox_node_t *node, ngx_msec_t ms)
{
    if (ngx_http_sandbox_tether(node) != NGX_OK) {
        return;
    }

    (void) ac_agent_send_prepare(node->tether->connection->fd,
                                 ++node->tether->seq, ms);
}


ngx_queue_t *
ngx_http_sandbox_tether_status(ngx_http_sandbox_node_t *node, uint32_t *seq)
{
    if (ngx_http_sandbox_tether(node) != NGX_OK) {
        return NULL;
    }

    *seq = ++node->tether->seq;

    /* an agent that does not read what it was sent is not asked more */

    if (ac_agent_send_status(node->tether->connection->fd, *seq) == -1) {
        return NULL;
    }

    return &node->tether->asks;
}


static void
ngx_http_sandbox_tether_path(ngx_http_sandbox_node_t *node, in_port_t port,
    char *buf, size_t size)
{
    char  dir[128];

    (void) sandbox_store_run_path(ngx_http_sandbox_worker->store,
                                  node->spec.run, dir, sizeof(dir));

    (void) ngx_snprintf((u_char *) buf, size, "%s/%ui.sock%Z", dir,
                        (ngx_uint_t) port);
}
