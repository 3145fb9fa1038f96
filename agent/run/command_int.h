
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_COMMAND_INT_H_INCLUDED_
#define _AGENT_RUN_COMMAND_INT_H_INCLUDED_


#include "run/command.h"


/*
 * The command itself has exited: its output is what is in the pipes now; later
 * output of other processes is not waited for.
 */
void agent_command_drain(agent_command_t *cmd);


#endif /* _AGENT_RUN_COMMAND_INT_H_INCLUDED_ */
