
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_send.h"
#include "agent/ac_agent_socket.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lock.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"


/* packets of a worker to an agent */


static void ngx_http_sandbox_tether_path(ngx_http_sandbox_node_t *node,
    in_port_t port, char *buf, size_t size);


ngx_int_t
ngx_http_sandbox_tether_send_listen(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t refused)
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
                      "cannot lock sandbox \"%s\"", node->id);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    /* another worker may have bound it while we waited for the lock */

    fd = ac_agent_socket_connect(dir, name, SOCK_STREAM);

    if (fd != -1) {
        (void) ngx_close_socket(fd);
        goto done;
    }

    if (ngx_errno == NGX_EAGAIN) {
        goto done;
    }

    fd = ac_agent_socket_listen(dir, name, SOCK_STREAM);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot serve port %ui of sandbox \"%s\"",
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
                      "cannot pass port %ui to the agent of sandbox \"%s\"",
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
ngx_http_sandbox_tether_send_unlisten(ngx_http_sandbox_node_t *node,
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
                      "cannot close connections to port %ui of sandbox \"%s\"",
                      (ngx_uint_t) port, node->id);
    }
}


void
ngx_http_sandbox_tether_send_configure(ngx_http_sandbox_node_t *node,
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
                      "cannot send the options of sandbox \"%s\", they apply "
                      "from its next start", node->id);
    }
}


ngx_int_t
ngx_http_sandbox_tether_send_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t on)
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
                      "cannot watch port %ui of sandbox \"%s\"",
                      (ngx_uint_t) port, node->id);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_tether_send_diagnose(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t tls, uint32_t *seq)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_tether(node);
    if (rc != NGX_OK) {
        return rc;
    }

    *seq = ++node->tether->seq;

    if (ac_agent_send_diagnose(node->tether->connection->fd, *seq, port,
                               (int) tls)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot query a port of sandbox \"%s\"", node->id);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_sandbox_tether_send_commands(ngx_http_sandbox_node_t *node,
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
                      "cannot send a port command to sandbox \"%s\", it "
                      "applies from its next start", node->id);
    }
}


void
ngx_http_sandbox_tether_send_prepare(ngx_http_sandbox_node_t *node,
    ngx_msec_t ms)
{
    if (ngx_http_sandbox_tether(node) != NGX_OK) {
        return;
    }

    (void) ac_agent_send_prepare(node->tether->connection->fd,
                                 ++node->tether->seq, ms);
}


ngx_int_t
ngx_http_sandbox_tether_send_status(ngx_http_sandbox_node_t *node,
    uint32_t *seq)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_tether(node);
    if (rc != NGX_OK) {
        return rc;
    }

    *seq = ++node->tether->seq;

    /* not logged: an agent that does not read gets no more */

    return ac_agent_send_status(node->tether->connection->fd, *seq) == 0
           ? NGX_OK : NGX_ERROR;
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
