
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SESSION_ROUTES_H_INCLUDED_
#define _AGENT_SESSION_SESSION_ROUTES_H_INCLUDED_


#include <jansson.h>

#include "http/request.h"
#include "http/router.h"


extern const agent_route_t  agent_session_routes[];

/*
 * A session is to be deleted, whether there is one of that name or not; returns
 * 1 if something else of that name was deleted.
 */
void agent_session_routes_observe(int (*deleted)(const char *name));

/*
 * The session of an /api request: "sessionId" of its body, or else Session-Id,
 * X-Session-Id, ?session= or ?sessionId=.  given: 1 if any of these was
 * present.  0, or -1 after an error response; name has 129 bytes.
 */
int agent_session_routes_of(agent_request_t *r, json_t *body, char *name,
    int *given);


#endif /* _AGENT_SESSION_SESSION_ROUTES_H_INCLUDED_ */
