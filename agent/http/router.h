
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_ROUTER_H_INCLUDED_
#define _AGENT_HTTP_ROUTER_H_INCLUDED_


#include "http/request.h"


/* the headers are complete, the body is still unread */
typedef void (*agent_router_pt)(agent_request_t *r);


/*
 * A table of routes ends with a NULL method.  GET covers HEAD.  In a path, a
 * segment ":name" matches any non-empty segment; as the last one, ":name*"
 * matches the rest of the path, which may be empty and becomes r->rest.
 *
 * A route has one of the two handlers: json gets the body as by
 * agent_request_json(), of at most json_max bytes.
 */

typedef struct {
    const char             *method;
    const char             *path;
    agent_router_pt         handler;
    agent_request_json_pt   json;
    size_t                  json_max;
} agent_route_t;


/* the tables, ended by NULL, in the order in which they are searched */
void agent_router_init(const agent_route_t *const *tables);

/* calls the handler of the request's route, or responds with 404 */
void agent_router_handle(agent_request_t *r);


#endif /* _AGENT_HTTP_ROUTER_H_INCLUDED_ */
