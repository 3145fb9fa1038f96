
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_PIPES_H_INCLUDED_
#define _AGENT_SESSION_PIPES_H_INCLUDED_


#include <stddef.h>

#include "session/shell.h"


/*
 * The directory of a session's shell and its FIFOs.  Each function returns 0
 * or an errno unless stated otherwise.
 */

int agent_pipes_directory(agent_shell_t *shell);

/* creates a FIFO, replacing any file of that name, and opens it */
int agent_pipes_fifo(agent_shell_t *shell, const char *name, int flags,
    int *fd);
void agent_pipes_remove(agent_shell_t *shell, const char *name);

/* creates the FIFOs of a command and opens their read ends; 0, or an errno */
int agent_pipes_prepare(agent_shell_t *shell, int *fds);

/* and the FIFO on which the subshell with this marker waits */
int agent_pipes_gate(agent_shell_t *shell, const char *marker);
void agent_pipes_gate_open(agent_shell_t *shell);
/* the subshell has been released or is no longer waited for */
void agent_pipes_gate_close(agent_shell_t *shell);

/*
 * creates a file that the shell may read and write, replacing any of that
 * name, and opens it for writing
 */
int agent_pipes_file(agent_shell_t *shell, const char *name, int *fd);

/* creates a file for stdin of a command; 0, or an errno */
int agent_pipes_input(agent_shell_t *shell, const char *buf, size_t len);

#define AGENT_PIPES_INPUT  "i"


/*
 * Creates a FIFO instead; returns its write end, or -1 with errno, once the
 * subshell has opened the read end.
 */
int agent_pipes_input_fifo(agent_shell_t *shell);
int agent_pipes_input_take(agent_shell_t *shell);

/* the FIFO has been opened or is no longer needed */
void agent_pipes_input_done(agent_shell_t *shell);


#endif /* _AGENT_SESSION_PIPES_H_INCLUDED_ */
