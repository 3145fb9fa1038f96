
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_INT_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_INT_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "exec/stream.h"
#include "http/json_body.h"
#include "http/request.h"
#include "run/command.h"
#include "session/session.h"


/*
 * An execute request, shared by execute.c, which starts it, and
 * execute_reply.c, which generates the non-streaming response.
 */


/* two outputs as text and as base64, and the JSON around them */
#define AGENT_EXECUTE_PARTS       12


/* a segment of the response */

typedef struct {
    agent_json_body_e     kind;
    const char           *data;
    size_t                len;
} agent_execute_part_t;


typedef struct {
    agent_exec_stream_t   stream;      /* first; cmd and hint in both modes */
    agent_request_t      *r;
    json_t               *body;
    const char           *shell;       /* NULL: bash */
    char                  session[AGENT_SESSION_NAME + 1];
    unsigned              named:1;     /* session id given by the request */
    unsigned              sessionless:1;
    unsigned              waiting:1;   /* for its session */
    unsigned              streams:1;
    char                 *input;       /* owned until passed to the command */
    size_t                input_len;

    /* of a non-streaming response */

    agent_buffer_t        out[2];
    size_t                collected;   /* bytes of both */
    agent_exit_t          exit;
    agent_fault_t         fault;       /* code NULL: none */
    agent_json_body_t     reply;
    char                  opening[64];
    char                 *closing;     /* members that follow the output */
    agent_execute_part_t  parts[AGENT_EXECUTE_PARTS];
    unsigned              nparts;
    unsigned              part;        /* the next segment */
} agent_execute_t;


/* adds the final members that both kinds of responses share */
void agent_execute_outcome(agent_execute_t *x, json_t *json,
    const agent_exit_t *e);


#endif /* _AGENT_EXEC_EXECUTE_INT_H_INCLUDED_ */
