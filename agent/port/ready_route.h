
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PORT_READY_ROUTE_H_INCLUDED_
#define _AGENT_PORT_READY_ROUTE_H_INCLUDED_


#include "http/request.h"


/* limit of a request body */
#define AGENT_PORT_JSON_MAX  16384


void agent_ready_route(agent_request_t *r, json_t *body);


#endif /* _AGENT_PORT_READY_ROUTE_H_INCLUDED_ */
