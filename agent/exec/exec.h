
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXEC_H_INCLUDED_
#define _AGENT_EXEC_EXEC_H_INCLUDED_


#include "http/request.h"


void agent_exec_post(agent_request_t *r);          /* POST /exec */


#endif /* _AGENT_EXEC_EXEC_H_INCLUDED_ */
