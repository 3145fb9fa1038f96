
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/base64.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/path.h"
#include "exec/exec.h"
#include "exec/network_hint.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"
#include "run/command.h"
#include "run/env.h"
#include "run/exit.h"
#include "run/signal.h"
#include "run/start_error.h"
#include "session/session.h"


typedef struct {
    agent_request_t      *r;
    agent_command_t      *cmd;         /* NULL: not running */
    agent_network_hint_t  hint;
} agent_exec_rest_t;


static void agent_exec_rest_body(agent_request_t *r, json_t *body);
static char **agent_exec_rest_argv(agent_request_t *r, json_t *body);
static void agent_exec_rest_failed(agent_request_t *r, agent_command_t *cmd,
    int err, const char *program);
static void agent_exec_rest_output(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_exec_rest_silence(agent_command_t *cmd);
static void agent_exec_rest_exit(agent_command_t *cmd,
    const agent_exit_t *e);
static void agent_exec_rest_frame(agent_request_t *r, int stream,
    const char *buf, size_t len);
static void agent_exec_rest_drain(agent_request_t *r);
static void agent_exec_rest_close(agent_request_t *r, int aborted);


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

    agent_request_json(r, AGENT_COMMAND_JSON_MAX, agent_exec_rest_body);
}


static void
agent_exec_rest_body(agent_request_t *r, json_t *body)
{
    int                  err;
    char               **argv, cwd[AGENT_COMMAND_CWD];
    const char         **env;
    const char          *programs[2];
    agent_command_t     *cmd;
    agent_exec_rest_t   *x;
    uint64_t             timeout;
    agent_fault_t        fault;

    env = NULL;
    cmd = NULL;
    x = NULL;

    argv = agent_exec_rest_argv(r, body);

    if (argv == NULL) {
        return;
    }

    if (agent_json_ms(body, "timeout_ms", &timeout, &fault) != 0
        || agent_env_parse(body, &env, &fault) != 0
        || agent_json_path(body, "cwd", AGENT_WORKSPACE, cwd, sizeof(cwd),
                           &fault)
           != 0)
    {
        agent_http_error(r, 400, "invalid_request", NULL, "%s", fault.message);
        goto done;
    }

    if (cwd[0] && !agent_path_in_workspace(cwd)) {
        agent_http_error(r, 403, "invalid_request", NULL,
                         "cwd: must be within " AGENT_WORKSPACE);
        goto done;
    }

    x = calloc(1, sizeof(agent_exec_rest_t));
    cmd = agent_command_create();

    if (x == NULL || cmd == NULL) {
        free(x);
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
    cmd->data = x;
    cmd->on_output = agent_exec_rest_output;
    cmd->on_silence = agent_exec_rest_silence;
    cmd->on_exit = agent_exec_rest_exit;

    agent_sse_begin(r);

    err = agent_command_start(cmd);

    if (err) {
        agent_exec_rest_failed(r, cmd, err, argv[0]);
        agent_command_destroy(cmd);
        free(x);
        goto done;
    }

    x->r = r;
    x->cmd = cmd;

    r->data = x;
    r->on_drain = agent_exec_rest_drain;
    r->on_close = agent_exec_rest_close;

done:

    free(env);
    free(argv);
}


static char **
agent_exec_rest_argv(agent_request_t *r, json_t *body)
{
    char    **argv;
    size_t    i, n;
    json_t   *list, *value;

    list = json_object_get(body, "argv");
    n = json_array_size(list);

    if (!json_is_array(list) || n == 0) {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "argv must be a non-empty array of strings");
        return NULL;
    }

    argv = malloc((n + 1) * sizeof(char *));

    if (argv == NULL) {
        agent_http_error(r, 500, "exec_error", NULL, "out of memory");
        return NULL;
    }

    json_array_foreach(list, i, value) {

        argv[i] = (char *) agent_json_string_of(value);

        if (argv[i] == NULL) {
            agent_http_error(r, 400, "invalid_request", NULL,
                             "argv[%zu]: must be a string without NUL", i);
            free(argv);
            return NULL;
        }
    }

    argv[n] = NULL;

    return argv;
}


