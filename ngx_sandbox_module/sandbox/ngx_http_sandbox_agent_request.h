
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/* a request to the agent over the tether, with a deadline */


struct ngx_http_sandbox_agent_request_s {
    ngx_http_sandbox_tether_observer_t
                                   observer;
    ac_agent_event_e               type;               /* of the response */
    uint32_t                       seq;
    ngx_event_t                    timer;
    ngx_connection_t               dummy;
    /*
     * Called once, from the event loop; the request is no longer pending.
     * event is the response, valid only during the call, or NULL: the deadline
     * has passed, or the tether was closed (lost).
     */
    void                         (*handler)(
                                       ngx_http_sandbox_agent_request_t *req,
                                       ac_agent_event_t *event);
    void                          *data;
    unsigned                       pending:1;
    unsigned                       lost:1;
};


/* status reported by an agent; -1: unknown */

typedef struct {
    int64_t                        sleeps_in;          /* ms */
    int64_t                        memory;             /* bytes */
    int64_t                        pids;
    int64_t                        cpu;                /* ms */
} ngx_http_sandbox_agent_status_t;


/* status is NULL if there was no reply; it is valid only during the call */
typedef void (*ngx_http_sandbox_agent_status_pt)(void *data,
    ngx_http_sandbox_agent_status_t *status);

/*
 * Waits at most ms for an event of the type with the number that was sent.
 * The caller has set handler and data, holds the node, and keeps the request
 * until the handler is called or it has cancelled.
 */
void ngx_http_sandbox_agent_request(ngx_http_sandbox_agent_request_t *req,
    ngx_http_sandbox_node_t *node, uint32_t seq, ac_agent_event_e type,
    ngx_msec_t ms);
/* idempotent */
void ngx_http_sandbox_agent_request_cancel(
    ngx_http_sandbox_agent_request_t *req);
/*
 * Requests the status of the agent, without waiting for it.  NGX_OK: handler is
 * called once, from the event loop, within a second; the node is referenced
 * until then.  Otherwise it is not called: NGX_DECLINED: no tether; NGX_ERROR:
 * out of memory.
 */
ngx_int_t ngx_http_sandbox_agent_request_status(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_agent_status_pt handler, void *data);


#endif /* _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_ */
