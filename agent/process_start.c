
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "process.h"
#include "process_api.h"
#include "text.h"


static int agent_process_start_stateless(agent_request_t *r,
    agent_process_t *p, agent_process_start_t *start);
static void agent_process_start_failed(agent_request_t *r,
    agent_process_t *p, int err);
static void agent_process_start_done(agent_request_t *r, agent_process_t *p,
    const char *input, size_t len, int open);


static const char *const  agent_process_shells[] = {
    "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash",
    "/bin/sh", "/usr/bin/sh", "/bin/ash", "/busybox/sh", NULL
};

/* how many of them are bash */
#define AGENT_PROCESS_BASHES  3


void
agent_process_post_start(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_EXEC_JSON_MAX, agent_process_start);
}


void
agent_process_start(agent_request_t *r, json_t *body)
{
    char                    error[256];
    agent_process_t        *p;
    agent_process_start_t   start;

    if (agent_process_parse_start(body, &start, error, sizeof(error)) != 0) {
        agent_http_error(r, 400, start.blank ? "INVALID_COMMAND"
                                             : "VALIDATION_FAILED",
                         NULL, "%s", error);
        return;
    }

    p = agent_process_create(r, &start);

    if (p && agent_process_start_stateless(r, p, &start) == 0) {
        agent_process_start_done(r, p, start.input, start.input_len,
                                 start.stdin_open);
    }

    agent_process_free_start(&start);
}


/* 0, or -1 after an answer */

static int
agent_process_start_stateless(agent_request_t *r, agent_process_t *p,
    agent_process_start_t *start)
{
    int   err;
    char *argv[4];

    argv[0] = "bash";
    argv[1] = "-c";
    argv[2] = (char *) start->command;
    argv[3] = NULL;

    p->cmd->programs = agent_process_shells;
    p->cmd->argv = argv;
    p->cmd->rename = 1;

    err = agent_command_start(p->cmd);

    if (err) {
        agent_process_start_failed(r, p, err);
        return -1;
    }

    if (p->cmd->program >= AGENT_PROCESS_BASHES) {
        p->shell = agent_process_shells[p->cmd->program];
    }

    return 0;
}


static void
agent_process_start_failed(agent_request_t *r, agent_process_t *p, int err)
{
    char              text[512];
    json_t           *context;
    agent_command_t  *cmd;

    cmd = p->cmd;

    if (cmd->stage == AGENT_SPAWN_EXEC && agent_exec_code(cmd, err)) {
        agent_http_error(r, 501, "SHELL_NOT_AVAILABLE", NULL,
                         "the image has neither bash nor sh");

    } else {
        agent_exec_reason(cmd, err, "bash", text, sizeof(text));

        context = json_pack("{s:s}", "command", p->command);

        if (context) {
            json_object_set_new(context, "stderr",
                                agent_utf8_valid(text, strlen(text))
                                ? json_string(text) : json_string(""));
        }

        agent_http_error(r, 500, "STREAM_START_ERROR", context, "%s", text);
    }

    agent_command_destroy(cmd);
    agent_process_discard(p);
}


static void
agent_process_start_done(agent_request_t *r, agent_process_t *p,
    const char *input, size_t len, int open)
{
    json_t  *json;

    agent_process_started(p);

    json = agent_process_reply(p);

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

    /* one that reads nothing of it is not at fault */

    if (input) {
        (void) agent_command_stdin_write(p->cmd, input, len);
    }

    if (!open) {
        agent_command_stdin_end(p->cmd);
    }

    agent_http_json(r, 200, json);
}
