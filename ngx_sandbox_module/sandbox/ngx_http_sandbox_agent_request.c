
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "core/ngx_http_sandbox_timer.h"
#include "sandbox/ngx_http_sandbox_agent_request.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"


/*
 * Status requests to the agent of a running sandbox over the tether: resource
 * usage, and the time until it goes to sleep.  The agent may not reply, or may
 * lie: it has one second, and the result is used only for display.
 */


#define NGX_HTTP_SANDBOX_AGENT_REQUEST_TIME  1000


struct ngx_http_sandbox_agent_request_s {
    ngx_queue_t                       queue;    /* in the list of the tether */
    uint32_t                          seq;
    ngx_http_sandbox_node_t          *node;     /* referenced */
    ngx_http_sandbox_agent_request_pt handler;
    void                             *data;
    ngx_http_sandbox_agent_status_t   status;
    ngx_event_t                       timer;
    ngx_connection_t                  dummy;
    unsigned                          queued:1;
    unsigned                          answered:1;
};


static void ngx_http_sandbox_agent_request_over(
    ngx_http_sandbox_agent_request_t *req);
static void ngx_http_sandbox_agent_request_timer_handler(ngx_event_t *ev);


ngx_int_t
ngx_http_sandbox_agent_request(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_agent_request_pt handler, void *data)
{
    ngx_queue_t                       *requests;
    ngx_http_sandbox_agent_request_t  *req;

    req = ngx_calloc(sizeof(ngx_http_sandbox_agent_request_t), ngx_cycle->log);
    if (req == NULL) {
        return NGX_ERROR;
    }

    requests = ngx_http_sandbox_tether_send_status(node, &req->seq);

    if (requests == NULL) {
        ngx_free(req);
        return NGX_DECLINED;
    }

    ngx_queue_insert_tail(requests, &req->queue);
    req->queued = 1;

    req->node = node;
    req->handler = handler;
    req->data = data;

    node->refs++;

    ngx_http_sandbox_timer_init(&req->timer, &req->dummy,
                                ngx_http_sandbox_agent_request_timer_handler,
                                req, ngx_cycle->log);

    ngx_add_timer(&req->timer, NGX_HTTP_SANDBOX_AGENT_REQUEST_TIME);

    return NGX_OK;
}


ngx_uint_t
ngx_http_sandbox_agent_request_reply(ngx_queue_t *requests,
    ac_agent_event_t *event)
{
    ngx_queue_t                       *q;
    ngx_http_sandbox_agent_request_t  *req;

    for (q = ngx_queue_head(requests);
         q != ngx_queue_sentinel(requests);
         q = ngx_queue_next(q))
    {
        req = ngx_queue_data(q, ngx_http_sandbox_agent_request_t, queue);

        if (req->seq != event->seq) {
            continue;
        }

        if (event->error[0] == '\0') {
            req->answered = 1;
            req->status.sleeps_in = event->sleeps_in_ms;
            req->status.memory = event->memory;
            req->status.pids = event->pids;
            req->status.cpu = event->cpu_ms;
        }

        ngx_http_sandbox_agent_request_over(req);

        return 1;
    }

    return 0;
}


void
ngx_http_sandbox_agent_request_lost(ngx_queue_t *requests)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(requests)) {
        q = ngx_queue_head(requests);

        ngx_http_sandbox_agent_request_over(
            ngx_queue_data(q, ngx_http_sandbox_agent_request_t, queue));
    }
}


/* the handler may close the tether, which owns this request */

static void
ngx_http_sandbox_agent_request_over(ngx_http_sandbox_agent_request_t *req)
{
    ngx_queue_remove(&req->queue);
    req->queued = 0;

    if (req->timer.timer_set) {
        ngx_del_timer(&req->timer);
    }

    ngx_post_event(&req->timer, &ngx_posted_events);
}


static void
ngx_http_sandbox_agent_request_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *c;
    ngx_http_sandbox_agent_request_t  *req;
    ngx_http_sandbox_node_t           *node;

    c = ev->data;
    req = c->data;
    node = req->node;

    if (req->queued) {
        ngx_queue_remove(&req->queue);
    }

    req->handler(req->data, req->answered ? &req->status : NULL);

    ngx_free(req);

    ngx_http_sandbox_node_release(node);
}
