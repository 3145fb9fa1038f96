
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_PARAMS_H_INCLUDED_
#define _AGENT_PROCESS_PARAMS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/fault.h"
#include "base/pattern.h"
#include "net/probe.h"
#include "run/command.h"


/*
 * Parsers for the request bodies of the process routes.  Each returns 0, or -1
 * with a fault.  Strings are borrowed from the JSON unless stated otherwise.
 */


#define AGENT_PROCESS_ID           128
#define AGENT_PROCESS_LOG_DEFAULT  (4 * 1024 * 1024)
#define AGENT_PROCESS_LOG_MAX      (64 * 1024 * 1024)


typedef struct {
    const char   *command;
    const char   *id;                       /* NULL: to be generated */
    const char   *session;                  /* NULL: none */
    const char  **env;                      /* malloc()ed, or NULL */
    const char   *cwd;                      /* NULL: none */
    char          path[AGENT_COMMAND_CWD];  /* buffer of cwd */
    uint64_t      timeout_ms;
    size_t        log_bytes;
    const char   *input;                    /* NULL: none */
    size_t        input_len;
    unsigned      stdin_open:1;             /* kept open */
    unsigned      cleanup:1;
} agent_process_params_start_t;


int agent_process_params_start(json_t *json, agent_process_params_start_t *s,
    agent_fault_t *fault);
void agent_process_params_free(agent_process_params_start_t *s);

/* [A-Za-z0-9._-]{1,128}, and not the name of a route */
int agent_process_params_id(const char *id);


/* {signal}: a name or a number */
int agent_process_params_signal(json_t *json, int *sig,
    agent_fault_t *fault);


typedef struct {
    char         *data;                /* malloc()ed */
    size_t        len;
    unsigned      close:1;
} agent_process_params_input_t;


/* {data | dataBase64, close?} */
int agent_process_params_input(json_t *json, agent_process_params_input_t *in,
    agent_fault_t *fault);

/* of wait-for-port, and of port-watch, which has no timeout */
int agent_process_params_port(json_t *json, agent_probe_port_t *p,
    agent_fault_t *fault);


typedef struct {
    agent_pattern_t  *pattern;         /* allocated here */
    const char       *text;            /* as given in the request */
    int               stream;          /* 0: both streams */
    uint64_t          offset;
    uint64_t          timeout_ms;
} agent_process_params_search_t;


/* {text | regex, stream?, fromOffset?, timeoutMs?} */
int agent_process_params_search(json_t *json, agent_process_params_search_t *s,
    agent_fault_t *fault);


/* digits only, in a query or a header */
int agent_process_params_offset(const char *text, uint64_t *offset);


#endif /* _AGENT_PROCESS_PARAMS_H_INCLUDED_ */
