
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"


/* a status request to the agent, with a deadline */


/* status reported by an agent; -1: unknown */

typedef struct {
    int64_t                        sleeps_in;          /* ms */
    int64_t                        memory;             /* bytes */
    int64_t                        pids;
    int64_t                        cpu;                /* ms */
} ngx_http_sandbox_agent_status_t;


/* status is NULL if there was no reply; it is valid only during the call */
typedef void (*ngx_http_sandbox_agent_request_pt)(void *data,
    ngx_http_sandbox_agent_status_t *status);
/*
 * Requests the status of the agent, without waiting for it.  NGX_OK: handler is
 * called once, from the event loop, within a second; the node is referenced
 * until then.  Otherwise it is not called: NGX_DECLINED: no tether; NGX_ERROR:
 * out of memory.
 */
ngx_int_t ngx_http_sandbox_agent_request(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_agent_request_pt handler, void *data);
/*
 * For tether.c, with the list of its pending requests: 1 if event was the reply
 * to one of them; and when the tether is closed, which ends all.
 */
ngx_uint_t ngx_http_sandbox_agent_request_reply(ngx_queue_t *requests,
    ac_agent_event_t *event);
void ngx_http_sandbox_agent_request_lost(ngx_queue_t *requests);


#endif /* _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_ */
