
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "process/json.h"
#include "process/params.h"
#include "process/process.h"
#include "process/routes.h"
#include "process/stdin.h"
#include "process/wait.h"
#include "run/command.h"
#include "run/stdin.h"


/*
 * Standard input of a process.  A body that is not JSON is passed on as raw
 * bytes, as it arrives and no faster than it is read.  The response is sent
 * once the queue is no longer full.
 */


typedef struct {
    agent_request_t           *r;
    agent_process_observer_t   observer;    /* leads to the process */
    uint64_t                   bytes;
    unsigned                   close:1;
    unsigned                   whole:1;     /* the body has ended */
    unsigned                   over:1;
} agent_writer_t;


static int agent_writer_start(agent_request_t *r);
static void agent_writer_json(agent_request_t *r, json_t *body);
static void agent_writer_body(agent_request_t *r, const char *buf,
    size_t len);
static void agent_writer_complete(agent_request_t *r);
static int agent_writer_write(agent_writer_t *x, const char *buf, size_t len);
static void agent_writer_more(agent_process_t *p);
static void agent_writer_closed(agent_writer_t *x);
static void agent_writer_exit(agent_process_observer_t *w);
static void agent_writer_close(agent_request_t *r, int aborted);


void
agent_process_stdin_post(agent_request_t *r)
{
    const char  *type;

    type = agent_request_header(r, "Content-Type");

    if (type && strncasecmp(type, "application/json", 16) == 0
        && (type[16] == '\0' || type[16] == ';' || type[16] == ' '))
    {
        agent_request_json(r, AGENT_COMMAND_JSON_MAX, agent_writer_json);
        return;
    }

    if (agent_writer_start(r) == 0) {
        r->on_body = agent_writer_body;
        r->on_complete = agent_writer_complete;
    }
}


/* 0, or -1 after an error response */

static int
agent_writer_start(agent_request_t *r)
{
    char             *arg;
    agent_writer_t   *x;
    agent_process_t  *p;

    p = agent_process_routes_running(r);

    if (p == NULL) {
        return -1;
    }

    if (p->writer) {
        agent_http_error(r, 409, "RESOURCE_BUSY",
                         json_pack("{s:s}", "processId", p->id),
                         "another request is writing to process %s", p->id);
        return -1;
    }

    if (p->cmd->in == NULL) {
        agent_http_error(r, 409, "STDIN_CLOSED",
                         json_pack("{s:s}", "processId", p->id),
                         "standard input of process %s is closed, or was not "
                         "opened with \"stdin\": true", p->id);
        return -1;
    }

    x = calloc(1, sizeof(agent_writer_t));

    if (x == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return -1;
    }

    if (agent_process_wait_enter(r) != 0) {
        free(x);
        return -1;
    }

    arg = agent_request_arg(r, "close");
    x->close = (arg && (strcmp(arg, "true") == 0 || strcmp(arg, "1") == 0));
    free(arg);

    x->r = r;
    x->observer.data = x;
    x->observer.on_exit = agent_writer_exit;

    p->writer = r;
    p->on_stdin = agent_writer_more;

    agent_process_observe(p, &x->observer);

    r->data = x;
    r->on_close = agent_writer_close;

    return 0;
}


static void
agent_writer_json(agent_request_t *r, json_t *body)
{
    agent_fault_t                  fault;
    agent_writer_t                *x;
    agent_process_params_input_t   in;

    if (agent_process_params_input(body, &in, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    if (agent_writer_start(r) == 0) {
        x = r->data;
        x->close |= in.close;
        x->whole = 1;

        if (agent_writer_write(x, in.data, in.len) == 0) {
            agent_writer_more(x->observer.process);
        }
    }

    free(in.data);
}


static void
agent_writer_body(agent_request_t *r, const char *buf, size_t len)
{
    agent_writer_t  *x;

    x = r->data;

    if (agent_writer_write(x, buf, len) == 0
        && agent_stdin_full(x->observer.process->cmd))
    {
        agent_request_pause(r);
    }
}


static void
agent_writer_complete(agent_request_t *r)
{
    agent_writer_t  *x;

    x = r->data;

    if (!x->over) {
        x->whole = 1;
        agent_writer_more(x->observer.process);
    }
}


/* 0, or -1 after an error response */

static int
agent_writer_write(agent_writer_t *x, const char *buf, size_t len)
{
    agent_command_t  *cmd;

    cmd = x->observer.process->cmd;

    if (x->over) {
        return -1;
    }

    if (len && (cmd == NULL
                || agent_stdin_write(cmd, buf, len) != 0))
    {
        agent_writer_closed(x);
        return -1;
    }

    x->bytes += len;

    return 0;
}


/* there is room in the pipe, or the reader has gone */

static void
agent_writer_more(agent_process_t *p)
{
    json_t          *json;
    agent_writer_t  *x;

    x = p->writer->data;

    if (x->over) {
        return;
    }

    if (p->cmd == NULL || p->cmd->in == NULL) {
        agent_writer_closed(x);
        return;
    }

    if (agent_stdin_full(p->cmd)) {
        return;
    }

    if (!x->whole) {
        agent_request_resume(x->r);
        return;
    }

    x->over = 1;

    json = agent_process_json_reply(p);

    if (json) {
        json_object_set_new(json, "bytes", json_integer(x->bytes));
        json_object_set_new(json, "closed", json_boolean(x->close));
    }

    if (x->close) {
        agent_stdin_end(p->cmd);
    }

    agent_response_json(x->r, 200, json);
}


static void
agent_writer_closed(agent_writer_t *x)
{
    agent_process_t  *p;

    p = x->observer.process;
    x->over = 1;

    agent_http_error(x->r, 409, "STDIN_CLOSED",
                     json_pack("{s:s, s:I}", "processId", p->id, "bytes",
                               (json_int_t) x->bytes),
                     "process %s has closed its standard input", p->id);
}


static void
agent_writer_exit(agent_process_observer_t *w)
{
    agent_writer_t  *x;

    x = w->data;

    if (!x->over) {
        agent_writer_closed(x);
    }
}


static void
agent_writer_close(agent_request_t *r, int aborted)
{
    agent_writer_t  *x;

    x = r->data;

    x->observer.process->writer = NULL;

    agent_process_unobserve(&x->observer);
    agent_process_wait_leave();

    free(x);
}
