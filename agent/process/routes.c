
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/time.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "process/json.h"
#include "process/logs.h"
#include "process/params.h"
#include "process/process.h"
#include "process/routes.h"
#include "process/start.h"
#include "process/stdin.h"
#include "process/stream.h"
#include "process/wait.h"
#include "process/wait_log.h"
#include "run/command.h"
#include "sys/signal.h"


#define AGENT_PROCESS_SIGNAL_JSON  4096


/* a DELETE that waits for one process or for all; freed with its request */

typedef struct {
    agent_request_t           *r;
    int                        all;
    size_t                     left;
    size_t                     n;
    agent_process_observer_t   observers[];
} agent_process_kill_t;


static void agent_process_routes_list(agent_request_t *r);
static void agent_process_routes_get(agent_request_t *r);
static void agent_process_routes_delete(agent_request_t *r);
static void agent_process_routes_delete_all(agent_request_t *r);
static int agent_process_arg_signal(agent_request_t *r, int *sig);
static void agent_process_kill(agent_request_t *r, agent_process_t *p,
    int sig);
static void agent_process_kill_exit(agent_process_observer_t *w);
static void agent_process_kill_answer(agent_process_kill_t *k,
    agent_process_t *p);
static void agent_process_kill_close(agent_request_t *r, int aborted);
static void agent_process_routes_signal(agent_request_t *r, json_t *body);


const agent_route_t  agent_process_routes[] = {
    { "POST", "/api/process/start",
      NULL, agent_process_start, AGENT_COMMAND_JSON_MAX },
    { "GET", "/api/process/list", agent_process_routes_list, NULL, 0 },
    { "DELETE", "/api/process/kill-all",
      agent_process_routes_delete_all, NULL, 0 },
    { "GET", "/api/process/:process", agent_process_routes_get, NULL, 0 },
    { "DELETE", "/api/process/:process",
      agent_process_routes_delete, NULL, 0 },
    { "GET", "/api/process/:process/logs", agent_process_logs, NULL, 0 },
    { "GET", "/api/process/:process/stream", agent_process_stream, NULL, 0 },
    { "POST", "/api/process/:process/stdin",
      agent_process_stdin_post, NULL, 0 },
    { "POST", "/api/process/:process/signal",
      NULL, agent_process_routes_signal, AGENT_PROCESS_SIGNAL_JSON },
    { "POST", "/api/process/:process/wait-for-exit",
      NULL, agent_process_wait_exit, AGENT_WAIT_JSON_MAX },
    { "POST", "/api/process/:process/wait-for-log",
      NULL, agent_process_wait_log, AGENT_WAIT_JSON_MAX },
    { "POST", "/api/process/:process/wait-for-port",
      NULL, agent_process_wait_port, AGENT_WAIT_JSON_MAX },
    { NULL, NULL, NULL, NULL, 0 }
};


static void
agent_process_routes_list(agent_request_t *r)
{
    char             *status;
    json_t           *list;
    agent_process_t  *p;

    list = json_array();
    status = agent_request_arg(r, "status");

    for (p = TAILQ_FIRST(&agent_process_list); p; p = TAILQ_NEXT(p, link)) {

        if (status == NULL
            || strcmp(status, agent_process_json_status(p->status)) == 0)
        {
            json_array_append_new(list, agent_process_json(p));
        }
    }

    free(status);

    agent_response_success(r, "processes", list);
}


static void
agent_process_routes_get(agent_request_t *r)
{
    agent_process_t  *p;

    p = agent_process_routes_of(r);

    if (p) {
        agent_response_success(r, "process", agent_process_json(p));
    }
}


static void
agent_process_routes_delete(agent_request_t *r)
{
    int               sig;
    agent_process_t  *p;

    p = agent_process_routes_running(r);

    if (p && agent_process_arg_signal(r, &sig) == 0) {
        agent_process_kill(r, p, sig);
    }
}


static void
agent_process_routes_delete_all(agent_request_t *r)
{
    int  sig;

    if (agent_process_arg_signal(r, &sig) == 0) {
        agent_process_kill(r, NULL, sig);
    }
}


/* parses ?signal=; 0, or -1 after an error response */

static int
agent_process_arg_signal(agent_request_t *r, int *sig)
{
    char  *arg;

    *sig = SIGTERM;

    arg = agent_request_arg(r, "signal");

    if (arg == NULL) {
        return 0;
    }

    *sig = agent_signal_number(arg);

    free(arg);

    if (*sig == 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "signal: must be a name such as \"TERM\" or a number "
                         "from 1 to 64");
        return -1;
    }

    return 0;
}


/*
 * kills one process or all running processes; responds when they have exited
 */

