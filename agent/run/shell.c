
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/base.h"
#include "base/utf8.h"
#include "exec/execute.h"
#include "run/shell.h"


/* a line of shell without a session */


static const char *const  agent_exec_shells[] = {
    AGENT_SHELLS_BASH, AGENT_SHELLS_SH, NULL
};

/* how many of them are bash */
#define AGENT_EXEC_BASHES                                                     \
    (sizeof((const char *[]) { AGENT_SHELLS_BASH }) / sizeof(char *))


const char *const  agent_shells_bash[] = { AGENT_SHELLS_BASH, NULL };
const char *const  agent_shells_sh[] = { AGENT_SHELLS_SH, NULL };


int
agent_command_start_shell(agent_command_t *cmd, const char *line)
{
    int    err;
    char  *argv[4];

    argv[0] = "bash";
    argv[1] = "-c";
    argv[2] = (char *) line;
    argv[3] = NULL;

    cmd->programs = agent_exec_shells;
    cmd->argv = argv;
    cmd->rename = 1;

    err = agent_command_start(cmd);

    if (err == 0 && cmd->program >= AGENT_EXEC_BASHES) {
        cmd->shell = agent_exec_shells[cmd->program];
    }

    return err;
}


void
agent_exec_shell_failed(agent_request_t *r, agent_command_t *cmd, int err,
    int stream, const char *line)
{
    char     text[512];
    json_t  *context;

    if (cmd->stage == AGENT_SPAWN_EXEC && agent_exec_code(cmd, err)) {
        agent_http_error(r, 501, "SHELL_NOT_AVAILABLE", NULL,
                         "the image has neither bash nor sh");
        return;
    }

    agent_exec_reason(cmd, err, "bash", text, sizeof(text));

    context = json_pack("{s:s}", "command", line);

    if (context) {
        json_object_set_new(context, "stderr",
                            agent_utf8_valid(text, strlen(text))
                            ? json_string(text) : json_string(""));
    }

    agent_http_error(r, 500, stream ? "STREAM_START_ERROR"
                                    : "COMMAND_EXECUTION_ERROR",
                     context, "%s", text);
}
