
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"
#include "exec/execute.h"
#include "exec/execute_int.h"
#include "exec/execute_reply.h"
#include "exec/network_hint.h"
#include "exec/stream.h"
#include "http/error.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"
#include "process/start.h"
#include "run/command.h"
#include "run/env.h"
#include "run/shell.h"
#include "run/stdin.h"
#include "session/queue.h"
#include "session/session.h"
#include "session/session_routes.h"


/*
 * POST /api/execute, which responds when the command has exited, and
 * /api/execute/stream, which streams its output.
 */


static void agent_execute_start(agent_request_t *r, json_t *body,
    int streams);
static int agent_execute_params(agent_execute_t *x, agent_command_t *cmd,
    char *path, agent_fault_t *fault);
static int agent_execute_input(agent_execute_t *x, agent_fault_t *fault);
static void agent_execute_sessionless(agent_execute_t *x, const char *line);
static void agent_execute_session(agent_execute_t *x, const char *line);
static void agent_execute_started(agent_command_t *cmd,
    agent_fault_t *fault);
static void agent_execute_drain(agent_request_t *r);
static void agent_execute_close(agent_request_t *r, int aborted);
static void agent_execute_free(void *data);

static void agent_execute_events(agent_execute_t *x);
static void agent_execute_event(agent_exec_stream_t *s, int stream,
    const char *buf, size_t len);
static void agent_execute_events_end(agent_exec_stream_t *s,
    const agent_exit_t *e);


static const agent_exec_encoder_t  agent_execute_encoder = {
    agent_execute_event,
    agent_execute_events_end,
    "ms"
};


void
agent_execute_post(agent_request_t *r, json_t *body)
{
    int   given;
    char  session[AGENT_SESSION_NAME + 1];

    if (!json_is_true(json_object_get(body, "background"))) {
        agent_execute_start(r, body, 0);
        return;
    }

    if (agent_session_routes_of(r, body, session, &given) == 0) {
        json_object_set_new(body, "sessionId", json_string(session));
        agent_process_start(r, body);
    }
}


void
agent_execute_post_stream(agent_request_t *r, json_t *body)
{
    agent_execute_start(r, body, 1);
}


