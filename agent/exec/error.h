
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_ERROR_H_INCLUDED_
#define _AGENT_EXEC_ERROR_H_INCLUDED_


#include "http/request.h"
#include "run/command.h"


/* responds to a failure err of agent_run_shell() */
void agent_exec_error(agent_request_t *r, agent_command_t *cmd,
    int err, int stream, const char *line);


#endif /* _AGENT_EXEC_ERROR_H_INCLUDED_ */
