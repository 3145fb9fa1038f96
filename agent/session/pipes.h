
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_PIPES_H_INCLUDED_
#define _AGENT_SESSION_PIPES_H_INCLUDED_


#include <stddef.h>

#include "session/shell.h"


/*
 * The directory of a session's shell, and what is in it.  Each function
 * returns 0 or an errno where nothing else is said.
 */

int agent_pipes_directory(agent_shell_t *shell);

/* makes a FIFO, in place of whatever has its name, and opens it */
int agent_pipes_fifo(agent_shell_t *shell, const char *name, int flags,
    int *fd);
void agent_pipes_remove(agent_shell_t *shell, const char *name);

/* makes the FIFOs of a call and their read ends; 0, or an errno */
int agent_pipes_prepare(agent_shell_t *shell, int *fds);

/* and the one where the subshell of this marker waits */
int agent_pipes_gate(agent_shell_t *shell, const char *marker);
void agent_pipes_gate_open(agent_shell_t *shell);
/* it goes, or is not waited for any more */
void agent_pipes_gate_close(agent_shell_t *shell);

/* a file for a call's stdin; 0, or an errno */
int agent_pipes_input(agent_shell_t *shell, const char *buf, size_t len);

#define AGENT_PIPES_INPUT  "i"


/*
 * A FIFO in its place; its end to write to, or -1 with errno, once the
 * subshell has opened the other one.
 */
int agent_pipes_input_fifo(agent_shell_t *shell);
int agent_pipes_input_take(agent_shell_t *shell);

/* it is open, or not needed any more */
void agent_pipes_input_done(agent_shell_t *shell);


#endif /* _AGENT_SESSION_PIPES_H_INCLUDED_ */
