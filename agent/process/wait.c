
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/time.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "net/probe.h"
#include "process/json.h"
#include "process/params.h"
#include "process/process.h"
#include "process/routes.h"
#include "process/wait.h"


typedef struct {
    agent_wait_t    wait;
    agent_probe_t  *probe;
    int             port;
} agent_wait_port_t;


static json_t *agent_wait_context(agent_wait_t *w);
static void agent_wait_timer(uv_timer_t *timer);
static void agent_wait_close(agent_request_t *r, int aborted);
static void agent_wait_exit_ready(agent_process_observer_t *observer);
static void agent_wait_port_ready(void *data, int status);
static void agent_wait_port_exit(agent_process_observer_t *observer);
static void agent_wait_port_close(agent_wait_t *w);


static size_t      agent_process_waits;


agent_wait_t *
agent_wait_create(agent_request_t *r, size_t size, uint64_t timeout_ms,
    const char *condition)
{
    agent_wait_t     *w;
    agent_process_t  *p;

    p = agent_process_routes_of(r);

    if (p == NULL) {
        return NULL;
    }

    w = calloc(1, size);

    if (w == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return NULL;
    }

    if (agent_process_wait_enter(r) != 0) {
        free(w);
        return NULL;
    }

    w->r = r;
    w->began = agent_time_ms();
    w->timeout_ms = timeout_ms;
    w->observer.data = w;
    w->handles = 1;

    snprintf(w->condition, sizeof(w->condition), "%s", condition);

    agent_process_observe(p, &w->observer);

    r->data = w;
    r->on_close = agent_wait_close;

    uv_timer_init(agent_loop, &w->timer);
    w->timer.data = w;

    if (timeout_ms) {
        uv_update_time(agent_loop);
        uv_timer_start(&w->timer, agent_wait_timer, timeout_ms, 0);
    }

    return w;
}


void
agent_wait_ready(agent_wait_t *w, json_t *json)
{
    json_t  *reply;

    if (w->over) {
        json_decref(json);
        return;
    }

    w->over = 1;

    reply = agent_process_json_reply(w->observer.process);

    if (reply && json) {
        json_object_update(reply, json);
    }

    json_decref(json);

    agent_response_json(w->r, 200, reply);
}


void
agent_wait_exited(agent_wait_t *w)
{
    json_t           *context;
    agent_process_t  *p;

    if (w->over) {
        return;
    }

    w->over = 1;

    p = w->observer.process;

    context = agent_wait_context(w);
    agent_process_json_end(context, p);

    agent_http_error(w->r, 500, "PROCESS_EXITED_BEFORE_READY", context,
                     "Process %s exited with code %d before %s", p->id,
                     p->exit.code, w->condition);
}


void
agent_wait_no_memory(agent_wait_t *w)
{
    w->over = 1;

    agent_http_error(w->r, 500, "INTERNAL_ERROR", NULL, "out of memory");
}


static json_t *
agent_wait_context(agent_wait_t *w)
{
    agent_process_t  *p;

    p = w->observer.process;

    return json_pack("{s:s, s:s, s:s}",
                     "processId", p->id,
                     "command", p->command,
                     "condition", w->condition);
}


static void
agent_wait_timer(uv_timer_t *timer)
{
    json_t        *context;
    agent_wait_t  *w;

    w = timer->data;

    if (w->over) {
        return;
    }

    w->over = 1;

    context = agent_wait_context(w);

    if (context) {
        json_object_set_new(context, "timeout",
                            json_integer((json_int_t) w->timeout_ms));
    }

    agent_http_error(w->r, 408, "PROCESS_READY_TIMEOUT", context,
                     "Process %s: timed out waiting for %s after %" PRIu64
                     " ms",
                     w->observer.process->id, w->condition, w->timeout_ms);
}


static void
agent_wait_close(agent_request_t *r, int aborted)
{
    agent_wait_t  *w;

    w = r->data;
    w->over = 1;

    if (w->on_close) {
        w->on_close(w);
    }

    agent_process_unobserve(&w->observer);
    agent_process_wait_leave();

    uv_close((uv_handle_t *) &w->timer, agent_wait_closed);
}


void
agent_wait_closed(uv_handle_t *handle)
{
    agent_wait_t  *w;

    w = handle->data;

    if (--w->handles == 0) {
        free(w);
    }
}


void
agent_process_wait_exit(agent_request_t *r, json_t *body)
{
    uint64_t        timeout;
    agent_wait_t   *w;
    agent_fault_t   fault;

    if (agent_json_ms(body, "timeoutMs", &timeout, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    w = agent_wait_create(r, sizeof(agent_wait_t), timeout, "exit");

    if (w == NULL) {
        return;
    }

    w->observer.on_exit = agent_wait_exit_ready;

    if (agent_process_ended(w->observer.process)) {
        agent_wait_exit_ready(&w->observer);
    }
}


static void
agent_wait_exit_ready(agent_process_observer_t *observer)
{
    json_t  *json;

    json = json_object();

    agent_process_json_end(json, observer->process);
    agent_wait_ready(observer->data, json);
}


void
agent_process_wait_port(agent_request_t *r, json_t *body)
{
    char                 condition[64];
    agent_fault_t        fault;
    agent_wait_port_t   *w;
    agent_probe_port_t   wanted;

    if (agent_process_params_port(body, &wanted, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    snprintf(condition, sizeof(condition), "port %d", wanted.port);

    w = (agent_wait_port_t *) agent_wait_create(r, sizeof(agent_wait_port_t),
                                                wanted.timeout_ms, condition);

    if (w == NULL) {
        return;
    }

    w->port = wanted.port;
    w->wait.observer.on_exit = agent_wait_port_exit;
    w->wait.on_close = agent_wait_port_close;

    if (agent_process_ended(w->wait.observer.process)) {
        agent_wait_exited(&w->wait);
        return;
    }

    w->probe = agent_probe_start(&wanted, agent_wait_port_ready, w);

    if (w->probe == NULL) {
        agent_wait_no_memory(&w->wait);
    }
}


static void
agent_wait_port_ready(void *data, int status)
{
    json_t             *json;
    agent_wait_port_t  *w;

    w = data;

    json = json_pack("{s:i, s:I}", "port", w->port, "duration",
                     (json_int_t) (agent_time_ms() - w->wait.began));

    if (json && status) {
        json_object_set_new(json, "statusCode", json_integer(status));
    }

    agent_wait_ready(&w->wait, json);
    agent_wait_port_close(&w->wait);
}


static void
agent_wait_port_exit(agent_process_observer_t *observer)
{
    agent_wait_exited(observer->data);
}


static void
agent_wait_port_close(agent_wait_t *wait)
{
    agent_wait_port_t  *w;

    w = (agent_wait_port_t *) wait;

    agent_probe_stop(w->probe);
    w->probe = NULL;
}


int
agent_process_wait_enter(agent_request_t *r)
{
    agent_fault_t  fault;

    if (agent_process_waits >= AGENT_PROCESS_WAITS) {
        (void) agent_process_limit(&fault, "waiting requests",
                                   AGENT_PROCESS_WAITS);
        agent_http_error_fault(r, &fault);
        return -1;
    }

    agent_process_waits++;

    return 0;
}


void
agent_process_wait_leave(void)
{
    agent_process_waits--;
}