/* nothing was run: report it as a shell would, or as an internal error */

static void
agent_exec_rest_failed(agent_request_t *r, agent_command_t *cmd, int err,
    const char *program)
{
    int      n, code;
    char     text[512], out[512 * AGENT_JSON_TEXT_ESCAPE];
    char     frame[sizeof(out) + 80];
    size_t   len;

    agent_start_error_text(cmd, err, program, text, sizeof(text) - 1);

    len = strlen(text);

    code = agent_start_error_code(cmd, err);

    if (code) {
        text[len++] = '\n';
        agent_exec_rest_frame(r, 2, text, len);

        n = snprintf(frame, sizeof(frame),
                     "event: exit\ndata: {\"exit_code\":%d}\n\n", code);

    } else {
        len = agent_json_text_escape(out, text, len);

        n = snprintf(frame, sizeof(frame),
                     "event: error\ndata: {\"error\":\"%.*s\","
                     "\"code\":\"exec_error\"}\n\n", (int) len, out);
    }

    agent_response_finish(r, frame, n);
}


static void
agent_exec_rest_output(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_exec_rest_t  *x;

    x = cmd->data;

    if (stream == 2) {
        agent_network_hint_output(&x->hint, buf, len);
    }

    agent_exec_rest_frame(x->r, stream, buf, len);

    if (agent_response_queued(x->r) > AGENT_HTTP_HIGH) {
        agent_command_pause(cmd);
    }
}


static void
agent_exec_rest_frame(agent_request_t *r, int stream, const char *buf,
    size_t len)
{
    size_t  n;

    static char  frame[agent_base64_len(AGENT_COMMAND_READ) + 32];

    n = sprintf(frame, "event: %s\ndata: ", stream == 1 ? "stdout"
                                                        : "stderr");
    n += agent_base64(frame + n, buf, len);

    frame[n++] = '\n';
    frame[n++] = '\n';

    agent_response_write(r, frame, n);
}


static void
agent_exec_rest_silence(agent_command_t *cmd)
{
    agent_exec_rest_t  *x;

    x = cmd->data;

    agent_sse_keepalive(x->r);
}


static void
agent_exec_rest_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    int                 n;
    char                text[128], name[16];
    const char         *line;
    agent_request_t    *r;
    agent_exec_rest_t  *x;

    x = cmd->data;
    r = x->r;

    x->cmd = NULL;

    line = e->code ? agent_network_hint_line(&x->hint) : NULL;

    if (line) {
        agent_exec_rest_frame(r, 2, line, strlen(line));
    }

    if (e->timed_out) {
        n = snprintf(text, sizeof(text), "Command timed out after %llu ms\n",
                     (unsigned long long) cmd->timeout_ms);
        agent_exec_rest_frame(r, 2, text, n);
    }

    n = snprintf(text, sizeof(text), "event: exit\ndata: {\"exit_code\":%d",
                 e->code);

    if (e->signal) {
        n += snprintf(text + n, sizeof(text) - n, ",\"signal\":\"%s\"",
                      agent_signal_name(e->signal, name));
    }

    n += snprintf(text + n, sizeof(text) - n, "%s}\n\n",
                  e->timed_out ? ",\"timed_out\":true" : "");

    agent_response_finish(r, text, n);
}


static void
agent_exec_rest_drain(agent_request_t *r)
{
    agent_exec_rest_t  *x;

    x = r->data;

    if (x->cmd) {
        agent_command_resume(x->cmd);
    }
}


static void
agent_exec_rest_close(agent_request_t *r, int aborted)
{
    agent_exec_rest_t  *x;

    x = r->data;

    if (x->cmd) {
        agent_command_abort(x->cmd);
    }

    agent_network_hint_free(&x->hint);
    free(x);
}
