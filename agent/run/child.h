
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_CHILD_H_INCLUDED_
#define _AGENT_RUN_CHILD_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>

#include "run/command.h"


/*
 * Spawns a command as a child of the agent with its own pipes.  0, or -1 with
 * cmd->error and cmd->stage set; then cmd must be freed with
 * agent_command_destroy().
 */
int agent_run_child_start(agent_command_t *cmd);

/*
 * Adopts an orphan inherited by the agent as the process of the command, whose
 * output has been opened; to be followed by agent_command_begin().  0, or -1
 * on failure.
 */
int agent_run_child_adopt(agent_command_t *cmd, pid_t pid);


/*
 * For kinds of commands that are children: spawns it with the ends of its
 * output, and with stdin, or -1; tty: all three are a terminal, which becomes
 * its own.  0, or an errno with cmd->stage; agent_command_begin() must follow.
 */
int agent_run_child_spawn(agent_command_t *cmd, int in, const int *ends,
    int tty);

/*
 * the exit code of a shell for a failed start: 126, 127, or 0: not its fault
 */
int agent_run_child_error_code(agent_command_t *cmd);

/* a message for a failed start */
void agent_run_child_error_text(agent_command_t *cmd, const char *program,
    char *buf, size_t size);


#endif /* _AGENT_RUN_CHILD_H_INCLUDED_ */
