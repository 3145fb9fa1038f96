
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "context/context.h"
#include "context/execution.h"


static void agent_execution_run(agent_context_t *c, agent_execution_t *x);
static int agent_execution_drops(agent_context_t *c);


int
agent_execution_start(agent_execution_t *x, agent_context_t *c,
    agent_fault_t *fault)
{
    if (c->nwaiting >= AGENT_EXECUTION_WAITING) {
        return agent_fault_set(fault, 409, "RESOURCE_BUSY",
                               json_pack("{s:s}", "contextId", c->id),
                               "%d executions wait for this context already: "
                               "wait for one to end, or use more contexts",
                               AGENT_EXECUTION_WAITING);
    }

    if (agent_context_revive(c, fault) != 0) {
        return -1;
    }

    x->context = c;
    TAILQ_INSERT_TAIL(&c->waiting, x, link);
    c->nwaiting++;

    agent_execution_next(c);

    return 0;
}


void
agent_execution_resume(agent_execution_t *x)
{
    if (x->context && x->running) {
        agent_kernel_resume(x->context->kernel);
    }
}


void
agent_execution_abandon(agent_execution_t *x)
{
    agent_context_t  *c;

    c = x->context;

    if (c == NULL) {
        return;
    }

    x->context = NULL;

    if (!x->running) {
        TAILQ_REMOVE(&c->waiting, x, link);
        c->nwaiting--;
        return;
    }

    /* its state is kept; output is dropped until it has ended */

    c->running = NULL;

    agent_kernel_interrupt(c->kernel);
    agent_kernel_resume(c->kernel);
}


void
agent_execution_next(agent_context_t *c)
{
    agent_execution_t  *x;

    if (c->kernel == NULL || !c->kernel->ready || c->busy || c->killing) {
        return;
    }

    x = agent_execution_shift(c);

    if (x) {
        agent_execution_run(c, x);
    }
}


agent_execution_t *
agent_execution_shift(agent_context_t *c)
{
    agent_execution_t  *x;

    x = TAILQ_FIRST(&c->waiting);

    if (x) {
        TAILQ_REMOVE(&c->waiting, x, link);
        c->nwaiting--;
        x->context = NULL;
    }

    return x;
}


static void
agent_execution_run(agent_context_t *c, agent_execution_t *x)
{
    c->busy = 1;
    c->running = x;
    x->context = c;
    x->running = 1;

    c->within = 0;

    x->lost = c->lost;
    x->lost_by = c->lost_by;
    c->lost = 0;

    agent_context_limit(c, x->timeout_ms ? x->timeout_ms : c->timeout_ms);

    x->start(x);

    if (c->running == x && agent_kernel_execute(c->kernel, x->request) != 0) {
        agent_context_restart(c);
    }
}


void
agent_execution_output(agent_kernel_t *k, int stream, const char *buf,
    size_t len)
{
    agent_context_t  *c;

    c = k->data;

    /* what background work writes while no cell runs is nobody's */

    if (c->running == NULL) {
        return;
    }

    if (agent_execution_drops(c)) {
        c->running->dropped = 1;

    } else {
        c->running->output(c->running, stream, buf, len);
    }
}


/* 1: it is being ended, which does not wait for a client that does not read */

static int
agent_execution_drops(agent_context_t *c)
{
    return (c->killing || c->running->timed_out)
           && c->running->full(c->running);
}


void
agent_execution_event(agent_kernel_t *k, const agent_kernel_packet_t *p)
{
    int               first;
    agent_context_t  *c;

    c = k->data;

    first = !c->within;
    c->within = (p->more != 0);

    if (c->running == NULL) {
        return;
    }

    if (first) {
        c->skip = agent_execution_drops(c);
    }

    if (c->skip) {
        c->running->dropped = 1;

    } else {
        c->running->event(c->running, p);
    }
}


int
agent_execution_full(agent_kernel_t *k)
{
    agent_context_t    *c;
    agent_execution_t  *x;

    c = k->data;
    x = c->running;

    /* what agent_execution_drops() leaves out needs no room */

    if (x == NULL || c->killing || (x->timed_out && !c->within)) {
        return 0;
    }

    return x->full(x);
}


void
agent_execution_done(agent_kernel_t *k, uint64_t count, int failed)
{
    agent_context_t    *c;
    agent_execution_t  *x;

    c = k->data;
    x = c->running;

    agent_context_limit(c, 0);

    c->busy = 0;
    c->count = count;

    if (x) {
        x->count = count;
        x->failed = failed;

        agent_execution_end(c, x->timed_out ? AGENT_EXECUTION_TIMED_OUT
                                          : AGENT_EXECUTION_DONE,
                          NULL, 0);
    }

    agent_execution_next(c);
}


void
agent_execution_end(agent_context_t *c, agent_execution_end_e how,
    const agent_exit_t *e, int restarted)
{
    agent_execution_t  *x;

    x = c->running;

    if (x == NULL) {
        return;
    }

    c->running = NULL;
    x->running = 0;
    x->context = NULL;

    x->end(x, how, e, restarted);
}
