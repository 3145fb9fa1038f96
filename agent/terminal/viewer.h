
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TERMINAL_VIEWER_H_INCLUDED_
#define _AGENT_TERMINAL_VIEWER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buffer.h"
#include "http/request.h"
#include "http/websocket.h"
#include "terminal/terminal.h"


/*
 * A WebSocket that is attached to a terminal.  Binary messages are bytes of the
 * terminal in both directions, text messages are JSON objects with a "type".
 */

struct agent_viewer_s {
    agent_websocket_t             *ws;
    agent_terminal_t              *terminal;
    uint64_t                       offset;    /* of the next byte to send */
    agent_buffer_t                 text;      /* a message, as it arrives */
    TAILQ_ENTRY(agent_viewer_s)    link;

    unsigned                       ready:1;   /* the replay is complete */
    unsigned                       over:1;    /* nothing more is sent */
    unsigned                       blocked:1; /* the shell reads no input */
};


/* GET /pty and /ws/pty */
void agent_viewer_get(agent_request_t *r);

/* the terminal has written these bytes, which its offset includes */
void agent_viewer_output(agent_viewer_t *v, const char *buf, size_t len);

/* sends what is kept, and reports the exit; does nothing without room */
void agent_viewer_send(agent_viewer_t *v);

/* 1 if it takes no more output now */
int agent_viewer_full(agent_viewer_t *v);

/* the shell reads its input again */
void agent_viewer_unblock(agent_viewer_t *v);

/* the agent exits */
void agent_viewer_stop(agent_viewer_t *v);


#endif /* _AGENT_TERMINAL_VIEWER_H_INCLUDED_ */
