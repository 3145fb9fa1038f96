
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
 * Server-sent events as the clients of the /api routes read them: one line of
 * JSON each.  id, where it is not NULL, becomes the event's own.  Where there
 * is no memory for one, the connection is cut: a stream does not skip.
 */


/* starts the response */
void agent_sse_begin(agent_request_t *r);

/* json is stolen */
void agent_sse_json(agent_request_t *r, const uint64_t *id, json_t *json);

/*
 * What came on stream 1 or 2, with bytes as base64 where text would lose
 * them; processId is a word that needs no escape, or NULL
 */
void agent_sse_output(agent_request_t *r, const uint64_t *id,
    const char *process, int stream, const char *buf, size_t len);

/* a comment, if the client has read everything else */
void agent_sse_keepalive(agent_request_t *r);


#endif /* _AGENT_HTTP_SSE_H_INCLUDED_ */
