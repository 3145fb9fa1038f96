
/*
 * Copyright (C) the ngx_sandbox authors
 */


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
agent_run_shell(agent_command_t *cmd, const char *line)
{
    int    err;
    char  *argv[4];

    argv[0] = "bash";
    argv[1] = "-c";
    argv[2] = (char *) line;
    argv[3] = NULL;

    cmd->programs = agent_run_shell_programs;
    cmd->argv = argv;
    cmd->rename = 1;

    err = agent_command_start(cmd);

    if (err == 0 && cmd->program >= AGENT_RUN_SHELL_BASHES) {
        cmd->shell = agent_run_shell_programs[cmd->program];
    }

    return err;
}
