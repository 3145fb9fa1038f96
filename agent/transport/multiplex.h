
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TRANSPORT_MULTIPLEX_H_INCLUDED_
#define _AGENT_TRANSPORT_MULTIPLEX_H_INCLUDED_


#include "http/request.h"


typedef struct agent_multiplex_s  agent_multiplex_t;


/*
 * GET /ws: requests to all routes over one WebSocket.  Messages are JSON text:
 *
 *     to the agent
 *     {"type":"request","id","method","path","body"?,"headers"?}
 *     {"type":"cancel","id"}
 *
 *     to the client
 *     {"type":"response","id","status","body"?,"done":true}
 *     {"type":"stream","id","event"?,"data"}    an event of a stream
 *     {"type":"error","id"?,"code","message","status"}
 *
 * Requests run side by side.  "body" is the JSON of the response, and absent
 * if that is not JSON.
 */
void agent_multiplex_get(agent_request_t *r);


#endif /* _AGENT_TRANSPORT_MULTIPLEX_H_INCLUDED_ */
