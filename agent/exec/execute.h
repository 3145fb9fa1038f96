
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_H_INCLUDED_


#include "http/request.h"


/* POST /api/execute */
void agent_execute_post(agent_request_t *r, json_t *body);
/* POST /api/execute/stream */
void agent_execute_post_stream(agent_request_t *r, json_t *body);


#endif /* _AGENT_EXEC_EXECUTE_H_INCLUDED_ */
