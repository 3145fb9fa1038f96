
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_
#define _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_


#include "http/request.h"


void agent_env_routes_get(agent_request_t *r);
void agent_env_routes_post(agent_request_t *r);


#endif /* _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_ */
