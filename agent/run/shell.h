
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_SHELL_H_INCLUDED_
#define _AGENT_RUN_SHELL_H_INCLUDED_


#include "run/command.h"


/* the same for a line of shell; cmd->shell names a lesser one */
int agent_command_start_shell(agent_command_t *cmd, const char *line);


/* where an image may have them */

#define AGENT_SHELLS_BASH                                                     \
    "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"

#define AGENT_SHELLS_SH                                                       \
    "/bin/sh", "/usr/bin/sh", "/bin/ash", "/busybox/sh"


/* ended with NULL */
extern const char *const  agent_shells_bash[];
extern const char *const  agent_shells_sh[];


#endif /* _AGENT_RUN_SHELL_H_INCLUDED_ */
