
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"


/*
 * The control connection between a worker and an agent.  No function waits:
 * sockets are non-blocking, and connect() on a unix socket succeeds or fails at
 * once.
 */


/* the states of a sandbox that the API distinguishes */

typedef enum {
    NGX_HTTP_SANDBOX_ASLEEP = 0,       /* no agent, and nothing is starting */
    NGX_HTTP_SANDBOX_STARTING,         /* being started, stopped or destroyed */
    NGX_HTTP_SANDBOX_RUNNING,          /* its agent accepts connections */
    NGX_HTTP_SANDBOX_PAUSED            /* by somebody else than nginx */
} ngx_http_sandbox_tether_state_e;


/* private to the tether files */

struct ngx_http_sandbox_tether_s {
    ngx_http_sandbox_node_t  *node;
    ngx_connection_t         *connection;
    uint32_t                  seq;
    uint16_t                 *ports;
    ngx_uint_t                nports;
    int64_t                   generation;  /* of its options; -1: unknown */
    int64_t                   told;        /* the one last sent, or 0 */
    uint32_t                  told_seq;
    unsigned                  served:1;  /* the agent has sent hello */
    unsigned                  going:1;   /* the agent is about to exit */
};


/*
 * Receives unsolicited packets of an agent.  Both handlers are called from the
 * event loop, or from a call that closes the tether; lost must not call the
 * code that closes it, but post an event instead.  Either may be NULL.
 */

struct ngx_http_sandbox_tether_observer_s {
    ngx_queue_t               queue;
    void                    (*event)(ngx_http_sandbox_tether_observer_t *o,
                                  ac_agent_event_t *event);
    void                    (*lost)(ngx_http_sandbox_tether_observer_t *o);
    void                     *data;
};


/* the owner must remove an observer before freeing it */
void ngx_http_sandbox_tether_observe(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_tether_observer_t *o);
void ngx_http_sandbox_tether_unobserve(ngx_http_sandbox_tether_observer_t *o);


/*
 * The state of a sandbox as far as its sockets tell, never PAUSED: see state.h.
 * It is not started, but its tether is connected if it runs.
 */
ngx_http_sandbox_tether_state_e ngx_http_sandbox_tether_state(
    ngx_http_sandbox_node_t *node);

/*
 * Connects node->tether, if it is not.  NGX_OK: the sandbox is running,
 * according to the kernel.  NGX_DECLINED: it is not running, or does not exist.
 * NGX_AGAIN: it is going to sleep, or its backlog is full: try again.
 * NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_tether(ngx_http_sandbox_node_t *node);
/*
 * The same, but NGX_OK only after hello of the agent: before, the sockets may
 * be held by a worker that never passes them on, and data sent to them would
 * be lost.
 */
ngx_int_t ngx_http_sandbox_tether_served(ngx_http_sandbox_node_t *node);
/* the same as the first, after a successful boot handshake */
ngx_int_t ngx_http_sandbox_tether_booted(ngx_http_sandbox_node_t *node);
/* closes the tether, if any, and tells its observers; the node remains */
void ngx_http_sandbox_tether_close(ngx_http_sandbox_node_t *node);
/* peeks at the socket: 1 if the tether is still connected */
ngx_uint_t ngx_http_sandbox_tether_alive(ngx_http_sandbox_node_t *node);
/* 1 if an app listens on the exposed port, by the agent's last report */
ngx_uint_t ngx_http_sandbox_tether_listens(ngx_http_sandbox_node_t *node,
    in_port_t port);
/*
 * listening ports by the agent's last report; returns their number; *ports
 * belongs to the tether and is valid until its next event
 */
ngx_uint_t ngx_http_sandbox_tether_ports(ngx_http_sandbox_node_t *node,
    uint16_t **ports);


#endif /* _NGX_HTTP_SANDBOX_TETHER_H_INCLUDED_ */
