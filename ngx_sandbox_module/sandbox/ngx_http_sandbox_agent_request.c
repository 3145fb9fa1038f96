
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
    ngx_http_sandbox_agent_status_t   told;
    ngx_event_t                       timer;
    ngx_connection_t                  dummy;
    unsigned                          queued:1;
    unsigned                          answered:1;
};


static void ngx_http_sandbox_agent_request_over(
    ngx_http_sandbox_agent_request_t *ask);
static void ngx_http_sandbox_agent_request_timer_handler(ngx_event_t *ev);


ngx_int_t
ngx_http_sandbox_agent_request(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_agent_request_pt handler, void *data)
{
    ngx_queue_t                       *asks;
    ngx_http_sandbox_agent_request_t  *ask;

    ask = ngx_calloc(sizeof(ngx_http_sandbox_agent_request_t), ngx_cycle->log);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    asks = ngx_http_sandbox_tether_send_status(node, &ask->seq);

    if (asks == NULL) {
        ngx_free(ask);
        return NGX_DECLINED;
    }

    ngx_queue_insert_tail(asks, &ask->queue);
    ask->queued = 1;

    ask->node = node;
    ask->handler = handler;
    ask->data = data;

    node->refs++;

    ngx_http_sandbox_timer_init(&ask->timer, &ask->dummy,
                                ngx_http_sandbox_agent_request_timer_handler,
                                ask, ngx_cycle->log);

    ngx_add_timer(&ask->timer, NGX_HTTP_SANDBOX_AGENT_REQUEST_TIME);

    return NGX_OK;
}


ngx_uint_t
ngx_http_sandbox_agent_request_reply(ngx_queue_t *asks, ac_agent_event_t *event)
{
    ngx_queue_t                       *q;
    ngx_http_sandbox_agent_request_t  *ask;

    for (q = ngx_queue_head(asks);
         q != ngx_queue_sentinel(asks);
         q = ngx_queue_next(q))
    {
        ask = ngx_queue_data(q, ngx_http_sandbox_agent_request_t, queue);

        if (ask->seq != event->seq) {
            continue;
        }

        if (event->error[0] == '\0') {
            ask->answered = 1;
            ask->told.sleeps_in = event->sleeps_in_ms;
            ask->told.memory = event->memory;
            ask->told.pids = event->pids;
            ask->told.cpu = event->cpu_ms;
        }

        ngx_http_sandbox_agent_request_over(ask);

        return 1;
    }

    return 0;
}


void
ngx_http_sandbox_agent_request_lost(ngx_queue_t *asks)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(asks)) {
        q = ngx_queue_head(asks);

        ngx_http_sandbox_agent_request_over(
            ngx_queue_data(q, ngx_http_sandbox_agent_request_t, queue));
    }
}


/* the handler may close the tether, which owns this request */

static void
ngx_http_sandbox_agent_request_over(ngx_http_sandbox_agent_request_t *ask)
{
    ngx_queue_remove(&ask->queue);
    ask->queued = 0;

    if (ask->timer.timer_set) {
        ngx_del_timer(&ask->timer);
    }

    ngx_post_event(&ask->timer, &ngx_posted_events);
}


static void
ngx_http_sandbox_agent_request_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *c;
    ngx_http_sandbox_agent_request_t  *ask;
    ngx_http_sandbox_node_t           *node;

    c = ev->data;
    ask = c->data;
    node = ask->node;

    if (ask->queued) {
        ngx_queue_remove(&ask->queue);
    }

    ask->handler(ask->data, ask->answered ? &ask->told : NULL);

    ngx_free(ask);

    ngx_http_sandbox_node_release(node);
}
