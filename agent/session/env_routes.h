
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_
#define _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_


#include "http/request.h"


/* limit of a request body */
#define AGENT_ENV_ROUTES_JSON_MAX  (1024 * 1024)


void agent_env_routes_get(agent_request_t *r);
void agent_env_routes_post(agent_request_t *r, json_t *body);


#endif /* _AGENT_SESSION_ENV_ROUTES_H_INCLUDED_ */
