
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "base/fault.h"
#include "exec/execute.h"


/*
 * These return 0, or -1 with a fault.  *cwd is set to NULL, or to a path in
 * body or in path, which has AGENT_COMMAND_CWD bytes.
 */
int agent_execute_params_check(agent_execute_t *x, json_t *body,
    const char **cwd, char *path, agent_fault_t *fault);

/* decodes "stdin" (text) or "stdinBase64" (bytes) into x->input */
int agent_execute_params_stdin(agent_execute_t *x, json_t *body,
    agent_fault_t *fault);


#endif /* _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_ */
