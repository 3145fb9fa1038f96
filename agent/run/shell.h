
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_SHELL_H_INCLUDED_
#define _AGENT_RUN_SHELL_H_INCLUDED_


#include "base/fault.h"
#include "run/command.h"


/*
 * agent_run_child_start() for a shell command line; cmd->shell is set if the
 * shell is not bash.  0, or -1 with a fault: SHELL_NOT_AVAILABLE, or code.
 */
int agent_run_shell(agent_command_t *cmd, const char *line, const char *code,
    agent_fault_t *fault);


/* paths of the shells in an image */

#define AGENT_RUN_SHELL_BASH                                                  \
    "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"

#define AGENT_RUN_SHELL_SH                                                    \
    "/bin/sh", "/usr/bin/sh", "/bin/ash", "/busybox/sh"


/* NULL-terminated */
extern const char *const  agent_run_shell_bash[];
extern const char *const  agent_run_shell_sh[];


#endif /* _AGENT_RUN_SHELL_H_INCLUDED_ */
