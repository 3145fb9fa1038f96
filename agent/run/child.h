
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_CHILD_H_INCLUDED_
#define _AGENT_RUN_CHILD_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>

#include "run/command.h"


/*
 * A command that is a child of the agent, with pipes of its own.  Spawns it:
 * 0, or -1 with cmd->error and cmd->stage; then cmd is freed with
 * agent_command_destroy().
 */
int agent_run_child_start(agent_command_t *cmd);

/*
 * Makes an orphan that the agent has inherited the command's process, for
 * agent_command_begin() to follow; its output has been opened.  0, or -1 where
 * it cannot be.
 */
int agent_run_child_adopt(agent_command_t *cmd, pid_t pid);


/* what a shell exits with for a failed start: 126 or 127; 0: not its fault */
int agent_run_child_error_code(agent_command_t *cmd);

/* a message for a failed start */
void agent_run_child_error_text(agent_command_t *cmd, const char *program,
    char *buf, size_t size);


#endif /* _AGENT_RUN_CHILD_H_INCLUDED_ */