static void
agent_execute_start(agent_request_t *r, json_t *body, int streams)
{
    int               given;
    char              path[AGENT_COMMAND_CWD];
    const char       *line, **env;
    agent_fault_t     fault;
    agent_command_t  *cmd;
    agent_execute_t  *x;

    x = calloc(1, sizeof(agent_execute_t));
    cmd = agent_command_create();

    if (x == NULL || cmd == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        goto failed;
    }

    if (agent_session_routes_of(r, body, x->session, &given) != 0) {
        goto failed;
    }

    x->r = r;
    x->body = body;
    x->named = given;
    x->sessionless = (strcmp(x->session, AGENT_SESSION_NONE) == 0);
    x->streams = streams;

    if (agent_execute_params(x, cmd, path, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        goto failed;
    }

    cmd->sink = streams ? &agent_exec_stream_sink : &agent_execute_reply_sink;
    cmd->data = x;

    x->stream.cmd = cmd;
    x->stream.encoder = &agent_execute_encoder;
    json_incref(body);

    r->data = x;
    r->on_drain = agent_execute_drain;
    r->on_close = agent_execute_close;

    line = json_string_value(json_object_get(body, "command"));

    /* borrowed only during the start, after which cmd may have been freed */

    env = cmd->env;

    if (x->sessionless) {
        agent_execute_sessionless(x, line);

    } else {
        agent_execute_session(x, line);
    }

    free(env);

    return;

failed:

    if (cmd) {
        free(cmd->env);
    }

    if (x) {
        free(x->input);
    }

    free(cmd);
    free(x);
}


/* path has AGENT_COMMAND_CWD bytes */

static int
agent_execute_params(agent_execute_t *x, agent_command_t *cmd, char *path,
    agent_fault_t *fault)
{
    size_t       max;
    json_t      *value;
    const char  *s;

    value = json_object_get(x->body, "command");

    if (!json_is_string(value)) {
        return agent_fault_set(fault, 400, x->streams ? "INVALID_COMMAND"
                                                      : "VALIDATION_FAILED",
                               NULL, "command: a string is required");
    }

    s = agent_json_string_of(value);

    if (s == NULL) {
        return agent_fault_invalid(fault, "command: must not contain NUL");
    }

    /* without a stream, an empty command line runs, as it does in a shell */

    if (x->streams && s[strspn(s, " \t\r\n")] == '\0') {
        return agent_fault_set(fault, 400, "INVALID_COMMAND", NULL,
                               "command: must not be empty");
    }

    max = x->sessionless ? AGENT_COMMAND_LINE - 1 : AGENT_SESSION_LINE;

    if (json_string_length(value) > max) {
        return agent_fault_invalid(fault, "command: longer than %zu bytes; "
                                   "write it to a file and run the file", max);
    }

    value = json_object_get(x->body, "cwd");

    if (!json_is_string(value) || json_string_length(value)) {

        if (agent_json_path(x->body, "cwd", AGENT_WORKSPACE, path,
                            AGENT_COMMAND_CWD, fault)
            != 0)
        {
            return -1;
        }

        /* a relative path is resolved against the session's directory */

        if (path[0]) {
            cmd->cwd = x->sessionless ? path : json_string_value(value);
        }
    }

    cmd->untimed = json_is_number(json_object_get(x->body, "timeoutMs"));

    if (agent_json_ms(x->body, "timeoutMs", &cmd->timeout_ms, fault) != 0
        || agent_env_parse(x->body, &cmd->env, fault) != 0)
    {
        return -1;
    }

    return agent_execute_input(x, fault);
}


/* "stdin", text, or "stdinBase64", bytes */

static int
agent_execute_input(agent_execute_t *x, agent_fault_t *fault)
{
    json_t  *text, *bytes;

    text = json_object_get(x->body, "stdin");
    bytes = json_object_get(x->body, "stdinBase64");

    if (json_is_null(text)) {
        text = NULL;
    }

    if (json_is_null(bytes)) {
        bytes = NULL;
    }

    if (text == NULL && bytes == NULL) {
        return 0;
    }

    if (text && bytes) {
        return agent_fault_invalid(fault, "stdin and stdinBase64: only one is "
                                   "allowed");
    }

    return agent_json_bytes(x->body, text ? "stdin" : "stdinBase64",
                            bytes != NULL, &x->input, &x->input_len, fault);
}


static void
agent_execute_sessionless(agent_execute_t *x, const char *line)
{
    agent_fault_t     fault;
    agent_command_t  *cmd;

    cmd = x->stream.cmd;
    cmd->stdin_pipe = (x->input != NULL);

    if (cmd->timeout_ms == 0 && !cmd->untimed && !x->streams) {
        cmd->timeout_ms = agent_env_timeout();
    }

    if (agent_run_shell(cmd, line, x->streams ? "STREAM_START_ERROR"
                                              : "COMMAND_EXECUTION_ERROR",
                        &fault)
        != 0)
    {
        agent_execute_started(cmd, &fault);
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
agent_execute_session(agent_execute_t *x, const char *line)
{
    int               rc;
    agent_fault_t     fault;
    agent_command_t  *cmd;

    cmd = x->stream.cmd;
    cmd->input = x->input;
    cmd->input_len = x->input_len;

    x->waiting = 1;

    rc = x->streams ? agent_queue_spawn(x->session, cmd, line,
                                        agent_execute_started)
                    : agent_queue_run(x->session, cmd, line,
                                      agent_execute_started);

    if (rc != 0) {
        (void) agent_fault_no_memory(&fault);
        agent_execute_started(cmd, &fault);
    }
}


static void
agent_execute_started(agent_command_t *cmd, agent_fault_t *fault)
{
    agent_execute_t  *x;

    x = cmd->data;
    x->waiting = 0;

    free(x->input);
    x->input = NULL;

    if (fault) {
        x->stream.cmd = NULL;
        agent_command_destroy(cmd);

        agent_http_error_fault(x->r, fault);
        return;
    }

    x->shell = cmd->shell;

    if (x->streams) {
        agent_execute_events(x);
    }
}


void
agent_execute_outcome(agent_execute_t *x, json_t *json, const agent_exit_t *e)
{
    agent_command_exit_json(json, e);

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

    if (x->closing) {
        agent_json_body_send(&x->reply);
    }
}


static void
agent_execute_close(agent_request_t *r, int aborted)
{
    agent_execute_free(r->data);
}


static void
agent_execute_free(void *data)
{
    agent_execute_t  *x;

    x = data;

    if (x->stream.cmd && x->waiting) {
        agent_queue_cancel(x->stream.cmd);

    } else if (x->stream.cmd) {
        agent_command_abort(x->stream.cmd);
    }

    json_decref(x->body);

    free(x->input);

    agent_execute_reply_free(x);

    if (x->stream.hint.recent) {
        agent_network_hint_free(&x->stream.hint);
    }

    free(x->closing);
    free(x);
}


/* begins the stream */

static void
agent_execute_events(agent_execute_t *x)
{
    char          stamp[32];
    json_t       *json;
    agent_sse_t  *sse;

    sse = agent_sse_create(x->r);

    if (sse == NULL) {
        agent_response_abort(x->r);
        return;
    }

    sse->data = x;
    sse->on_drain = agent_exec_stream_drain;
    sse->on_close = agent_execute_free;

    x->stream.sse = sse;

    json = json_pack("{s:s, s:O, s:s}",
                     "type", "start",
                     "command", json_object_get(x->body, "command"),
                     "timestamp", agent_time_iso(stamp));

    if (x->named) {
        json_object_set_new(json, "sessionId", json_string(x->session));
    }

    if (x->shell) {
        json_object_set_new(json, "shell", json_string(x->shell));
    }

    agent_sse_json(sse, NULL, json);
}


static void
agent_execute_event(agent_exec_stream_t *s, int stream, const char *buf,
    size_t len)
{
    agent_sse_output(s->sse, NULL, NULL, stream, buf, len);
}


static void
agent_execute_events_end(agent_exec_stream_t *s, const agent_exit_t *e)
{
    char              stamp[32];
    json_t           *json;
    agent_execute_t  *x;

    x = (agent_execute_t *) s;

    json = json_pack("{s:s, s:i, s:s}",
                     "type", "complete",
                     "exitCode", e->code,
                     "timestamp", agent_time_iso(stamp));

    agent_execute_outcome(x, json, e);

    agent_sse_json(s->sse, NULL, json);
    agent_sse_end(s->sse);
}
