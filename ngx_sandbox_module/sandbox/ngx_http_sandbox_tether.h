
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* what a worker and the agent of a sandbox say to each other */


/* for the two files of the tether alone */

struct ngx_http_sandbox_tether_s {
    ngx_http_sandbox_node_t  *node;
    ngx_connection_t         *connection;
    uint32_t                  seq;
    uint16_t                 *ports;
    ngx_uint_t                nports;
    ngx_queue_t               asks;       /* ngx_http_sandbox_agent_request_t */
    unsigned                  served:1;     /* it is known to serve */
    unsigned                  going:1;
};


/* "running", "starting" or "asleep"; starts nothing */
const char *ngx_http_sandbox_tether_state(ngx_http_sandbox_node_t *node);

/*
 * NGX_OK: it runs, as far as the kernel knows.  NGX_DECLINED: it does not.
 * NGX_AGAIN: going to sleep, or too busy to tell; ask again.  NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_tether(ngx_http_sandbox_node_t *node);
/*
 * The same, but NGX_OK only when the agent has said that it serves: before,
 * the sockets may be in the hands of a worker that never gives them away, and
 * with them what was sent to them.
 */
ngx_int_t ngx_http_sandbox_tether_served(ngx_http_sandbox_node_t *node);
/* the same as the first, when the boot handshake has said so */
ngx_int_t ngx_http_sandbox_tether_booted(ngx_http_sandbox_node_t *node);
void ngx_http_sandbox_tether_close(ngx_http_sandbox_node_t *node);
/* peeks: 1 when the tether is still connected */
ngx_uint_t ngx_http_sandbox_tether_alive(ngx_http_sandbox_node_t *node);
/* 1 when an app listened on the exposed port when the agent last told */
ngx_uint_t ngx_http_sandbox_tether_listens(ngx_http_sandbox_node_t *node,
    in_port_t port);
/* ports that listened when the agent last told; their number */
ngx_uint_t ngx_http_sandbox_tether_ports(ngx_http_sandbox_node_t *node,
    uint16_t **ports);


#endif /* _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_ */
