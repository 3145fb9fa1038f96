
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "core/ngx_http_sandbox_timer.h"
#include "sandbox/ngx_http_sandbox_agent_request.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"


/*
 * Requests to the agent of a running sandbox over the tether.  The agent may
 * not respond, or may lie: each request has a deadline, and its result is used
 * only for display.
 */


#define NGX_HTTP_SANDBOX_AGENT_STATUS_TIME  1000


typedef struct {
    ngx_http_sandbox_agent_request_t   request;
    ngx_http_sandbox_node_t           *node;            /* referenced */
    ngx_http_sandbox_agent_status_pt   handler;
    void                              *data;
} ngx_http_sandbox_agent_status_request_t;


static void ngx_http_sandbox_agent_request_event(
    ngx_http_sandbox_tether_observer_t *o, ac_agent_event_t *event);
static void ngx_http_sandbox_agent_request_lost(
    ngx_http_sandbox_tether_observer_t *o);
static void ngx_http_sandbox_agent_request_timer_handler(ngx_event_t *ev);
static void ngx_http_sandbox_agent_status_handler(
    ngx_http_sandbox_agent_request_t *req, ac_agent_event_t *event);


void
ngx_http_sandbox_agent_request(ngx_http_sandbox_agent_request_t *req,
    ngx_http_sandbox_node_t *node, uint32_t seq, ac_agent_event_e type,
    ngx_msec_t ms)
{
    req->seq = seq;
    req->type = type;
    req->pending = 1;
    req->lost = 0;

    req->observer.event = ngx_http_sandbox_agent_request_event;
    req->observer.lost = ngx_http_sandbox_agent_request_lost;
    req->observer.data = req;

    ngx_http_sandbox_tether_observe(node, &req->observer);

    ngx_http_sandbox_timer_init(&req->timer, &req->dummy,
                                ngx_http_sandbox_agent_request_timer_handler,
                                req, ngx_cycle->log);

    ngx_add_timer(&req->timer, ms);
}


void
ngx_http_sandbox_agent_request_cancel(ngx_http_sandbox_agent_request_t *req)
{
    if (!req->pending) {
        return;
    }

    req->pending = 0;

    ngx_http_sandbox_tether_unobserve(&req->observer);

    if (req->timer.timer_set) {
        ngx_del_timer(&req->timer);
    }
}


static void
ngx_http_sandbox_agent_request_event(ngx_http_sandbox_tether_observer_t *o,
    ac_agent_event_t *event)
{
    ngx_http_sandbox_agent_request_t  *req;

    req = o->data;

    if (req->lost || event->type != req->type || event->seq != req->seq) {
        return;
    }

    ngx_http_sandbox_agent_request_cancel(req);

    req->handler(req, event);
}


/* the tether may be closed from within anything: report it from the loop */

static void
ngx_http_sandbox_agent_request_lost(ngx_http_sandbox_tether_observer_t *o)
{
    ngx_http_sandbox_agent_request_t  *req;

    req = o->data;

    if (!req->lost) {
        req->lost = 1;

        ngx_add_timer(&req->timer, 0);
    }
}


static void
ngx_http_sandbox_agent_request_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *c;
    ngx_http_sandbox_agent_request_t  *req;

    c = ev->data;
    req = c->data;

    ngx_http_sandbox_agent_request_cancel(req);

    req->handler(req, NULL);
}


ngx_int_t
ngx_http_sandbox_agent_request_status(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_agent_status_pt handler, void *data)
{
    ngx_int_t                                 rc;
    uint32_t                                  seq;
    ngx_http_sandbox_agent_status_request_t  *status;

    status = ngx_calloc(sizeof(ngx_http_sandbox_agent_status_request_t),
                        ngx_cycle->log);
    if (status == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_sandbox_tether_send_status(node, &seq);

    if (rc != NGX_OK) {
        ngx_free(status);
        return NGX_DECLINED;
    }

    status->node = node;
    status->handler = handler;
    status->data = data;

    node->refs++;

    status->request.handler = ngx_http_sandbox_agent_status_handler;
    status->request.data = status;

    ngx_http_sandbox_agent_request(&status->request, node, seq, AC_AGENT_REPLY,
                                   NGX_HTTP_SANDBOX_AGENT_STATUS_TIME);

    return NGX_OK;
}


static void
ngx_http_sandbox_agent_status_handler(ngx_http_sandbox_agent_request_t *req,
    ac_agent_event_t *event)
{
    ngx_http_sandbox_node_t                  *node;
    ngx_http_sandbox_agent_status_t           s;
    ngx_http_sandbox_agent_status_request_t  *status;

    status = req->data;
    node = status->node;

    if (event && event->error[0]) {
        event = NULL;
    }

    if (event) {
        s.sleeps_in = event->sleeps_in_ms;
        s.memory = event->memory;
        s.pids = event->pids;
        s.cpu = event->cpu_ms;
    }

    status->handler(status->data, event ? &s : NULL);

    ngx_free(status);

    ngx_http_sandbox_node_release(node);
}
