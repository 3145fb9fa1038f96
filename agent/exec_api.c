
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "exec_api.h"
#include "text.h"


/* the kernel's limit for one argument, its NUL included */
#define AGENT_EXEC_COMMAND_MAX  131072


static void agent_exec_api_execute(agent_request_t *r, json_t *body);
static void agent_exec_api_stream(agent_request_t *r, json_t *body);
static void agent_exec_api_start(agent_request_t *r, json_t *body,
    int stream);
static int agent_exec_api_check(agent_request_t *r, json_t *body,
    char **cwd);
static void agent_exec_api_failed(agent_request_t *r, agent_command_t *cmd,
    int err, int stream, const char *command);
static void agent_exec_api_output(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static int agent_exec_api_append(agent_exec_buffer_t *b, const char *buf,
    size_t len);
static void agent_exec_api_silence(agent_command_t *cmd);
static void agent_exec_api_exit(agent_command_t *cmd, const agent_exit_t *e);
static void agent_exec_api_drain(agent_request_t *r);
static void agent_exec_api_close(agent_request_t *r, int aborted);


const char  *const agent_exec_shells[] = {
    "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash",
    "/bin/sh", "/usr/bin/sh", "/bin/ash", "/busybox/sh", NULL
};

/* how many of them are bash */
#define AGENT_EXEC_BASHES  3


void
agent_exec_execute(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_EXEC_JSON_MAX, agent_exec_api_execute);
}


void
agent_exec_stream(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_EXEC_JSON_MAX, agent_exec_api_stream);
}


static void
agent_exec_api_execute(agent_request_t *r, json_t *body)
{
    agent_exec_api_start(r, body, 0);
}


static void
agent_exec_api_stream(agent_request_t *r, json_t *body)
{
    agent_exec_api_start(r, body, 1);
}


static void
agent_exec_api_start(agent_request_t *r, json_t *body, int stream)
{
    int                err;
    char              *argv[4], *cwd, error[256];
    uint64_t           timeout;
    const char       **env;
    agent_command_t   *cmd;
    agent_exec_api_t  *x;

    env = NULL;
    cwd = NULL;

    if (agent_exec_api_check(r, body, &cwd) != 0) {
        return;
    }

    if (agent_exec_timeout(body, "timeoutMs", &timeout, error,
                           sizeof(error)) != 0
        || agent_exec_env(body, &env, error, sizeof(error)) != 0)
    {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL, "%s", error);
        goto done;
    }

    x = calloc(1, sizeof(agent_exec_api_t));
    cmd = agent_command_create();

    if (x == NULL || cmd == NULL) {
        free(x);
        free(cmd);
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        goto done;
    }

    argv[0] = "bash";
    argv[1] = "-c";
    argv[2] = (char *) json_string_value(json_object_get(body, "command"));
    argv[3] = NULL;

    cmd->programs = agent_exec_shells;
    cmd->argv = argv;
    cmd->rename = 1;
    cmd->env = env;
    cmd->cwd = cwd;
    cmd->timeout_ms = timeout;
    cmd->data = x;
    cmd->on_output = agent_exec_api_output;
    cmd->on_silence = stream ? agent_exec_api_silence : NULL;
    cmd->on_exit = agent_exec_api_exit;

    err = agent_command_start(cmd);

    if (err) {
        agent_exec_api_failed(r, cmd, err, stream, argv[2]);
        agent_command_destroy(cmd);
        free(x);
        goto done;
    }

    x->r = r;
    x->cmd = cmd;
    x->body = json_incref(body);
    x->began = agent_monotonic_ms();
    x->stream = stream;

    if (cmd->program >= AGENT_EXEC_BASHES) {
        x->shell = agent_exec_shells[cmd->program];
    }

    r->data = x;
    r->on_drain = agent_exec_api_drain;
    r->on_close = agent_exec_api_close;

    if (stream) {
        agent_exec_event_start(x);
    }

done:

    free(env);
    free(cwd);
}


/* 0, or -1 after an answer */

static int
agent_exec_api_check(agent_request_t *r, json_t *body, char **cwd)
{
    size_t       len;
    json_t      *value;
    const char  *s;

    value = json_object_get(body, "command");

    if (!json_is_string(value)) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "command: a string is required");
        return -1;
    }

    s = json_string_value(value);
    len = json_string_length(value);

    if (strlen(s) != len) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "command: holds a NUL");
        return -1;
    }

    if (s[strspn(s, " \t\r\n")] == '\0') {
        agent_http_error(r, 400, "INVALID_COMMAND", NULL,
                         "command: is empty");
        return -1;
    }

    if (len >= AGENT_EXEC_COMMAND_MAX) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "command: longer than %d bytes; write it to a file "
                         "and run that", AGENT_EXEC_COMMAND_MAX - 1);
        return -1;
    }

    value = json_object_get(body, "sessionId");

    if (value && !json_is_null(value)
        && (!json_is_string(value)
            || strlen(json_string_value(value)) != json_string_length(value)
            || !agent_session_name(json_string_value(value))))
    {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "sessionId: not 1 to 128 of A-Z a-z 0-9 . _ - "
                         "without \"..\"");
        return -1;
    }

    if (json_is_true(json_object_get(body, "background"))) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "background: this route waits for the command");
        return -1;
    }

    value = json_object_get(body, "cwd");

    if (value == NULL || json_is_null(value)
        || (json_is_string(value) && json_string_length(value) == 0))
    {
        return 0;
    }

    *cwd = malloc(4097);

    if (*cwd == NULL || !json_is_string(value)
        || strlen(json_string_value(value)) != json_string_length(value)
        || agent_path_normalize(*cwd, 4097, AGENT_WORKSPACE,
                                json_string_value(value)) != 0)
    {
        free(*cwd);
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "cwd: not a path of at most 4096 bytes");
        return -1;
    }

    return 0;
}


