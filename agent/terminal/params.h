
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TERMINAL_PARAMS_H_INCLUDED_
#define _AGENT_TERMINAL_PARAMS_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>

#include "base/fault.h"
#include "http/request.h"
#include "run/command.h"
#include "session/session.h"


#define AGENT_TERMINAL_COLS  80
#define AGENT_TERMINAL_ROWS  24
#define AGENT_TERMINAL_ENV   64        /* variables of a terminal */


/* the arguments of a connection to a terminal */

typedef struct {
    char          session[AGENT_SESSION_NAME + 1];  /* "": one of its own */
    unsigned      cols;
    unsigned      rows;
    char         *shell;               /* NULL: bash, or else sh */
    char          cwd[AGENT_COMMAND_CWD];           /* "": the default */
    char         *env[AGENT_TERMINAL_ENV + 1];      /* "NAME=value" */

    /* a reconnection: the bytes before it are with the client */
    uint64_t      since;
    char         *id;                  /* of the terminal it had, or NULL */
    unsigned      resumes:1;           /* since is set */
} agent_terminal_params_t;


/*
 * Parses the query and the header Session-Id.  0, or -1 with a fault; to be
 * freed in both cases.
 */
int agent_terminal_params_parse(agent_request_t *r,
    agent_terminal_params_t *params, agent_fault_t *fault);
void agent_terminal_params_free(agent_terminal_params_t *params);

/* the members cols and rows, which are required */
int agent_terminal_params_size(json_t *json, unsigned *cols, unsigned *rows,
    agent_fault_t *fault);


#endif /* _AGENT_TERMINAL_PARAMS_H_INCLUDED_ */
