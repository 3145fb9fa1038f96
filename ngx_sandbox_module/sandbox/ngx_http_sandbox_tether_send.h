
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_TETHER_SEND_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_TETHER_SEND_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_send.h"


/*
 * Packets of a worker to the agent, whose tether is connected if needed.  They
 * are sent at once or lost: no function waits, and those without a result do
 * nothing if the sandbox is not running.  Errors are logged.
 */


/*
 * Binds the socket of an exposed port and passes it to the agent, if it is
 * missing or a connect() was refused.  NGX_OK; NGX_AGAIN: locked, try again;
 * NGX_DECLINED: no tether; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_tether_send_listen(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t refused);
/* revoke: removes the socket; the agent closes connections to the port */
void ngx_http_sandbox_tether_send_unlisten(ngx_http_sandbox_node_t *node,
    in_port_t port);
/* sends new options to a running sandbox: text of a JSON object */
void ngx_http_sandbox_tether_send_configure(ngx_http_sandbox_node_t *node,
    const char *fields);
/*
 * Starts or stops watching a port.  NGX_OK: sent; otherwise as
 * ngx_http_sandbox_tether().
 */
ngx_int_t ngx_http_sandbox_tether_send_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t on);
/* requests a diagnosis of the port, which has the number *seq; likewise */
ngx_int_t ngx_http_sandbox_tether_send_diagnose(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t tls, uint32_t *seq);
/* sends the commands of these ports to a running sandbox */
void ngx_http_sandbox_tether_send_commands(ngx_http_sandbox_node_t *node,
    ac_command_t *commands, size_t n);
/* announces a stop: processes have ms to exit by themselves */
void ngx_http_sandbox_tether_send_prepare(ngx_http_sandbox_node_t *node,
    ngx_msec_t ms);
/* requests the status of the agent; likewise */
ngx_int_t ngx_http_sandbox_tether_send_status(ngx_http_sandbox_node_t *node,
    uint32_t *seq);


#endif /* _NGX_HTTP_SANDBOX_TETHER_SEND_H_INCLUDED_ */