static void
agent_exec_api_failed(agent_request_t *r, agent_command_t *cmd, int err,
    int stream, const char *command)
{
    char     text[512];
    json_t  *context;

    if (cmd->stage == AGENT_SPAWN_EXEC && agent_exec_code(cmd, err)) {
        agent_http_error(r, 501, "SHELL_NOT_AVAILABLE", NULL,
                         "the image has neither bash nor sh");
        return;
    }

    agent_exec_reason(cmd, err, "bash", text, sizeof(text));

    context = json_pack("{s:s}", "command", command);

    if (context) {
        json_object_set_new(context, "stderr",
                            agent_utf8_valid(text, strlen(text))
                            ? json_string(text) : json_string(""));
    }

    agent_http_error(r, 500, stream ? "STREAM_START_ERROR"
                                    : "COMMAND_EXECUTION_ERROR",
                     context, "%s", text);
}


static void
agent_exec_api_output(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_exec_api_t  *x;

    x = cmd->data;

    if (stream == 2) {
        agent_hint_output(&x->hint, buf, len);
    }

    if (x->stream) {
        agent_exec_event_output(x, stream, buf, len);

        if (agent_http_queued(x->r) > AGENT_HTTP_HIGH) {
            agent_command_pause(cmd);
        }

        return;
    }

    if (x->too_large || x->no_memory) {
        return;
    }

    if (x->out[0].len + x->out[1].len + len > AGENT_EXEC_OUTPUT_MAX) {
        x->too_large = 1;

    } else if (agent_exec_api_append(&x->out[stream - 1], buf, len) != 0) {
        x->no_memory = 1;

    } else {
        return;
    }

    free(x->out[0].data);
    free(x->out[1].data);
    memset(x->out, 0, sizeof(x->out));

    agent_command_end(cmd);
}


static int
agent_exec_api_append(agent_exec_buffer_t *b, const char *buf, size_t len)
{
    char    *p;
    size_t   size;

    if (len > b->size - b->len) {
        size = b->size ? b->size * 2 : 4096;

        while (size < b->len + len) {
            size *= 2;
        }

        p = realloc(b->data, size);

        if (p == NULL) {
            return -1;
        }

        b->data = p;
        b->size = size;
    }

    memcpy(b->data + b->len, buf, len);
    b->len += len;

    return 0;
}


static void
agent_exec_api_silence(agent_command_t *cmd)
{
    agent_exec_api_t  *x;

    x = cmd->data;

    if (agent_http_queued(x->r) == 0) {
        agent_http_write(x->r, ": \n\n", 4);
    }
}


static void
agent_exec_api_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    int                  n;
    char                 text[64];
    const char          *line;
    agent_exec_api_t    *x;
    agent_exec_buffer_t *b;

    x = cmd->data;
    x->cmd = NULL;
    x->exit = *e;

    n = e->timed_out ? snprintf(text, sizeof(text),
                                "Command timed out after %llums\n",
                                (unsigned long long) cmd->timeout_ms) : 0;

    line = e->code ? agent_hint_line(&x->hint) : NULL;

    if (x->stream) {

        if (line) {
            agent_exec_event_output(x, 2, line, strlen(line));
        }

        if (n) {
            agent_exec_event_output(x, 2, text, n);
        }

        agent_exec_event_complete(x, e);
        return;
    }

    if (x->too_large) {
        agent_http_error(x->r, 413, "OUTPUT_TOO_LARGE", NULL,
                         "the command wrote more than %d bytes and was ended",
                         AGENT_EXEC_OUTPUT_MAX);
        return;
    }

    if (line && !x->no_memory
        && agent_exec_api_append(&x->out[1], line, strlen(line)) != 0)
    {
        x->no_memory = 1;
    }

    if (n) {
        b = &x->out[1];

        if ((b->len && b->data[b->len - 1] != '\n'
             && agent_exec_api_append(b, "\n", 1) != 0)
            || agent_exec_api_append(b, text, n) != 0)
        {
            x->no_memory = 1;
        }
    }

    if (x->no_memory) {
        agent_http_error(x->r, 413, "OUTPUT_TOO_LARGE", NULL,
                         "the command wrote more than there is memory for");
        return;
    }

    agent_exec_reply(x);
}


static void
agent_exec_api_drain(agent_request_t *r)
{
    agent_exec_api_t  *x;

    x = r->data;

    if (x->cmd) {
        agent_command_resume(x->cmd);

    } else if (!x->stream) {
        agent_exec_reply_more(x);
    }
}


static void
agent_exec_api_close(agent_request_t *r, int aborted)
{
    agent_exec_api_t  *x;

    x = r->data;

    if (x->cmd) {
        agent_command_abort(x->cmd);
    }

    json_decref(x->body);

    free(x->out[0].data);
    free(x->out[1].data);
    agent_hint_free(&x->hint);
    free(x->closing);
    free(x);
}
