
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TRANSPORT_REPLY_H_INCLUDED_
#define _AGENT_TRANSPORT_REPLY_H_INCLUDED_


#include <stddef.h>

#include "http/websocket.h"
#include "transport/sse_reader.h"


/*
 * An HTTP response as messages of a WebSocket; see multiplex.h.  A message of
 * any length is sent in fragments as its bytes arrive.
 */


#define AGENT_REPLY_ID  129


typedef enum {
    AGENT_REPLY_OTHER = 0,             /* no body is sent */
    AGENT_REPLY_JSON,
    AGENT_REPLY_STREAM
} agent_reply_kind_e;


typedef struct {
    agent_websocket_t   *ws;
    char                 id[AGENT_REPLY_ID];
    int                  status;       /* 0: no head has come */
    agent_reply_kind_e   kind;
    agent_sse_reader_t   reader;
    char                 rest[4];      /* a character that is cut */
    size_t               nrest;
    unsigned             open:1;       /* in the middle of a message */
    unsigned             failed:1;     /* out of memory */
} agent_reply_t;


/* id has fewer than AGENT_REPLY_ID bytes */
void agent_reply_init(agent_reply_t *reply, agent_websocket_t *ws,
    const char *id);

void agent_reply_head(agent_reply_t *reply, int status, const char *type);
void agent_reply_body(agent_reply_t *reply, const char *buf, size_t len);

/* whole: the response is complete.  -1: its message cannot be completed */
int agent_reply_end(agent_reply_t *reply, int whole);

/* tells that nothing follows */
void agent_reply_done(agent_reply_t *reply);

/* id may be NULL */
void agent_reply_error(agent_websocket_t *ws, const char *id, int status,
    const char *code, const char *message);


#endif /* _AGENT_TRANSPORT_REPLY_H_INCLUDED_ */