static void
agent_process_kill(agent_request_t *r, agent_process_t *p, int sig)
{
    size_t                     n;
    unsigned                   grace;
    agent_process_t           *each;
    agent_process_kill_t      *k;
    agent_process_observer_t  *w;

    n = 0;

    for (each = TAILQ_FIRST(&agent_process_list);
         each;
         each = TAILQ_NEXT(each, link))
    {
        n += (each->status == AGENT_PROCESS_RUNS && (p == NULL || p == each));
    }

    k = calloc(1, sizeof(agent_process_kill_t)
                  + n * sizeof(agent_process_observer_t));

    if (k == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    k->r = r;
    k->all = (p == NULL);

    r->data = k;
    r->on_close = agent_process_kill_close;

    grace = sig == SIGKILL ? 0 : AGENT_PROCESS_GRACE;

    for (each = TAILQ_FIRST(&agent_process_list);
         each;
         each = TAILQ_NEXT(each, link))
    {

        if (each->status != AGENT_PROCESS_RUNS || (p && p != each)) {
            continue;
        }

        w = &k->observers[k->n];

        w->data = k;
        w->on_exit = agent_process_kill_exit;

        agent_process_observe(each, w);

        k->n++;
        k->left++;

        each->killed = 1;
        agent_command_stop(each->cmd, sig, grace);
    }

    if (k->left == 0) {
        agent_process_kill_answer(k, NULL);
    }
}


static void
agent_process_kill_exit(agent_process_observer_t *w)
{
    agent_process_kill_t  *k;

    k = w->data;

    if (--k->left == 0) {
        agent_process_kill_answer(k, k->all ? NULL : w->process);
    }

    agent_process_unobserve(w);
}


static void
agent_process_kill_answer(agent_process_kill_t *k, agent_process_t *p)
{
    char     stamp[32];
    json_t  *json;

    if (p) {
        json = agent_process_json_reply(p);
        agent_process_json_end(json, p);

    } else {
        json = json_pack("{s:b, s:I, s:s}",
                         "success", 1,
                         "cleanedCount", (json_int_t) k->n,
                         "timestamp", agent_time_iso(stamp));
    }

    agent_response_json(k->r, 200, json);
}


static void
agent_process_kill_close(agent_request_t *r, int aborted)
{
    size_t                 i;
    agent_process_kill_t  *k;

    k = r->data;

    /* kills already begun continue */

    for (i = 0; i < k->n; i++) {
        agent_process_unobserve(&k->observers[i]);
    }

    free(k);
}


static void
agent_process_routes_signal(agent_request_t *r, json_t *body)
{
    int               sig;
    char              name[16];
    json_t           *json;
    agent_fault_t     fault;
    agent_process_t  *p;

    if (agent_process_params_signal(body, &sig, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    p = agent_process_routes_running(r);

    if (p == NULL) {
        return;
    }

    agent_command_signal(p->cmd, sig);

    json = agent_process_json_reply(p);

    if (json) {
        json_object_set_new(json, "signal",
                            json_string(agent_signal_name(sig, name)));
    }

    agent_response_json(r, 200, json);
}


/* "/api/process/<id>…" */

agent_process_t *
agent_process_routes_of(agent_request_t *r)
{
    char              id[AGENT_PROCESS_ID + 1];
    size_t            len;
    const char       *s;
    agent_process_t  *p;

    s = r->path + sizeof("/api/process/") - 1;
    len = strcspn(s, "/");

    if (len < sizeof(id)) {
        memcpy(id, s, len);
        id[len] = '\0';

        p = agent_process_find(id);

        if (p) {
            return p;
        }

        if (agent_process_params_id(id)) {
            agent_http_error(r, 404, "PROCESS_NOT_FOUND",
                             json_pack("{s:s}", "processId", id),
                             "Process not found: %s", id);
            return NULL;
        }
    }

    agent_http_error(r, 404, "PROCESS_NOT_FOUND", NULL,
                     "Process not found: invalid process id");

    return NULL;
}


agent_process_t *
agent_process_routes_running(agent_request_t *r)
{
    agent_process_t  *p;

    p = agent_process_routes_of(r);

    if (p == NULL) {
        return NULL;
    }

    if (agent_process_ended(p)) {
        agent_process_reported(p);
        agent_http_error(r, 404, "COMMAND_NOT_FOUND",
                         json_pack("{s:s}", "command", p->id),
                         "Command not found: process %s has exited", p->id);
        return NULL;
    }

    if (p->status == AGENT_PROCESS_STARTING) {
        agent_http_error(r, 409, "RESOURCE_BUSY",
                         json_pack("{s:s}", "processId", p->id),
                         "Process %s is still being started", p->id);
        return NULL;
    }

    return p;
}
