
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "run/child.h"
#include "run/command.h"
#include "run/shell.h"


/* shell commands without a session */


static const char *const  agent_run_shell_programs[] = {
    AGENT_RUN_SHELL_BASH, AGENT_RUN_SHELL_SH, NULL
};


/* the number of bash paths */
#define AGENT_RUN_SHELL_BASHES                                                \
    (sizeof((const char *[]) { AGENT_RUN_SHELL_BASH }) / sizeof(char *))


const char *const  agent_run_shell_bash[] = { AGENT_RUN_SHELL_BASH, NULL };
const char *const  agent_run_shell_sh[] = { AGENT_RUN_SHELL_SH, NULL };


int
agent_run_shell(agent_command_t *cmd, const char *line, const char *code,
    agent_fault_t *fault)
{
    char    *argv[4], text[512];
    json_t  *context;

    argv[0] = "bash";
    argv[1] = "-c";
    argv[2] = (char *) line;
    argv[3] = NULL;

    cmd->programs = agent_run_shell_programs;
    cmd->argv = argv;
    cmd->rename = 1;

    if (agent_run_child_start(cmd) == 0) {

        if (cmd->program >= AGENT_RUN_SHELL_BASHES) {
            cmd->shell = agent_run_shell_programs[cmd->program];
        }

        return 0;
    }

    if (agent_run_child_error_code(cmd)) {
        return agent_fault_set(fault, 501, "SHELL_NOT_AVAILABLE", NULL,
                               "the image has neither bash nor sh");
    }

    agent_run_child_error_text(cmd, "bash", text, sizeof(text));

    context = json_pack("{s:s}", "command", line);

    if (context) {
        json_object_set_new(context, "stderr",
                            agent_utf8_valid(text, strlen(text))
                            ? json_string(text) : json_string(""));
    }

    return agent_fault_set(fault, 500, code, context, "%s", text);
}
