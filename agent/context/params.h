
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_PARAMS_H_INCLUDED_
#define _AGENT_CONTEXT_PARAMS_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>

#include "base/fault.h"
#include "context/context.h"
#include "context/language.h"


/* the members of request bodies; a function that fails sets a fault */


/* limit of a request body */
#define AGENT_CONTEXT_PARAMS_JSON_MAX  (4 * 1024 * 1024)


/* the context that a body names, or the default one of its language; or NULL */
agent_context_t *agent_context_params_context(json_t *body,
    agent_fault_t *fault);

/*
 * The request of an execution, {"code", "cwd"?, "env"?}, to be released by the
 * caller, or NULL.  timeout_ms: 0 if the body has none.
 */
json_t *agent_context_params_cell(json_t *body, agent_context_t *c,
    uint64_t *timeout_ms, agent_fault_t *fault);

/* language: NULL if the body has none; 0, or -1 */
int agent_context_params_language(json_t *body,
    const agent_language_t **language, agent_fault_t *fault);

/*
 * env: {"env": variables}, to be released by the caller, or NULL if the body
 * has none; 0, or -1
 */
int agent_context_params_env(json_t *body, json_t **env, agent_fault_t *fault);


#endif /* _AGENT_CONTEXT_PARAMS_H_INCLUDED_ */
