
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


/*
 * Requests the status of the agent.  NGX_OK: handler is called once, later,
 * within a second; status is NULL if there was no reply.  NGX_DECLINED: no
 * tether; NGX_ERROR.
 */
typedef void (*ngx_http_sandbox_agent_request_pt)(void *data,
    ngx_http_sandbox_agent_status_t *status);
ngx_int_t ngx_http_sandbox_agent_request(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_agent_request_pt handler, void *data);
/* called by tether.c: 1 if it is a reply to such a request; on its close */
ngx_uint_t ngx_http_sandbox_agent_request_reply(ngx_queue_t *requests,
    ac_agent_event_t *event);
void ngx_http_sandbox_agent_request_lost(ngx_queue_t *requests);


#endif /* _NGX_HTTP_SANDBOX_AGENT_REQUEST_H_INCLUDED_ */
