
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_READ_INT_H_INCLUDED_
#define _AGENT_FILES_READ_INT_H_INCLUDED_


#include <stdint.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "files/magic.h"
#include "files/mime.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/sse.h"
#include "sys/thread_job.h"


/*
 * A file that is read: read.c opens and reads it and sends it as JSON,
 * read_stream.c sends it as events.
 */


/* of an event: a multiple of 3, so that only the last one is padded */
#define AGENT_READ_CHUNK   65535
#define AGENT_READ_SMALL   16383           /* if memory is short */


typedef enum {
    AGENT_READ_OPEN = 0,
    AGENT_READ_HEAD,
    AGENT_READ_DATA,
    AGENT_READ_TAIL,
    AGENT_READ_END
} agent_read_state_e;


typedef struct {
    agent_thread_job_t   job;          /* first; its owner is the request */
    agent_request_t     *r;
    agent_read_state_e   state;
    char                *path;
    pid_t                session;

    /* of the thread while it works */
    int                  fd;
    int                  err;
    struct stat          st;
    int64_t              unread;       /* of the length when it was opened */
    int64_t              done;         /* bytes read */
    size_t               pos;          /* of the buffer, what is not yet sent */
    size_t               end;
    unsigned             eof:1;
    char                *buf;
    size_t               size;         /* of the buffer, two chunks */

    agent_magic_t       *magic;
    char                 type[AGENT_MIME_MAX];
    int                  base64;       /* -1: by the type */
    unsigned             lossy:1;      /* it has bytes that are no UTF-8 */

    agent_json_body_t    body;
    agent_buffer_t       text;         /* its head or tail */
    agent_sse_t         *sse;          /* NULL: no stream */
} agent_read_t;


/* NULL after an error response */
agent_read_t *agent_read_create(agent_request_t *r);

/* members of the body; 0, or -1 with a fault */
int agent_read_params(agent_read_t *f, json_t *body, agent_fault_t *fault);

void agent_read_start(agent_read_t *f);

/* reads more, while no thread works on it */
void agent_read_more(agent_read_t *f);

/* how much of the buffer to send now, whole characters of a text; 0: none */
size_t agent_read_piece(agent_read_t *f, size_t max);

/* the request is over */
void agent_read_detach(agent_read_t *f);

void agent_read_free(agent_read_t *f);


#endif /* _AGENT_FILES_READ_INT_H_INCLUDED_ */
