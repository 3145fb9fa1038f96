
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_CODE_H_INCLUDED_
#define _AGENT_CONTEXT_CODE_H_INCLUDED_


#include "http/request.h"


/* POST /api/execute/code */
void agent_code_post(agent_request_t *r, json_t *body);


#endif /* _AGENT_CONTEXT_CODE_H_INCLUDED_ */
