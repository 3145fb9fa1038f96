
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_TETHER_SEND_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_TETHER_SEND_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_send.h"


/* what a worker says to the agent of a sandbox */


/*
 * The socket of an exposed port, bound and handed over if it is missing, or
 * when a connect to it was refused.  NGX_OK; NGX_AGAIN: somebody else has the
 * lock, ask again; NGX_DECLINED: no tether; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_tether_send_listen(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t refused);
/* revoke: the socket goes, and the agent cuts the port's connections */
void ngx_http_sandbox_tether_send_unlisten(ngx_http_sandbox_node_t *node,
    in_port_t port);
/* tells a sandbox that runs its new options: JSON object text */
void ngx_http_sandbox_tether_send_configure(ngx_http_sandbox_node_t *node,
    const char *fields);
/* asks to be told of a port, or no longer; results as of ..._tether() */
ngx_int_t ngx_http_sandbox_tether_send_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t on);
/* asks for a diagnosis of the port; likewise, and the packet's number */
ngx_int_t ngx_http_sandbox_tether_send_diagnose(ngx_http_sandbox_node_t *node,
    in_port_t port, uint32_t *seq);
/* tells a sandbox that runs what to run for these ports */
void ngx_http_sandbox_tether_send_commands(ngx_http_sandbox_node_t *node,
    ac_command_t *commands, size_t n);
/* a stop follows: what runs may end by itself within ms */
void ngx_http_sandbox_tether_send_prepare(ngx_http_sandbox_node_t *node,
    ngx_msec_t ms);
/* asks the agent; where what waits for its answer queues, or NULL */
ngx_queue_t *ngx_http_sandbox_tether_send_status(ngx_http_sandbox_node_t *node,
    uint32_t *seq);


#endif /* _NGX_HTTP_SANDBOX_TETHER_SEND_H_INCLUDED_ */
