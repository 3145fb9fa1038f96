
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_ROUTES_H_INCLUDED_
#define _AGENT_WATCH_ROUTES_H_INCLUDED_


#include "http/router.h"


extern const agent_route_t  agent_watch_routes[];


#endif /* _AGENT_WATCH_ROUTES_H_INCLUDED_ */
