
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
 * Each returns 0, or -1 with a fault.  *cwd becomes NULL, or a path in body or
 * in path, which takes AGENT_COMMAND_CWD bytes.
 */
int agent_execute_params_check(agent_execute_t *x, json_t *body,
    const char **cwd, char *path, agent_fault_t *fault);

/* "stdin", text, or "stdinBase64", bytes, to x->input */
int agent_execute_params_stdin(agent_execute_t *x, json_t *body,
    agent_fault_t *fault);


#endif /* _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_ */
