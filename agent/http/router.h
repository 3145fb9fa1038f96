
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ROUTE_H_INCLUDED_
#define _AGENT_ROUTE_H_INCLUDED_


#include "http/http.h"


/* the code of a bad request in the route's family */
const char *agent_route_code(agent_request_t *r);


#endif /* _AGENT_ROUTE_H_INCLUDED_ */
