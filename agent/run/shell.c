
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "run/command.h"
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
