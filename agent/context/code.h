
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_CODE_H_INCLUDED_
#define _AGENT_CONTEXT_CODE_H_INCLUDED_


#include "base/fault.h"
#include "context/language.h"
#include "http/request.h"


/* limit of a request body */
#define AGENT_CONTEXT_JSON_MAX  (4 * 1024 * 1024)


/* POST /api/execute/code */
void agent_code_post(agent_request_t *r);

/*
 * The member "language" of a body; absent: NULL.  0, or -1 with a fault that
 * names the languages.
 */
int agent_code_language(json_t *body,
    const agent_language_t **language, agent_fault_t *fault);

/*
 * {"env": ...} of the member "env_vars", checked; absent: NULL.  0, or -1 with
 * a fault.
 */
int agent_code_env(json_t *body, json_t **env,
    agent_fault_t *fault);


#endif /* _AGENT_CONTEXT_CODE_H_INCLUDED_ */
