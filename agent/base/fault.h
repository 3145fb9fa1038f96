
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_FAULT_H_INCLUDED_
#define _AGENT_BASE_FAULT_H_INCLUDED_


#include <jansson.h>


#define AGENT_FAULT_MESSAGE  640


/*
 * Why something cannot be done, as a client is to be told.  Whoever gets a
 * fault owns its context: agent_http_error_fault() takes it, and
 * agent_fault_clear() drops it.
 */

typedef struct {
    int          status;               /* HTTP status */
    const char  *code;                 /* not copied */
    json_t      *context;              /* or NULL */
    char         message[AGENT_FAULT_MESSAGE];
} agent_fault_t;


/* context is stolen and may be NULL; returns -1, for its caller to return */
int agent_fault_set(agent_fault_t *fault, int status, const char *code,
    json_t *context, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* 400 VALIDATION_FAILED: what a request says is not what it may say */
#define agent_fault_invalid(fault, ...)                                       \
    agent_fault_set(fault, 400, "VALIDATION_FAILED", NULL, __VA_ARGS__)

/* 500 INTERNAL_ERROR */
int agent_fault_no_memory(agent_fault_t *fault);

void agent_fault_clear(agent_fault_t *fault);


#endif /* _AGENT_BASE_FAULT_H_INCLUDED_ */
