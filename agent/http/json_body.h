
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_JSON_BODY_H_INCLUDED_
#define _AGENT_HTTP_JSON_BODY_H_INCLUDED_


#include <stddef.h>

#include "http/request.h"


/*
 * A JSON response body that is generated incrementally from segments supplied
 * by a source: with 64 MB of output it is never in memory as a whole.  It
 * pauses while the client does not read.
 */


typedef enum {
    AGENT_JSON_BODY_END = 0,
    AGENT_JSON_BODY_WAIT,        /* the source calls agent_json_body_send() */
    AGENT_JSON_BODY_LITERAL,     /* literal JSON */
    AGENT_JSON_BODY_TEXT,        /* contents of a string, to be escaped */
    AGENT_JSON_BODY_BASE64       /* base64, until another kind of segment */
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
     * Returns the next segment, whose bytes are used before the next call;
     * text must be split between characters.
     */
    agent_json_body_e (*next)(void *data, agent_json_body_segment_t *segment);
    void               *data;

    unsigned            chunked:1;  /* even if everything fits into a buffer */

    /* private to json_body.c */

    char                rest[3];       /* rest of a base64 group */
    size_t              nrest;
    unsigned            begun:1;
    unsigned            ended:1;
};


/* begins or continues the response: on drain, and after a wait */
void agent_json_body_send(agent_json_body_t *b);


#endif /* _AGENT_HTTP_JSON_BODY_H_INCLUDED_ */
