
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_WEBSOCKET_H_INCLUDED_
#define _AGENT_HTTP_WEBSOCKET_H_INCLUDED_


#include <stddef.h>
#include <uv.h>

#include "http/request.h"
#include "http/response.h"
#include "http/websocket_frame.h"


/*
 * The server's side of a WebSocket (RFC 6455) on a request.  Pings are
 * answered here.  A peer that has sent nothing for AGENT_WEBSOCKET_SILENCE ms
 * is sent a ping, and is disconnected if it sends nothing for as long again.
 *
 * Not supported: extensions and subprotocols.
 */


#define AGENT_WEBSOCKET_SILENCE  30000

/* a peer that lets more accumulate is disconnected */
#define AGENT_WEBSOCKET_MAX      (4 * AGENT_HTTP_LOW)


typedef struct agent_websocket_s  agent_websocket_t;


struct agent_websocket_s {
    /* set by the owner after agent_websocket_accept() */

    void        *data;
    /*
     * A piece of a message, TEXT or BINARY, which ends with the piece that is
     * the last; text is UTF-8, but a piece may cut a character.
     */
    void       (*on_data)(agent_websocket_t *ws, int opcode, const char *buf,
                          size_t len, int last);
    /* the queue is no longer full; may be NULL */
    void       (*on_drain)(agent_websocket_t *ws);
    /* the last callback, always called from the loop; ws is freed afterwards */
    void       (*on_close)(agent_websocket_t *ws);

    /* private to websocket.c */

    agent_request_t          *r;
    agent_websocket_frame_t   frame;
    uv_timer_t                timer;
    char                      pong[AGENT_WEBSOCKET_CONTROL_MAX];
    size_t                    npong;
    unsigned                  refs:2;
    unsigned                  paused:1;
    unsigned                  heard:1;     /* since the last tick */
    unsigned                  pinged:1;    /* and no byte was received since */
    unsigned                  ponging:1;   /* a pong waits for the queue */
    unsigned                  closing:1;   /* our close frame was sent */
    unsigned                  over:1;
};


/*
 * Checks the opening handshake.  0, or -1 after an error response: 400 if it is
 * none, 426 for another version, 503 while the agent exits.
 */
int agent_websocket_check(agent_request_t *r);

/* checks and completes the opening handshake; NULL after an error response */
agent_websocket_t *agent_websocket_accept(agent_request_t *r);

/* queues a copy as one message, and sends what it can */
void agent_websocket_send(agent_websocket_t *ws, int opcode, const void *buf,
    size_t len);

/* the same for a fragment of a message; opcode is that of the message */
void agent_websocket_send_piece(agent_websocket_t *ws, int opcode,
    const void *buf, size_t len, int first, int last);

/*
 * 1: the queue is full, at AGENT_HTTP_LOW bytes or less while the agent is
 * short of memory: the caller must stop sending until on_drain
 */
int agent_websocket_full(agent_websocket_t *ws);

/*
 * Begins the closing handshake: after what is queued, a close frame is sent.
 * on_data is not called any more; on_close follows.  reason is truncated to
 * 123 bytes.
 */
void agent_websocket_close(agent_websocket_t *ws, int code,
    const char *reason);

/* disconnects at once; on_close follows */
void agent_websocket_abort(agent_websocket_t *ws);

/* pause and resume reading from the peer */
void agent_websocket_pause(agent_websocket_t *ws);
void agent_websocket_resume(agent_websocket_t *ws);


#endif /* _AGENT_HTTP_WEBSOCKET_H_INCLUDED_ */
