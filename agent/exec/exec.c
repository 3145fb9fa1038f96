
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
#include "base/json_writer.h"
#include "base/path.h"
#include "exec/exec.h"
#include "exec/network_hint.h"
#include "exec/stream.h"
#include "http/error.h"
#include "http/request.h"
#include "http/sse.h"
#include "run/child.h"
#include "run/command.h"
#include "run/env.h"
#include "session/session.h"
#include "sys/signal.h"


/* POST /exec: a program with its arguments, without a shell */


static void agent_exec_body(agent_request_t *r, json_t *body);
static int agent_exec_argv(json_t *body, char ***argv, agent_fault_t *fault);
static void agent_exec_start(agent_request_t *r, agent_command_t *cmd,
    agent_exec_stream_t *s);
static void agent_exec_failed(agent_exec_stream_t *s, agent_command_t *cmd);
static void agent_exec_output(agent_exec_stream_t *s, int stream,
    const char *buf, size_t len);
static void agent_exec_end(agent_exec_stream_t *s, const agent_exit_t *e);
static void agent_exec_close(void *data);


static const agent_exec_encoder_t  agent_exec_encoder = {
    agent_exec_output,
    agent_exec_end,
    " ms"
};


void
agent_exec_post(agent_request_t *r)
{
    const char  *session;

    session = agent_request_header(r, "Session-Id");

    if (session && !agent_session_name_valid(session)) {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "Session-Id: " AGENT_SESSION_NAME_RULE);
        return;
    }

    agent_request_json(r, AGENT_COMMAND_JSON_MAX, agent_exec_body);
}


static void
agent_exec_body(agent_request_t *r, json_t *body)
{
    char                 **argv, cwd[AGENT_COMMAND_CWD];
    uint64_t               timeout;
    const char           **env;
    const char            *programs[2];
    agent_fault_t          fault;
    agent_command_t       *cmd;
    agent_exec_stream_t   *s;

    argv = NULL;
    env = NULL;

    if (agent_exec_argv(body, &argv, &fault) != 0
        || agent_json_ms(body, "timeout_ms", &timeout, &fault) != 0
        || agent_env_parse(body, &env, &fault) != 0
        || agent_json_path(body, "cwd", AGENT_WORKSPACE, cwd, sizeof(cwd),
                           &fault)
           != 0)
    {
        fault.code = fault.status == 400 ? "invalid_request" : "exec_error";
        agent_http_error_fault(r, &fault);
        goto done;
    }

    if (cwd[0] && !agent_path_in_workspace(cwd)) {
        agent_http_error(r, 403, "invalid_request", NULL,
                         "cwd: must be within " AGENT_WORKSPACE);
        goto done;
    }

    s = calloc(1, sizeof(agent_exec_stream_t));
    cmd = agent_command_create();

    if (s == NULL || cmd == NULL) {
        free(s);
        free(cmd);
        agent_http_error(r, 500, "exec_error", NULL, "out of memory");
        goto done;
    }

    programs[0] = argv[0];
    programs[1] = NULL;

    cmd->programs = programs;
    cmd->argv = argv;
    cmd->env = env;
    cmd->cwd = cwd[0] ? cwd : NULL;
    cmd->timeout_ms = timeout;
    cmd->sink = &agent_exec_stream_sink;
    cmd->data = s;

    agent_exec_start(r, cmd, s);

done:

    free(env);
    free(argv);
}


static int
agent_exec_argv(json_t *body, char ***argv, agent_fault_t *fault)
{
    char    **list;
    size_t    i, n;
    json_t   *array, *value;

    array = json_object_get(body, "argv");
    n = json_array_size(array);

    if (!json_is_array(array) || n == 0) {
        return agent_fault_invalid(fault, "argv must be a non-empty array of "
                                   "strings");
    }

    list = malloc((n + 1) * sizeof(char *));

    if (list == NULL) {
        return agent_fault_no_memory(fault);
    }

    *argv = list;

    json_array_foreach(array, i, value) {

        list[i] = (char *) agent_json_string_of(value);

        if (list[i] == NULL) {
            return agent_fault_invalid(fault, "argv[%zu]: must be a string "
                                       "without NUL", i);
        }
    }

    list[n] = NULL;

    return 0;
}


static void
agent_exec_start(agent_request_t *r, agent_command_t *cmd,
    agent_exec_stream_t *s)
{
    s->sse = agent_sse_create(r);

    if (s->sse == NULL) {
        agent_http_error(r, 500, "exec_error", NULL, "out of memory");
        goto failed;
    }

    s->encoder = &agent_exec_encoder;

    if (agent_run_child_start(cmd) != 0) {
        agent_exec_failed(s, cmd);
        goto failed;
    }

    s->cmd = cmd;

    s->sse->data = s;
    s->sse->on_drain = agent_exec_stream_drain;
    s->sse->on_close = agent_exec_close;

    return;

failed:

    agent_command_destroy(cmd);
    free(s);
}


/* nothing was run: report it as a shell would, or as an internal error */

static void
agent_exec_failed(agent_exec_stream_t *s, agent_command_t *cmd)
{
    int                   code;
    char                  text[512];
    size_t                len;
    agent_buffer_t        b;
    agent_json_writer_t   w;

    agent_run_child_error_text(cmd, cmd->argv[0], text, sizeof(text) - 1);

    len = strlen(text);
    code = agent_run_child_error_code(cmd);

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);

    if (code) {
        text[len++] = '\n';
        agent_exec_output(s, 2, text, len);

        agent_json_writer_integer(&w, "exit_code", code);

    } else {
        agent_json_writer_text(&w, "error", text, len);
        agent_json_writer_word(&w, "code", "exec_error");
    }

    agent_json_writer_object_end(&w);

    agent_sse_finish(s->sse, code ? "exit" : "error", &b);
}


static void
agent_exec_output(agent_exec_stream_t *s, int stream, const char *buf,
    size_t len)
{
    agent_sse_base64(s->sse, stream == 1 ? "stdout" : "stderr", buf, len);
}


static void
agent_exec_end(agent_exec_stream_t *s, const agent_exit_t *e)
{
    char                  name[16];
    agent_buffer_t        b;
    agent_json_writer_t   w;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_integer(&w, "exit_code", e->code);

    if (e->signal) {
        agent_json_writer_word(&w, "signal",
                               agent_signal_name(e->signal, name));
    }

    if (e->timed_out) {
        agent_json_writer_bool(&w, "timed_out", 1);
    }

    agent_json_writer_object_end(&w);

    agent_sse_finish(s->sse, "exit", &b);
}


static void
agent_exec_close(void *data)
{
    agent_exec_stream_t  *s;

    s = data;

    if (s->cmd) {
        agent_command_abort(s->cmd);
    }

    agent_network_hint_free(&s->hint);
    free(s);
}
