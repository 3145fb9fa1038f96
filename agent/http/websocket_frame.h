
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_WEBSOCKET_FRAME_H_INCLUDED_
#define _AGENT_HTTP_WEBSOCKET_FRAME_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Frames of the WebSocket protocol (RFC 6455), as a server reads and writes
 * them.  Pure functions that neither allocate nor block; a message of any size
 * is passed on in pieces.
 */


#define AGENT_WEBSOCKET_HEADER       10   /* bytes of an unmasked header */
#define AGENT_WEBSOCKET_CONTROL_MAX  125  /* bytes of a control frame */


typedef enum {
    AGENT_WEBSOCKET_CONTINUATION = 0,
    AGENT_WEBSOCKET_TEXT = 1,
    AGENT_WEBSOCKET_BINARY = 2,
    AGENT_WEBSOCKET_CLOSE = 8,
    AGENT_WEBSOCKET_PING = 9,
    AGENT_WEBSOCKET_PONG = 10
} agent_websocket_opcode_e;


/* section 7.4.1 */

typedef enum {
    AGENT_WEBSOCKET_NORMAL = 1000,
    AGENT_WEBSOCKET_GOING_AWAY = 1001,
    AGENT_WEBSOCKET_PROTOCOL_ERROR = 1002,
    AGENT_WEBSOCKET_NO_STATUS = 1005,       /* never sent */
    AGENT_WEBSOCKET_INVALID_DATA = 1007,
    AGENT_WEBSOCKET_TOO_BIG = 1009,
    AGENT_WEBSOCKET_INTERNAL_ERROR = 1011,
    AGENT_WEBSOCKET_TRY_AGAIN = 1013
} agent_websocket_code_e;


typedef enum {
    AGENT_WEBSOCKET_MORE = 0,               /* all bytes are consumed */
    AGENT_WEBSOCKET_DATA,                   /* a piece of a message */
    AGENT_WEBSOCKET_CONTROL,                /* a whole control frame */
    AGENT_WEBSOCKET_INVALID                 /* the connection must be failed */
} agent_websocket_event_e;


typedef struct {
    agent_websocket_event_e    type;
    agent_websocket_opcode_e   opcode;      /* TEXT, BINARY or of a control */
    char                      *data;        /* borrowed until the next call */
    size_t                     len;
    unsigned                   last:1;      /* the message ends here */

    /* INVALID; CLOSE: the peer's, or AGENT_WEBSOCKET_NO_STATUS */
    int                        code;
    const char                *reason;      /* INVALID: static */
} agent_websocket_event_t;


/* zeroed at first */

typedef struct {
    unsigned char   header[14];
    size_t          nheader;                /* bytes of it received */
    uint64_t        left;                   /* payload still to come */
    unsigned        masked;                 /* payload received, modulo 4 */
    unsigned char   mask[4];
    unsigned char   opcode;                 /* of the current frame */
    unsigned char   message;                /* of the fragmented message */

    char            control[AGENT_WEBSOCKET_CONTROL_MAX];
    size_t          ncontrol;

    char            partial[4];             /* a character that is cut */
    size_t          npartial;

    unsigned        payload:1;              /* the header is complete */
    unsigned        fin:1;
    unsigned        failed:1;
} agent_websocket_frame_t;


/*
 * Reads from len bytes, which are unmasked in place, until an event.  Returns
 * the number of bytes consumed.  Text is checked to be UTF-8.  After INVALID,
 * all further input is ignored.
 */
size_t agent_websocket_frame_read(agent_websocket_frame_t *f, char *buf,
    size_t len, agent_websocket_event_t *event);

/*
 * Writes the header of a frame that is a whole message, or of a fragment if
 * not fin.  Returns its length, at most AGENT_WEBSOCKET_HEADER.
 */
size_t agent_websocket_frame_header(char *header, int opcode, int fin,
    uint64_t len);


#endif /* _AGENT_HTTP_WEBSOCKET_FRAME_H_INCLUDED_ */
