
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_ROUTES_H_INCLUDED_
#define _AGENT_MAIN_ROUTES_H_INCLUDED_


#include "http/router.h"


/* the route tables of all rooms, ended by NULL */
extern const agent_route_t *const  agent_routes[];


#endif /* _AGENT_MAIN_ROUTES_H_INCLUDED_ */
