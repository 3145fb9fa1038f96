
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json.h"
#include "exec/error.h"
#include "exec/execute.h"
#include "exec/execute_params.h"
#include "exec/execute_reply.h"
#include "exec/execute_stream.h"
#include "exec/network_hint.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"
#include "process/start.h"
#include "run/command.h"
#include "run/env.h"
#include "run/exit.h"
#include "run/shell.h"
#include "run/stdin.h"
#include "session/queue.h"
#include "session/session.h"
#include "session/session_routes.h"


static void agent_execute_body(agent_request_t *r, json_t *body);
static void agent_execute_stream_body(agent_request_t *r, json_t *body);
static void agent_execute_start(agent_request_t *r, json_t *body,
    int stream);
static void agent_execute_sessionless(agent_execute_t *x);
static void agent_execute_session(agent_execute_t *x);
static void agent_execute_started(agent_command_t *cmd,
    agent_fault_t *fault);
static void agent_execute_output(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_execute_silence(agent_command_t *cmd);
static void agent_execute_exit(agent_command_t *cmd, const agent_exit_t *e);
static void agent_execute_fault(agent_execute_t *x, uint64_t timeout_ms);
static void agent_execute_drain(agent_request_t *r);
static void agent_execute_close(agent_request_t *r, int aborted);


void
agent_execute_post(agent_request_t *r)
{
    agent_request_json(r, AGENT_COMMAND_JSON_MAX, agent_execute_body);
}


void
agent_execute_post_stream(agent_request_t *r)
{
    agent_request_json(r, AGENT_COMMAND_JSON_MAX, agent_execute_stream_body);
}


static void
agent_execute_body(agent_request_t *r, json_t *body)
{
    int   given;
    char  session[129];

    if (!json_is_true(json_object_get(body, "background"))) {
        agent_execute_start(r, body, 0);
        return;
    }

    if (agent_session_routes_of(r, body, session, &given) == 0) {
        json_object_set_new(body, "sessionId", json_string(session));
        agent_process_start(r, body);
    }
}


static void
agent_execute_stream_body(agent_request_t *r, json_t *body)
{
    agent_execute_start(r, body, 1);
}


static void
agent_execute_start(agent_request_t *r, json_t *body, int stream)
{
    int               given;
    char              path[AGENT_COMMAND_CWD];
    uint64_t          timeout;
    agent_fault_t     fault;
    const char       *cwd, **env;
    agent_command_t  *cmd;
    agent_execute_t  *x;

    env = NULL;

    x = calloc(1, sizeof(agent_execute_t));
    cmd = agent_command_create();

    if (x == NULL || cmd == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        goto failed;
    }

    if (agent_session_routes_of(r, body, x->session, &given) != 0) {
        goto failed;
    }

    x->named = given;
    x->sessionless = (strcmp(x->session, AGENT_SESSION_NONE) == 0);

    if (agent_execute_params_check(x, body, &cwd, path, &fault) != 0
        || agent_json_ms(body, "timeoutMs", &timeout, &fault) != 0
        || agent_env_parse(body, &env, &fault) != 0
        || agent_execute_params_stdin(x, body, &fault) != 0)
    {
        agent_http_error_fault(r, &fault);
        goto failed;
    }

    cmd->env = env;
    cmd->cwd = cwd;
    cmd->timeout_ms = timeout;
    cmd->untimed = json_is_number(json_object_get(body, "timeoutMs"));
    cmd->data = x;
    cmd->on_output = agent_execute_output;
    cmd->on_silence = stream ? agent_execute_silence : NULL;
    cmd->on_exit = agent_execute_exit;

    x->r = r;
    x->cmd = cmd;
    x->body = json_incref(body);
    x->stream = stream;
    x->status = 200;

    r->data = x;
    r->on_drain = agent_execute_drain;
    r->on_close = agent_execute_close;

    if (x->sessionless) {
        agent_execute_sessionless(x);

    } else {
        agent_execute_session(x);
    }

    free(env);

    return;

failed:

    if (x) {
        free(x->input);
    }

    free(x);
    free(cmd);
    free(env);
}


static void
agent_execute_sessionless(agent_execute_t *x)
{
    int               err;
    const char       *line;
    agent_command_t  *cmd;

    cmd = x->cmd;
    line = json_string_value(json_object_get(x->body, "command"));

    cmd->stdin_pipe = (x->input != NULL);

    if (cmd->timeout_ms == 0 && !cmd->untimed && !x->stream) {
        cmd->timeout_ms = agent_env_timeout();
    }

    err = agent_run_shell(cmd, line);

    if (err) {
        x->cmd = NULL;
        agent_exec_error(x->r, cmd, err, x->stream, line);
        agent_command_destroy(cmd);
        return;
    }

    if (x->input) {

        /* a command that does not read its standard input is not an error */

        (void) agent_stdin_write(cmd, x->input, x->input_len);
        agent_stdin_end(cmd);
    }

    agent_execute_started(cmd, NULL);
}


static void
agent_execute_session(agent_execute_t *x)
{
    const char       *line;
    agent_command_t  *cmd;

    cmd = x->cmd;
    line = json_string_value(json_object_get(x->body, "command"));

    cmd->input = x->input;
    cmd->input_len = x->input_len;

    x->waiting = 1;

    if (x->stream) {
        agent_queue_spawn(x->session, cmd, line, agent_execute_started);

    } else {
        agent_queue_run(x->session, cmd, line, agent_execute_started);
    }
}


static void
agent_execute_started(agent_command_t *cmd,
    agent_fault_t *fault)
{
    agent_execute_t  *x;

    x = cmd->data;
    x->waiting = 0;

    free(x->input);
    x->input = NULL;

    if (fault) {
        x->cmd = NULL;
        agent_command_destroy(cmd);

        agent_http_error_fault(x->r, fault);
        return;
    }

    x->shell = cmd->shell;

    if (x->stream) {
        agent_execute_stream_start(x);
    }
}


static void
agent_execute_output(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_execute_t  *x;

    x = cmd->data;

    if (stream == 2) {
        agent_network_hint_output(&x->hint, buf, len);
    }

    if (x->stream) {
        agent_execute_stream_output(x, stream, buf, len);

        if (agent_response_queued(x->r) > AGENT_HTTP_HIGH) {
            agent_command_pause(cmd);
        }

        return;
    }

    if (x->too_large || x->no_memory) {
        return;
    }

    if (x->out[0].len + x->out[1].len + len > AGENT_EXECUTE_OUTPUT_MAX) {
        x->too_large = 1;

    } else {
        agent_buffer_add(&x->out[stream - 1], buf, len);
        x->no_memory = x->out[stream - 1].failed;
    }

    if (x->too_large || x->no_memory) {
        agent_buffer_free(&x->out[0]);
        agent_buffer_free(&x->out[1]);

        agent_command_end(cmd);
    }
}


static void
agent_execute_silence(agent_command_t *cmd)
{
    agent_execute_t  *x;

    x = cmd->data;

    agent_sse_keepalive(x->r);
}


static void
agent_execute_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    int                 n;
    char                text[64];
    const char         *line;
    agent_execute_t    *x;
    agent_buffer_t     *b;

    x = cmd->data;
    x->cmd = NULL;
    x->exit = *e;

    n = e->timed_out && (x->sessionless || x->stream)
        ? snprintf(text, sizeof(text), "Command timed out after %llums\n",
                   (unsigned long long) cmd->timeout_ms) : 0;

    line = e->code ? agent_network_hint_line(&x->hint) : NULL;

    if (x->stream) {

        if (line) {
            agent_execute_stream_output(x, 2, line, strlen(line));
        }

        if (n) {
            agent_execute_stream_output(x, 2, text, n);
        }

        agent_execute_stream_complete(x, e);
        return;
    }

    if (x->too_large) {
        agent_http_error(x->r, 413, "OUTPUT_TOO_LARGE", NULL,
                         "the output of the command exceeded %d bytes, and "
                         "the command was killed",
                         AGENT_EXECUTE_OUTPUT_MAX);
        return;
    }

    b = &x->out[1];

    if (line) {
        agent_buffer_add(b, line, strlen(line));
    }

    if (n) {

        if (b->len && b->data[b->len - 1] != '\n') {
            agent_buffer_adds(b, "\n");
        }

        agent_buffer_add(b, text, n);
    }

    if (x->no_memory || b->failed) {
        agent_http_error(x->r, 413, "OUTPUT_TOO_LARGE", NULL,
                         "not enough memory for the output of the command");
        return;
    }

    if (!x->sessionless) {
        agent_execute_fault(x, cmd->timeout_ms);
    }

    agent_execute_reply(x);
}


