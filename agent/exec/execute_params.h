
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "exec/execute.h"
#include "http/request.h"


/* 0, or -1 after an answer; cwd is malloc()ed, or NULL */
int agent_execute_params_check(agent_execute_t *x, agent_request_t *r,
    json_t *body, char **cwd);
/*
 * "stdin", text, or "stdinBase64", bytes, to x->input.  0, or -1 with a
 * message in error.
 */
int agent_execute_params_stdin(agent_execute_t *x, json_t *body, char *error,
    size_t size);


#endif /* _AGENT_EXEC_EXECUTE_PARAMS_H_INCLUDED_ */
