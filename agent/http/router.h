
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_ROUTER_H_INCLUDED_
#define _AGENT_HTTP_ROUTER_H_INCLUDED_


#include "http/request.h"


/* a route's handler; the headers are complete, the body is still unread */
typedef void (*agent_router_pt)(agent_request_t *r);


/* calls the handler, or responds with 404 */
void agent_router_handle(agent_request_t *r);


/* the error code of a bad request, which depends on the family of the route */
const char *agent_router_code(agent_request_t *r);


#endif /* _AGENT_HTTP_ROUTER_H_INCLUDED_ */
