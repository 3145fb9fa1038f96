
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_ROUTES_H_INCLUDED_
#define _AGENT_PROCESS_ROUTES_H_INCLUDED_


#include "http/request.h"
#include "http/router.h"
#include "process/process.h"


extern const agent_route_t  agent_process_routes[];


/* the process named by the path; NULL after an error response */
agent_process_t *agent_process_routes_of(agent_request_t *r);

/* the same, and it must be running */
agent_process_t *agent_process_routes_running(agent_request_t *r);


#endif /* _AGENT_PROCESS_ROUTES_H_INCLUDED_ */
