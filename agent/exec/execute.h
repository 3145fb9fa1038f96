
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "base/buffer.h"
#include "exec/network_hint.h"
#include "http/request.h"
#include "run/command.h"
#include "run/exit.h"


/* limit of the output in a non-streaming response, bytes */
#define AGENT_EXECUTE_OUTPUT_MAX  (64 * 1024 * 1024)


typedef struct {
    agent_request_t      *r;
    agent_command_t      *cmd;         /* NULL: not running */
    json_t               *body;
    const char           *shell;       /* NULL: bash */
    char                  session[129];
    unsigned              named:1;     /* session id given by the request */
    unsigned              sessionless:1;
    unsigned              waiting:1;   /* for its session */
    unsigned              stream:1;
    unsigned              too_large:1;
    unsigned              no_memory:1;
    agent_network_hint_t  hint;
    char                 *input;       /* owned until passed to the command */
    size_t                input_len;

    /* of a non-streaming response */

    agent_buffer_t        out[2];
    agent_exit_t          exit;
    int                   status;      /* HTTP status */
    const char           *code;        /* error code, or NULL */
    char                  message[256];
    char                 *closing;     /* members that follow the output */
    int                   phase;
    size_t                offset;      /* offset within the current phase */

    /* streaming: an incomplete character */

    char                  tail[2][4];
    size_t                tail_len[2];
} agent_execute_t;


/* adds the final members that both kinds of responses share */
void agent_execute_outcome(agent_execute_t *x, json_t *json,
    const agent_exit_t *e);
void agent_execute_post(agent_request_t *r);       /* POST /api/execute */
void agent_execute_post_stream(agent_request_t *r);  /* …/stream */


#endif /* _AGENT_EXEC_EXECUTE_H_INCLUDED_ */
