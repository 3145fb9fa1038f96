
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "process/json.h"
#include "process/params.h"
#include "process/process.h"
#include "process/start.h"
#include "run/command.h"
#include "run/shell.h"
#include "run/stdin.h"
#include "session/queue.h"


/* a request that waits for the session to start its process */

typedef struct {
    agent_request_t  *r;
    agent_process_t  *process;         /* NULL: started, or failed */
    char             *input;
    size_t            input_len;
    unsigned          open:1;          /* stays open */
} agent_process_starter_t;


static void agent_process_start_session(agent_request_t *r,
    agent_process_t *p, agent_process_params_start_t *start);
static void agent_process_start_spawned(agent_command_t *cmd,
    agent_fault_t *fault);
static void agent_process_start_close(agent_request_t *r, int aborted);
static void agent_process_start_done(agent_request_t *r, agent_process_t *p,
    const char *input, size_t len, int open);


void
agent_process_start(agent_request_t *r, json_t *body)
{
    agent_fault_t                  fault;
    agent_process_t               *p;
    agent_process_params_start_t   start;

    if (agent_process_params_start(body, &start, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    p = agent_process_create(&start, &fault);

    if (p == NULL) {
        agent_http_error_fault(r, &fault);
        goto done;
    }

    if (p->session) {
        agent_process_start_session(r, p, &start);
        goto done;
    }

    if (agent_run_shell(p->cmd, start.command, "STREAM_START_ERROR", &fault)
        != 0)
    {
        agent_command_destroy(p->cmd);
        agent_process_discard(p);
        agent_http_error_fault(r, &fault);
        goto done;
    }

    agent_process_start_done(r, p, start.input, start.input_len,
                             start.stdin_open);

done:

    agent_process_params_free(&start);
}


static void
agent_process_start_session(agent_request_t *r, agent_process_t *p,
    agent_process_params_start_t *start)
{
    agent_fault_t             fault;
    agent_process_starter_t  *x;

    x = calloc(1, sizeof(agent_process_starter_t));

    if (x && start->input) {
        x->input = malloc(start->input_len + 1);
    }

    if (x == NULL || (start->input && x->input == NULL)) {
        free(x);
        agent_command_destroy(p->cmd);
        agent_process_discard(p);
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    x->r = r;
    x->process = p;
    x->input_len = start->input_len;
    x->open = start->stdin_open;

    if (x->input) {
        memcpy(x->input, start->input, start->input_len);
    }

    p->starter = x;

    r->data = x;
    r->on_close = agent_process_start_close;

    if (agent_queue_spawn(p->session, p->cmd, start->command,
                          agent_process_start_spawned)
        != 0)
    {
        (void) agent_fault_no_memory(&fault);
        agent_process_start_spawned(p->cmd, &fault);
    }
}


static void
agent_process_start_spawned(agent_command_t *cmd,
    agent_fault_t *fault)
{
    agent_process_t          *p;
    agent_process_starter_t  *x;

    p = cmd->data;
    x = p->starter;

    p->starter = NULL;
    x->process = NULL;

    if (fault == NULL) {
        agent_process_start_done(x->r, p, x->input, x->input_len, x->open);
        return;
    }

    agent_command_destroy(cmd);
    agent_process_discard(p);

    agent_http_error_fault(x->r, fault);
}


static void
agent_process_start_close(agent_request_t *r, int aborted)
{
    agent_process_t          *p;
    agent_process_starter_t  *x;

    x = r->data;
    p = x->process;

    /* the process has not been reported and is not running yet */

    if (p) {
        agent_queue_cancel(p->cmd);
        agent_process_discard(p);
    }

    free(x->input);
    free(x);
}


static void
agent_process_start_done(agent_request_t *r, agent_process_t *p,
    const char *input, size_t len, int open)
{
    json_t  *json;

    agent_process_started(p);

    json = agent_process_json_reply(p);

    if (json) {
        json_object_set_new(json, "pid", json_integer(p->pid));
        json_object_set_new(json, "command", json_string(p->command));

        if (p->session) {
            json_object_set_new(json, "sessionId", json_string(p->session));
        }

        if (p->shell) {
            json_object_set_new(json, "shell", json_string(p->shell));
        }
    }

    /* a process that does not read its standard input is not an error */

    if (input) {
        (void) agent_stdin_write(p->cmd, input, len);
    }

    if (!open) {
        agent_stdin_end(p->cmd);
    }

    agent_response_json(r, 200, json);
}
