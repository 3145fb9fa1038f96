
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_JSON_BODY_H_INCLUDED_
#define _AGENT_HTTP_JSON_BODY_H_INCLUDED_


#include <stddef.h>

#include "http/request.h"


/*
 * A JSON text as the body of a response, made a piece at a time from segments
 * that its source hands out one after the other: with 64 MB of output it is
 * never in memory as a whole.  It stops while the client does not read.
 */


typedef enum {
    AGENT_JSON_BODY_END = 0,
    AGENT_JSON_BODY_WAIT,        /* the source calls agent_json_body_send() */
    AGENT_JSON_BODY_LITERAL,     /* JSON as it is */
    AGENT_JSON_BODY_TEXT,        /* the inside of a string, to be escaped */
    AGENT_JSON_BODY_BASE64       /* the same as base64, which goes on until a
                                    segment of another kind */
} agent_json_body_e;


typedef struct {
    const char         *data;
    size_t              len;
} agent_json_body_segment_t;


typedef struct agent_json_body_s  agent_json_body_t;


struct agent_json_body_s {
    /* set by the caller */

    agent_request_t    *r;
    int                 status;        /* HTTP status */

    /*
     * The next segment, whose bytes are used before the next call; a text is
     * cut between characters.
     */
    agent_json_body_e (*next)(void *data, agent_json_body_segment_t *segment);
    void               *data;

    unsigned            chunked:1;     /* even where all fits into a buffer */

    /* the rest is json_body.c's */

    char                rest[3];       /* bytes that base64 cannot take yet */
    size_t              nrest;
    unsigned            begun:1;
    unsigned            ended:1;
};


/* begins the response, and goes on with it: at drain, and after a wait */
void agent_json_body_send(agent_json_body_t *b);


#endif /* _AGENT_HTTP_JSON_BODY_H_INCLUDED_ */
