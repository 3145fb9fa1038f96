
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_SSE_H_INCLUDED_
#define _AGENT_HTTP_SSE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <uv.h>

#include "base/buffer.h"
#include "http/request.h"


/*
 * A response of server-sent events.  It takes the request over: on_drain and
 * on_close of the request become its own, and it is freed after on_close.
 * While nothing is sent, a comment keeps the connection alive.  An event that
 * there is no memory for cuts the connection: a stream does not skip.
 */


#define AGENT_SSE_KEEPALIVE  15000     /* ms without output */


typedef struct agent_sse_s  agent_sse_t;


struct agent_sse_s {
    agent_request_t   *r;

    /* set by the caller; either may be NULL */

    /* it is no longer full */
    void             (*on_drain)(void *data);
    /* the client has left, or has read the end; the last call */
    void             (*on_close)(void *data);
    void              *data;

    /* the rest is sse.c's */

    uv_timer_t         timer;
    unsigned           active:1;       /* since the timer ran last */
    unsigned           ended:1;
};


/* begins the response; NULL where there is no memory */
agent_sse_t *agent_sse_create(agent_request_t *r);

/* 1: the sender stops until on_drain */
int agent_sse_full(agent_sse_t *sse);

/*
 * The events of the /api routes, one line of JSON each.  id, where it is not
 * NULL, becomes the event's own.
 */

/* json is stolen; it does not count against silence */
void agent_sse_json(agent_sse_t *sse, const uint64_t *id, json_t *json);

/*
 * Output of stream 1 or 2, sent as base64 if it is not valid UTF-8; processId
 * must need no escaping, or is NULL
 */
void agent_sse_output(agent_sse_t *sse, const uint64_t *id,
    const char *process, int stream, const char *buf, size_t len);

/* an event of that name, whose data are bytes as base64 */
void agent_sse_base64(agent_sse_t *sse, const char *event, const char *buf,
    size_t len);

/* an event of that name and the end, in one segment; frees data */
void agent_sse_finish(agent_sse_t *sse, const char *event,
    agent_buffer_t *data);

/* the end */
void agent_sse_end(agent_sse_t *sse);


#endif /* _AGENT_HTTP_SSE_H_INCLUDED_ */