/* outcomes of a session's command that clients expect as errors */

static void
agent_execute_fault(agent_execute_t *x, uint64_t timeout_ms)
{
    if (x->exit.destroyed) {
        x->status = 410;
        x->code = "SESSION_DESTROYED";

        snprintf(x->message, sizeof(x->message),
                 "Session '%s' was deleted while the command ran",
                 x->session);

    } else if (x->exit.timed_out) {
        x->status = 500;
        x->code = "COMMAND_EXECUTION_ERROR";

        snprintf(x->message, sizeof(x->message),
                 "Command timeout after %llums%s",
                 (unsigned long long) timeout_ms,
                 x->exit.terminated
                 ? "; the session's shell did not return and was killed: its "
                   "state is lost, and the next request starts a new "
                   "shell" : "");

    } else if (x->exit.terminated) {
        x->status = 410;
        x->code = "SESSION_TERMINATED";

        snprintf(x->message, sizeof(x->message),
                 "The shell of session '%s' exited with code %d: its state is "
                 "lost, and the next request starts a new shell",
                 x->session, x->exit.code);
    }
}


void
agent_execute_outcome(agent_execute_t *x, json_t *json, const agent_exit_t *e)
{
    agent_exit_json(json, e);

    if (x->named) {
        json_object_set_new(json, "sessionId", json_string(x->session));
    }

    if (x->shell) {
        json_object_set_new(json, "shell", json_string(x->shell));
    }
}


static void
agent_execute_drain(agent_request_t *r)
{
    agent_execute_t  *x;

    x = r->data;

    if (x->cmd && !x->waiting) {
        agent_command_resume(x->cmd);

    } else if (x->closing) {
        agent_execute_reply_more(x);
    }
}


static void
agent_execute_close(agent_request_t *r, int aborted)
{
    agent_execute_t  *x;

    x = r->data;

    if (x->cmd && x->waiting) {
        agent_queue_cancel(x->cmd);

    } else if (x->cmd) {
        agent_command_abort(x->cmd);
    }

    json_decref(x->body);

    free(x->input);

    agent_buffer_free(&x->out[0]);
    agent_buffer_free(&x->out[1]);
    agent_network_hint_free(&x->hint);
    free(x->closing);
    free(x);
}
