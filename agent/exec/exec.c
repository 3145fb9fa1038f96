
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
#include "session/queue.h"
#include "session/session.h"
#include "sys/signal.h"


/*
 * POST /exec: a program with its arguments, without a shell.  With Session-Id
 * it runs in a subshell of that session, where the first argument may also be
 * a function or a builtin.
 */


typedef struct {
    agent_exec_stream_t   stream;      /* first */
    agent_request_t      *r;           /* waiting for the session */
    char                 *session;     /* NULL: none */
} agent_exec_t;


static void agent_exec_body(agent_request_t *r, json_t *body);
static int agent_exec_argv(json_t *body, char ***argv, agent_fault_t *fault);
static char *agent_exec_line(char **argv, agent_fault_t *fault);
static void agent_exec_run(agent_exec_t *x, agent_command_t *cmd);
static void agent_exec_queue(agent_exec_t *x, agent_command_t *cmd,
    const char *line);
static void agent_exec_queued(agent_command_t *cmd, agent_fault_t *fault);
static void agent_exec_cancel(agent_request_t *r, int aborted);
static int agent_exec_begin(agent_exec_t *x);
static void agent_exec_failed(agent_exec_t *x, agent_command_t *cmd);
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

    if (session && session[0] && !agent_session_name_valid(session)) {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "Session-Id: " AGENT_SESSION_NAME_RULE);
        return;
    }

    agent_request_json(r, AGENT_COMMAND_JSON_MAX, agent_exec_body);
}


static void
agent_exec_body(agent_request_t *r, json_t *body)
{
    char              *line, **argv, cwd[AGENT_COMMAND_CWD];
    uint64_t           timeout;
    const char       **env, *session;
    agent_exec_t      *x;
    agent_fault_t      fault;
    agent_command_t   *cmd;

    x = NULL;
    cmd = NULL;
    argv = NULL;
    env = NULL;
    line = NULL;

    session = agent_request_header(r, "Session-Id");

    if (session
        && (session[0] == '\0' || strcmp(session, AGENT_SESSION_NONE) == 0))
    {
        session = NULL;
    }

    if (agent_exec_argv(body, &argv, &fault) != 0
        || agent_json_ms(body, "timeout_ms", &timeout, &fault) != 0
        || agent_env_parse(body, &env, &fault) != 0
        || agent_json_path(body, "cwd", AGENT_WORKSPACE, cwd, sizeof(cwd),
                           &fault)
           != 0
        || (session && (line = agent_exec_line(argv, &fault)) == NULL))
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

    x = calloc(1, sizeof(agent_exec_t));
    cmd = agent_command_create();

    if (x && session) {
        x->session = strdup(session);
    }

    if (x == NULL || cmd == NULL || (session && x->session == NULL)) {
        free(x);
        free(cmd);
        agent_http_error(r, 500, "exec_error", NULL, "out of memory");
        goto done;
    }

    x->r = r;
    x->stream.encoder = &agent_exec_encoder;

    r->data = x;
    r->on_close = agent_exec_cancel;

    cmd->argv = argv;
    cmd->env = env;
    cmd->cwd = cwd[0] ? cwd : NULL;
    cmd->timeout_ms = timeout;
    cmd->sink = &agent_exec_stream_sink;
    cmd->data = x;

    if (session) {
        agent_exec_queue(x, cmd, line);

    } else {
        agent_exec_run(x, cmd);
    }

done:

    free(line);
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


/* argv as words of a shell; malloc()ed, or NULL with a fault */

static char *
agent_exec_line(char **argv, agent_fault_t *fault)
{
    char            *line;
    size_t           i, n;
    const char      *s;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    for (i = 0; argv[i]; i++) {

        if (i) {
            agent_buffer_adds(&b, " ");
        }

        agent_buffer_adds(&b, "'");

        for (s = argv[i]; *s; s += n) {
            n = strcspn(s, "'");

            if (n) {
                agent_buffer_add(&b, s, n);

            } else {
                agent_buffer_adds(&b, "'\\''");
                n = 1;
            }
        }

        agent_buffer_adds(&b, "'");
    }

    if (b.len > AGENT_SESSION_LINE) {
        agent_buffer_free(&b);
        (void) agent_fault_invalid(fault, "argv: longer than %d bytes; write "
                                   "it to a file", AGENT_SESSION_LINE);
        return NULL;
    }

    line = agent_buffer_take(&b);

    if (line == NULL) {
        (void) agent_fault_no_memory(fault);
    }

    return line;
}


static void
agent_exec_run(agent_exec_t *x, agent_command_t *cmd)
{
    const char  *programs[2];

    programs[0] = cmd->argv[0];
    programs[1] = NULL;

    cmd->programs = programs;

    if (agent_exec_begin(x) != 0) {
        goto failed;
    }

    if (agent_run_child_start(cmd) != 0) {
        agent_exec_failed(x, cmd);
        goto failed;
    }

    x->stream.cmd = cmd;
    return;

failed:

    agent_command_destroy(cmd);
}


static void
agent_exec_queue(agent_exec_t *x, agent_command_t *cmd, const char *line)
{
    agent_fault_t  fault;

    x->stream.cmd = cmd;

    if (agent_queue_spawn(x->session, cmd, line, agent_exec_queued) != 0) {
        (void) agent_fault_no_memory(&fault);
        agent_exec_queued(cmd, &fault);
    }
}


static void
agent_exec_queued(agent_command_t *cmd, agent_fault_t *fault)
{
    agent_exec_t  *x;

    x = cmd->data;

    if (fault) {
        x->stream.cmd = NULL;
        agent_command_destroy(cmd);

        agent_http_error_fault(x->r, fault);
        return;
    }

    if (agent_exec_begin(x) != 0) {
        x->stream.cmd = NULL;
        agent_command_abort(cmd);
    }
}


/* the client has disconnected, or has been told why nothing runs */

static void
agent_exec_cancel(agent_request_t *r, int aborted)
{
    agent_exec_t  *x;

    x = r->data;

    if (x->stream.cmd) {
        agent_queue_cancel(x->stream.cmd);
    }

    free(x->session);
    free(x);
}


static int
agent_exec_begin(agent_exec_t *x)
{
    agent_sse_t  *sse;

    sse = agent_sse_create(x->r);

    if (sse == NULL) {
        agent_http_error(x->r, 500, "exec_error", NULL, "out of memory");
        return -1;
    }

    sse->data = x;
    sse->on_drain = agent_exec_stream_drain;
    sse->on_close = agent_exec_close;

    x->stream.sse = sse;

    return 0;
}


/* nothing was run: report it as a shell would, or as an internal error */

static void
agent_exec_failed(agent_exec_t *x, agent_command_t *cmd)
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
        agent_exec_output(&x->stream, 2, text, len);

        agent_json_writer_integer(&w, "exit_code", code);

    } else {
        agent_json_writer_text(&w, "error", text, len);
        agent_json_writer_word(&w, "code", "exec_error");
    }

    agent_json_writer_object_end(&w);

    agent_sse_finish(x->stream.sse, code ? "exit" : "error", &b);
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
    agent_exec_t  *x;

    x = data;

    if (x->stream.cmd) {
        agent_command_abort(x->stream.cmd);
    }

    agent_network_hint_free(&x->stream.hint);

    free(x->session);
    free(x);
}
