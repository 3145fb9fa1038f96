
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SESSION_ROUTES_H_INCLUDED_
#define _AGENT_SESSION_SESSION_ROUTES_H_INCLUDED_


#include <jansson.h>

#include "http/request.h"


void agent_session_routes_create(agent_request_t *r);
void agent_session_routes_list(agent_request_t *r);
void agent_session_routes_delete(agent_request_t *r);

/*
 * Which session a call of /api names: "sessionId" of its body, or where that
 * is missing Session-Id, X-Session-Id, ?session= or ?sessionId=.  given: 1
 * when any of them was there.  0, or -1 after an answer; name takes 129 bytes.
 */
int agent_session_routes_of(agent_request_t *r, json_t *body, char *name,
    int *given);


#endif /* _AGENT_SESSION_SESSION_ROUTES_H_INCLUDED_ */
