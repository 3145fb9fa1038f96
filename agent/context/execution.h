
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_EXECUTION_H_INCLUDED_
#define _AGENT_CONTEXT_EXECUTION_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <jansson.h>

#include "base/fault.h"
#include "context/kernel.h"
#include "run/command.h"


/*
 * The executions of a context: one runs, others wait in line.  Nothing here
 * blocks.
 */


#define AGENT_EXECUTION_WAITING  64    /* in line for one context */


typedef struct agent_context_s    agent_context_t;
typedef struct agent_execution_s  agent_execution_t;


typedef enum {
    AGENT_EXECUTION_DONE = 0,
    AGENT_EXECUTION_TIMED_OUT,
    AGENT_EXECUTION_DIED,              /* the kernel, while it ran */
    AGENT_EXECUTION_RESTARTED,         /* its context was restarted */
    AGENT_EXECUTION_DELETED            /* its context was deleted */
} agent_execution_end_e;


/* a cell, owned by who executes it; it is in line, or runs, until end() */

struct agent_execution_s {
    /* set by the owner */

    json_t       *request;             /* {"code", "cwd"?, "env"?} */
    uint64_t      timeout_ms;          /* 0: the context's */

    void        (*start)(agent_execution_t *x);
    /* as in agent_kernel_ops_t */
    void        (*output)(agent_execution_t *x, int stream, const char *buf,
                          size_t len);
    void        (*event)(agent_execution_t *x,
                         const agent_kernel_packet_t *p);
    int         (*full)(agent_execution_t *x);
    /*
     * The last callback.  e: of a kernel that died, or NULL.  restarted: the
     * context has lost its state.
     */
    void        (*end)(agent_execution_t *x, agent_execution_end_e how,
                       const agent_exit_t *e, int restarted);
    /* it could not be started */
    void        (*fail)(agent_execution_t *x, agent_fault_t *fault);

    /* private to execution.c */

    TAILQ_ENTRY(agent_execution_s)  link;
    agent_context_t                *context;
    uint64_t                        count;
    agent_exit_t                    lost_by;
    int                             failed;
    unsigned                        running:1;
    unsigned                        timed_out:1;
    unsigned                        lost:1;    /* the state, before it ran */
    unsigned                        dropped:1; /* output, at its end */
};


TAILQ_HEAD(agent_executions_s, agent_execution_s);


/* runs a cell, or puts it in line; 0, or -1 with a fault */
int agent_execution_start(agent_execution_t *x, agent_context_t *c,
    agent_fault_t *fault);

/* there is room for its output again */
void agent_execution_resume(agent_execution_t *x);

/* its client has gone: interrupts it; no callback follows */
void agent_execution_abandon(agent_execution_t *x);


/* for context.c: the next one in line runs, if the kernel is free */
void agent_execution_next(agent_context_t *c);

/* ends the one that runs, if any */
void agent_execution_end(agent_context_t *c, agent_execution_end_e how,
    const agent_exit_t *e, int restarted);

/* the first one in line, which is removed from it; NULL: none */
agent_execution_t *agent_execution_shift(agent_context_t *c);

/* as in agent_kernel_ops_t */
void agent_execution_output(agent_kernel_t *k, int stream, const char *buf,
    size_t len);
void agent_execution_event(agent_kernel_t *k, const agent_kernel_packet_t *p);
int agent_execution_full(agent_kernel_t *k);
void agent_execution_done(agent_kernel_t *k, uint64_t count, int failed);


#endif /* _AGENT_CONTEXT_EXECUTION_H_INCLUDED_ */
