
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
 * A response of server-sent events.  It takes over on_drain and on_close of
 * the request, and is freed after on_close.  While nothing is sent, comments
 * keep the connection alive.  If out of memory, the connection is closed: no
 * event is skipped.
 */


#define AGENT_SSE_KEEPALIVE  15000     /* ms without output */


typedef struct agent_sse_s  agent_sse_t;


struct agent_sse_s {
    agent_request_t   *r;

    /* set by the caller; either may be NULL */

    /* there is room again */
    void             (*on_drain)(void *data);
    /* the client has disconnected or read the end; the last callback */
    void             (*on_close)(void *data);
    void              *data;

    /* private to sse.c */

    uv_timer_t         timer;
    unsigned           active:1;       /* since the timer ran last */
    unsigned           ended:1;
};


/* begins the response; NULL if out of memory */
agent_sse_t *agent_sse_create(agent_request_t *r);

/* 1 if full: the sender must stop until on_drain */
int agent_sse_full(agent_sse_t *sse);

/*
 * Events of the /api routes: one line of JSON per event.  id, if not NULL, is
 * the id of the event.
 */

/* json is stolen; does not count as output */
void agent_sse_json(agent_sse_t *sse, const uint64_t *id, json_t *json);

/* the text of an object; frees it; counts as output */
void agent_sse_text(agent_sse_t *sse, agent_buffer_t *json);

/*
 * Output of stream 1 or 2, sent as base64 if it is not valid UTF-8; processId
 * must need no escaping, or is NULL
 */
void agent_sse_output(agent_sse_t *sse, const uint64_t *id,
    const char *process, int stream, const char *buf, size_t len);

/* an event of that name with base64 data */
void agent_sse_base64(agent_sse_t *sse, const char *event, const char *buf,
    size_t len);

/* whole events, or their parts, as they go over the wire */
void agent_sse_bytes(agent_sse_t *sse, const char *buf, size_t len);
/* the same, to be sent together with what follows */
void agent_sse_hold(agent_sse_t *sse, const char *buf, size_t len);

/* an event of that name and the end in one segment; frees data */
void agent_sse_finish(agent_sse_t *sse, const char *event,
    agent_buffer_t *data);

/* the end */
void agent_sse_end(agent_sse_t *sse);


#endif /* _AGENT_HTTP_SSE_H_INCLUDED_ */
