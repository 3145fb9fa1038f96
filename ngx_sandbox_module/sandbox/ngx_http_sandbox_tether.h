
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
    ngx_queue_t               asks;         /* ngx_http_sandbox_ask_t */
    unsigned                  served:1;     /* it is known to serve */
    unsigned                  going:1;
};


/* ngx_http_sandbox_tether.c */

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


/* ngx_http_sandbox_tether_send.c: what the worker says */

/*
 * The socket of an exposed port, bound and handed over if it is missing, or
 * when a connect to it was refused.  NGX_OK; NGX_AGAIN: somebody else has the
 * lock, ask again; NGX_DECLINED: no tether; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_tether_listen(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t refused);
/* revoke: the socket goes, and the agent cuts the port's connections */
void ngx_http_sandbox_tether_unlisten(ngx_http_sandbox_node_t *node,
    in_port_t port);
/* tells a sandbox that runs its new options: JSON object text */
void ngx_http_sandbox_tether_configure(ngx_http_sandbox_node_t *node,
    const char *fields);
/* asks to be told of a port, or no longer; results as of ..._tether() */
ngx_int_t ngx_http_sandbox_tether_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t on);
/* asks for a diagnosis of the port; likewise, and the packet's number */
ngx_int_t ngx_http_sandbox_tether_diagnose(ngx_http_sandbox_node_t *node,
    in_port_t port, uint32_t *seq);
/* tells a sandbox that runs what to run for these ports */
void ngx_http_sandbox_tether_commands(ngx_http_sandbox_node_t *node,
    ac_command_t *commands, size_t n);
/* a stop follows: what runs may end by itself within ms */
void ngx_http_sandbox_tether_prepare(ngx_http_sandbox_node_t *node,
    ngx_msec_t ms);
/* asks the agent; where what waits for its answer queues, or NULL */
ngx_queue_t *ngx_http_sandbox_tether_status(ngx_http_sandbox_node_t *node,
    uint32_t *seq);


/* ngx_http_sandbox_ask.c */

/* what an agent has told; -1: not that */

typedef struct {
    int64_t                        sleeps_in;          /* ms */
    int64_t                        memory;             /* bytes */
    int64_t                        pids;
    int64_t                        cpu;                /* ms */
} ngx_http_sandbox_told_t;

/*
 * Asks the agent.  NGX_OK: handler runs once, later, and within a second; told
 * is NULL when there was no answer.  NGX_DECLINED: no tether; NGX_ERROR.
 */
typedef void (*ngx_http_sandbox_ask_pt)(void *data,
    ngx_http_sandbox_told_t *told);
ngx_int_t ngx_http_sandbox_ask(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_ask_pt handler, void *data);
/* of tether.c: 1 when it is the answer to one of these; the tether closes */
ngx_uint_t ngx_http_sandbox_ask_reply(ngx_queue_t *asks,
    ac_agent_event_t *event);
void ngx_http_sandbox_ask_lost(ngx_queue_t *asks);


#endif /* _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_ */
