
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TRANSPORT_ROUTES_H_INCLUDED_
#define _AGENT_TRANSPORT_ROUTES_H_INCLUDED_


#include "http/router.h"


extern const agent_route_t  agent_transport_routes[];


#endif /* _AGENT_TRANSPORT_ROUTES_H_INCLUDED_ */
