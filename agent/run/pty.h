
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_PTY_H_INCLUDED_
#define _AGENT_RUN_PTY_H_INCLUDED_


#include "run/command.h"


#define AGENT_PTY_SIZE_MAX  10000      /* columns or rows */


/*
 * Spawns a command as a child of the agent on a pseudo-terminal of its own,
 * which belongs to the user of commands.  Its output is stream 1, its input
 * that of run/stdin.h; cmd->stdin_pipe is not used.  *fd is set to a
 * descriptor of the master, owned by the caller and to be closed when the
 * command has ended.  0, or -1 as agent_run_child_start().
 */
int agent_run_pty_start(agent_command_t *cmd, unsigned cols, unsigned rows,
    int *fd);

/* the foreground processes of the terminal get SIGWINCH */
void agent_run_pty_resize(int fd, unsigned cols, unsigned rows);


#endif /* _AGENT_RUN_PTY_H_INCLUDED_ */
