
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_PROGRAMS_H_INCLUDED_
#define _AGENT_EXEC_PROGRAMS_H_INCLUDED_


#include "http/request.h"


void agent_programs(agent_request_t *r);           /* GET /api/commands */


#endif /* _AGENT_EXEC_PROGRAMS_H_INCLUDED_ */
