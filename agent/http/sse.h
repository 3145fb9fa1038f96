
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_SSE_H_INCLUDED_
#define _AGENT_HTTP_SSE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "http/request.h"


/*
 * Server-sent events of the /api routes: one line of JSON per event.  id, if
 * not NULL, becomes the event's id.  If out of memory, the connection is
 * closed: no event is skipped.
 */


/* starts the response */
void agent_sse_begin(agent_request_t *r);

/* json is stolen */
void agent_sse_json(agent_request_t *r, const uint64_t *id, json_t *json);

/*
 * Output of stream 1 or 2, sent as base64 if it is not valid UTF-8; processId
 * must need no escaping, or is NULL
 */
void agent_sse_output(agent_request_t *r, const uint64_t *id,
    const char *process, int stream, const char *buf, size_t len);

/* sends a keep-alive comment if the output queue is empty */
void agent_sse_keepalive(agent_request_t *r);


#endif /* _AGENT_HTTP_SSE_H_INCLUDED_ */
