
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_CONTEXT_H_INCLUDED_
#define _AGENT_CONTEXT_CONTEXT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <jansson.h>
#include <uv.h>

#include "base/fault.h"
#include "context/execution.h"
#include "context/kernel.h"
#include "context/language.h"
#include "run/command.h"


/*
 * Code contexts.  A context has a kernel of its own, which keeps its state
 * from one cell to the next and executes one at a time; others wait in line.
 * A kernel that dies takes the state with it, and the context gets a fresh
 * one.  Nothing here blocks.
 */


#define AGENT_CONTEXT_ID     64        /* characters of an id */
#define AGENT_CONTEXT_MAX    128       /* contexts */
#define AGENT_CONTEXT_START  60000     /* ms for a kernel to be ready */
#define AGENT_CONTEXT_GRACE  1000      /* ms for an interrupt, then KILL */


typedef struct agent_context_observer_s  agent_context_observer_t;


/* is told once, when the kernel is ready or cannot be started; may be freed */

struct agent_context_observer_s {
    /* fault: NULL if it is ready */
    void        (*ready)(agent_context_observer_t *o, agent_context_t *c,
                         agent_fault_t *fault);
    void         *data;

    TAILQ_ENTRY(agent_context_observer_s)  link;
    agent_context_t                       *context;    /* NULL: was told */
};


TAILQ_HEAD(agent_context_observers_s, agent_context_observer_s);


struct agent_context_s {
    TAILQ_ENTRY(agent_context_s)  link;

    char                      id[AGENT_CONTEXT_ID + 1];
    const agent_language_t   *language;
    char                     *cwd;     /* NULL: the workspace */
    json_t                   *env;     /* {"env"}, or NULL */
    uint64_t                  timeout_ms;      /* 0: none */
    char                      created[32];
    uint64_t                  count;   /* cells executed since a restart */
    uint64_t                  restarts;

    /* private to context.c and execution.c */

    agent_kernel_t           *kernel;  /* NULL: has died before it was ready */
    agent_execution_t        *running;
    size_t                    nwaiting;
    uv_timer_t                timer;   /* start, timeout or grace */
    struct agent_executions_s          waiting;
    struct agent_context_observers_s   observers;
    agent_fault_t             fault;   /* of the last start */
    agent_exit_t              lost_by;

    unsigned                  busy:1;  /* a cell runs, perhaps nobody's */
    unsigned                  within:1;        /* an event */
    unsigned                  skip:1;  /* it is left out */
    unsigned                  killing:1;
    unsigned                  restarting:1;    /* as was asked for */
    unsigned                  lost:1;  /* its state, and nobody knows yet */
    unsigned                  late:1;  /* was not ready in time */
    unsigned                  deleted:1;
};


TAILQ_HEAD(agent_context_list_s, agent_context_s);

extern struct agent_context_list_s  agent_context_list;


/*
 * Creates a context.  id NULL: a random one.  cwd is copied; env is stolen.
 * NULL with a fault.
 */
agent_context_t *agent_context_create(const char *id,
    const agent_language_t *language, const char *cwd, json_t *env,
    uint64_t timeout_ms, agent_fault_t *fault);

agent_context_t *agent_context_find(const char *id);

/* the default context of a language, created if need be */
agent_context_t *agent_context_default(const agent_language_t *language,
    agent_fault_t *fault);

/* kills its kernel; executions end */
void agent_context_delete(agent_context_t *c);

/* kills its kernel; a fresh one is started */
void agent_context_restart(agent_context_t *c);

/* 1: a cell was running */
int agent_context_interrupt(agent_context_t *c);

/* 1: the kernel is ready, now or soon; 0 after a call of ready() */
int agent_context_observe(agent_context_t *c, agent_context_observer_t *o);
void agent_context_unobserve(agent_context_observer_t *o);

/* starts a kernel, if the context has none; 0, or -1 with a fault */
int agent_context_revive(agent_context_t *c, agent_fault_t *fault);

/* ms: the deadline of the cell that runs; 0: it has none */
void agent_context_limit(agent_context_t *c, uint64_t ms);


#endif /* _AGENT_CONTEXT_CONTEXT_H_INCLUDED_ */
