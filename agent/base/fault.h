
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_FAULT_H_INCLUDED_
#define _AGENT_BASE_FAULT_H_INCLUDED_


#include <jansson.h>


#define AGENT_FAULT_MESSAGE  640


/*
 * The reason of a failure, as reported to a client.  The receiver of a fault
 * owns its context: agent_http_error_fault() consumes it, agent_fault_clear()
 * frees it.
 */

typedef struct {
    int          status;               /* HTTP status */
    const char  *code;                 /* static */
    json_t      *context;              /* or NULL */
    char         message[AGENT_FAULT_MESSAGE];
} agent_fault_t;


/* context is stolen and may be NULL; always returns -1 */
int agent_fault_set(agent_fault_t *fault, int status, const char *code,
    json_t *context, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* 400 VALIDATION_FAILED: the request is invalid */
#define agent_fault_invalid(fault, ...)                                       \
    agent_fault_set(fault, 400, "VALIDATION_FAILED", NULL, __VA_ARGS__)

/* 500 INTERNAL_ERROR */
int agent_fault_no_memory(agent_fault_t *fault);

void agent_fault_clear(agent_fault_t *fault);


#endif /* _AGENT_BASE_FAULT_H_INCLUDED_ */
