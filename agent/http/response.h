
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_RESPONSE_H_INCLUDED_
#define _AGENT_HTTP_RESPONSE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "http/request.h"


/*
 * Stop writing above the high mark; on_drain is called below the low mark.
 * Both are lower while the agent is short of memory.
 */
#define AGENT_HTTP_HIGH          (256 * 1024)
#define AGENT_HTTP_LOW           (64 * 1024)


typedef struct {
    const char  *name;
    const char  *value;
} agent_response_header_t;


/*
 * Starts the response.  length -1: chunked.  headers is terminated by a NULL
 * name; Date, Content-Length, Transfer-Encoding and Connection are added.
 */
void agent_response_begin(agent_request_t *r, int status,
    const agent_response_header_t *headers, int64_t length);

/*
 * Queues a copy of the bytes and tries to send at once.  Returns the number of
 * bytes now queued.
 */
size_t agent_response_write(agent_request_t *r, const void *buf, size_t len);
/* the same, to be sent together with what is written next */
size_t agent_response_hold(agent_request_t *r, const void *buf, size_t len);
size_t agent_response_queued(agent_request_t *r);

/* 1: the queue is full, and the caller must stop writing until on_drain */
int agent_response_full(agent_request_t *r);

/* ends the response */
void agent_response_end(agent_request_t *r);

/*
 * Responds with 101 Switching Protocols; headers as above, with Upgrade.  Until
 * the end of the response, bytes from the client are passed to on_switched, and
 * what is written is sent as it is.
 */
void agent_response_switch(agent_request_t *r,
    const agent_response_header_t *headers);

/* writes the last bytes of a stream and ends the response */
void agent_response_finish(agent_request_t *r, const void *buf, size_t len);

/*
 * Aborts a response that cannot be completed: closes the connection so that
 * the client sees a truncated body.
 */
void agent_response_abort(agent_request_t *r);

/* complete responses; json is stolen */
void agent_response_json(agent_request_t *r, int status, json_t *json);
/* {"success": true, name: value, "timestamp"}; value is stolen */
void agent_response_success(agent_request_t *r, const char *name,
    json_t *value);


#endif /* _AGENT_HTTP_RESPONSE_H_INCLUDED_ */
