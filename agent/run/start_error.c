
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "run/command.h"
#include "run/start_error.h"
#include "sys/spawn.h"


int
agent_start_error_code(agent_command_t *cmd, int err)
{
    if (cmd->stage != AGENT_SPAWN_EXEC) {
        return 0;
    }

    switch (err) {

    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return 127;

    case EACCES:
    case EPERM:
    case ENOEXEC:
    case EISDIR:
    case ETXTBSY:
    case ELIBBAD:
        return 126;

    default:
        return 0;
    }
}


void
agent_start_error_text(agent_command_t *cmd, int err, const char *program,
    char *buf, size_t size)
{
    switch (cmd->stage) {

    case AGENT_SPAWN_CWD:
        snprintf(buf, size, "cannot change to directory %.256s: %s",
                 cmd->cwd ? cmd->cwd : AGENT_WORKSPACE, strerror(err));
        break;

    case AGENT_SPAWN_EXEC:

        if (err == ENOENT && strchr(program, '/') == NULL) {
            snprintf(buf, size, "%.256s: command not found", program);

        } else {
            snprintf(buf, size, "%.256s: %s", program, strerror(err));
        }

        break;

    default:
        snprintf(buf, size, "cannot start a process: %s", strerror(err));
    }
}
