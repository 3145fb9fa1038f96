
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_COMMAND_INT_H_INCLUDED_
#define _AGENT_RUN_COMMAND_INT_H_INCLUDED_


#include "run/command.h"


/*
 * The command itself has ended: what is in the pipes now is its output, and
 * what others may yet write to them is not waited for.
 */
void agent_command_drain(agent_command_t *cmd);


#endif /* _AGENT_RUN_COMMAND_INT_H_INCLUDED_ */
