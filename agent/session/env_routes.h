
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_
#define _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_


#include "http/request.h"


void agent_env_get_route(agent_request_t *r);
void agent_env_post_route(agent_request_t *r);


#endif /* _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_ */
