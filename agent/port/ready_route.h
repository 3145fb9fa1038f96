
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PORT_READY_ROUTE_H_INCLUDED_
#define _AGENT_PORT_READY_ROUTE_H_INCLUDED_


#include "http/request.h"


void agent_ready_route(agent_request_t *r);


#endif /* _AGENT_PORT_READY_ROUTE_H_INCLUDED_ */
