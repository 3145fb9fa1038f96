
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>

#include "base/fault.h"
#include "http/error.h"
#include "http/request.h"
#include "http/sse.h"
#include "net/probe.h"
#include "port/ready_route.h"
#include "process/json.h"
#include "process/params.h"
#include "process/process.h"
#include "process/wait.h"


/*
 * POST /api/port-watch: an event stream until the port is ready or the process
 * exits
 */

typedef struct {
    agent_sse_t               *sse;
    agent_process_observer_t   observer;
    agent_probe_t             *probe;
    int                        port;
    unsigned                   over:1;
} agent_ready_route_t;


static void agent_ready_route_ready(void *data, int status);
static void agent_ready_route_exit(agent_process_observer_t *w);
static void agent_ready_route_end(agent_ready_route_t *x, json_t *json);
static void agent_ready_route_close(void *data);


void
agent_ready_route(agent_request_t *r, json_t *body)
{
    agent_fault_t           fault;
    agent_process_t        *p;
    agent_ready_route_t    *x;
    agent_probe_port_t      wanted;

    if (agent_process_params_port(body, &wanted, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    x = calloc(1, sizeof(agent_ready_route_t));

    if (x == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    if (agent_process_wait_enter(r) != 0) {
        free(x);
        return;
    }

    x->sse = agent_sse_create(r);

    if (x->sse == NULL) {
        agent_process_wait_leave();
        free(x);
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    x->sse->data = x;
    x->sse->on_close = agent_ready_route_close;

    x->port = wanted.port;
    x->observer.data = x;
    x->observer.on_exit = agent_ready_route_exit;

    agent_sse_json(x->sse, NULL, json_pack("{s:s, s:i}", "type", "watching",
                                           "port", x->port));

    if (wanted.process) {
        p = agent_process_find(wanted.process);

        if (p == NULL) {
            agent_ready_route_end(x, json_pack("{s:s, s:i, s:s}",
                                               "type", "error",
                                               "port", x->port,
                                               "error", "Process not found"));
            return;
        }

        agent_process_observe(p, &x->observer);

        if (agent_process_ended(p)) {
            agent_ready_route_exit(&x->observer);
            return;
        }
    }

    x->probe = agent_probe_start(&wanted, agent_ready_route_ready, x);

    if (x->probe == NULL) {
        agent_ready_route_end(x, json_pack("{s:s, s:i, s:s}",
                                           "type", "error",
                                           "port", x->port,
                                           "error", "out of memory"));
    }
}


static void
agent_ready_route_ready(void *data, int status)
{
    json_t               *json;
    agent_ready_route_t  *x;

    x = data;

    json = json_pack("{s:s, s:i}", "type", "ready", "port", x->port);

    if (json && status) {
        json_object_set_new(json, "statusCode", json_integer(status));
    }

    agent_ready_route_end(x, json);
}


static void
agent_ready_route_exit(agent_process_observer_t *w)
{
    json_t               *json;
    agent_ready_route_t  *x;

    x = w->data;

    if (x->over) {
        return;
    }

    json = json_pack("{s:s, s:i}", "type", "process_exited", "port", x->port);

    agent_process_json_end(json, w->process);
    agent_ready_route_end(x, json);
}


static void
agent_ready_route_end(agent_ready_route_t *x, json_t *json)
{
    x->over = 1;

    agent_probe_stop(x->probe);
    x->probe = NULL;

    agent_sse_json(x->sse, NULL, json);
    agent_sse_end(x->sse);
}


static void
agent_ready_route_close(void *data)
{
    agent_ready_route_t  *x;

    x = data;

    agent_probe_stop(x->probe);
    agent_process_unobserve(&x->observer);
    agent_process_wait_leave();

    free(x);
}
