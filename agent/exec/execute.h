
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_H_INCLUDED_


#include "http/request.h"


void agent_execute_post(agent_request_t *r);         /* POST /api/execute */
void agent_execute_post_stream(agent_request_t *r);  /* .../stream */


#endif /* _AGENT_EXEC_EXECUTE_H_INCLUDED_ */
