
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_ROUTES_H_INCLUDED_
#define _AGENT_CONTEXT_ROUTES_H_INCLUDED_


#include "http/router.h"


extern const agent_route_t  agent_context_routes[];


#endif /* _AGENT_CONTEXT_ROUTES_H_INCLUDED_ */
