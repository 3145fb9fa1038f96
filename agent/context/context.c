
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/time.h"
#include "context/context.h"
#include "context/execution.h"
#include "context/pool.h"
#include "run/env.h"


static int agent_context_start(agent_context_t *c);
static void agent_context_ready(agent_kernel_t *k);
static void agent_context_told(agent_context_t *c, agent_fault_t *fault);
static void agent_context_exit(agent_kernel_t *k, const agent_exit_t *e);
static void agent_context_fail(agent_context_t *c);
static void agent_context_kill(agent_context_t *c);
static void agent_context_deadline(uv_timer_t *timer);
static void agent_context_copy(agent_fault_t *fault,
    const agent_fault_t *from);
static void agent_context_free(uv_handle_t *handle);
static void agent_context_uuid(char *id);


static const agent_kernel_ops_t  agent_context_ops = {
    agent_context_ready,
    agent_context_exit,
    agent_execution_output,
    agent_execution_event,
    agent_execution_full,
    agent_execution_done
};


struct agent_context_list_s  agent_context_list
    = TAILQ_HEAD_INITIALIZER(agent_context_list);

static size_t  agent_context_n;


agent_context_t *
agent_context_create(const char *id, const agent_language_t *language,
    const char *cwd, json_t *env, uint64_t timeout_ms, agent_fault_t *fault)
{
    agent_context_t  *c;

    if (agent_context_n >= AGENT_CONTEXT_MAX) {
        json_decref(env);
        (void) agent_fault_set(fault, 409, "RESOURCE_BUSY", NULL,
                               "A sandbox has at most %d contexts: delete one "
                               "first", AGENT_CONTEXT_MAX);
        return NULL;
    }

    c = calloc(1, sizeof(agent_context_t));

    if (c == NULL || (cwd && (c->cwd = strdup(cwd)) == NULL)) {
        free(c);
        json_decref(env);
        (void) agent_fault_no_memory(fault);
        return NULL;
    }

    if (id) {
        snprintf(c->id, sizeof(c->id), "%s", id);

    } else {
        agent_context_uuid(c->id);
    }

    c->language = language;
    c->env = env;
    c->timeout_ms = timeout_ms;
    agent_time_iso(c->created);

    TAILQ_INIT(&c->waiting);
    TAILQ_INIT(&c->observers);

    uv_timer_init(agent_loop, &c->timer);
    c->timer.data = c;

    TAILQ_INSERT_TAIL(&agent_context_list, c, link);
    agent_context_n++;

    if (agent_context_start(c) != 0) {
        agent_context_copy(fault, &c->fault);
        agent_context_delete(c);
        return NULL;
    }

    return c;
}


agent_context_t *
agent_context_find(const char *id)
{
    agent_context_t  *c;

    for (c = TAILQ_FIRST(&agent_context_list); c; c = TAILQ_NEXT(c, link)) {
        if (strcmp(c->id, id) == 0) {
            return c;
        }
    }

    return NULL;
}


agent_context_t *
agent_context_default(const agent_language_t *language, agent_fault_t *fault)
{
    char              id[AGENT_CONTEXT_ID + 1];
    agent_context_t  *c;

    snprintf(id, sizeof(id), "default-%s", language->name);

    c = agent_context_find(id);

    return c ? c : agent_context_create(id, language, NULL, NULL, 0, fault);
}


void
agent_context_delete(agent_context_t *c)
{
    agent_execution_t  *x;

    if (c->deleted) {
        return;
    }

    c->deleted = 1;
    uv_timer_stop(&c->timer);

    TAILQ_REMOVE(&agent_context_list, c, link);
    agent_context_n--;

    agent_execution_end(c, AGENT_EXECUTION_DELETED, NULL, 0);

    while ((x = agent_execution_shift(c))) {
        x->end(x, AGENT_EXECUTION_DELETED, NULL, 0);
    }

    if (!TAILQ_EMPTY(&c->observers)) {
        (void) agent_fault_set(&c->fault, 404, "CONTEXT_NOT_FOUND", NULL,
                               "The context was deleted");
        agent_context_told(c, &c->fault);
    }

    if (c->kernel) {
        agent_kernel_kill(c->kernel);

    } else {
        uv_close((uv_handle_t *) &c->timer, agent_context_free);
    }
}


void
agent_context_restart(agent_context_t *c)
{
    if (c->kernel == NULL) {
        (void) agent_context_start(c);
        return;
    }

    c->restarting = 1;

    agent_context_kill(c);
}


int
agent_context_interrupt(agent_context_t *c)
{
    if (!c->busy) {
        return 0;
    }

    agent_kernel_interrupt(c->kernel);

    return 1;
}


int
agent_context_observe(agent_context_t *c, agent_context_observer_t *o)
{
    if (c->kernel == NULL) {
        o->context = NULL;
        o->ready(o, c, &c->fault);
        return 0;
    }

    if (c->kernel->ready && !c->killing) {
        o->context = NULL;
        o->ready(o, c, NULL);
        return 0;
    }

    o->context = c;
    TAILQ_INSERT_TAIL(&c->observers, o, link);

    return 1;
}


void
agent_context_unobserve(agent_context_observer_t *o)
{
    if (o->context) {
        TAILQ_REMOVE(&o->context->observers, o, link);
        o->context = NULL;
    }
}


int
agent_context_revive(agent_context_t *c, agent_fault_t *fault)
{
    if (c->kernel == NULL && agent_context_start(c) != 0) {
        agent_context_copy(fault, &c->fault);
        return -1;
    }

    return 0;
}


static int
agent_context_start(agent_context_t *c)
{
    const char     **env;
    agent_fault_t   *fault;

    env = NULL;
    fault = &c->fault;

    agent_fault_clear(fault);

    c->count = 0;
    c->late = 0;

    if (c->env == NULL && c->cwd == NULL) {
        c->kernel = agent_pool_take(c->language);

        if (c->kernel) {
            c->kernel->ops = &agent_context_ops;
            c->kernel->data = c;

            if (!c->kernel->ready) {
                uv_timer_start(&c->timer, agent_context_deadline,
                               AGENT_CONTEXT_START, 0);
            }

            return 0;
        }
    }

    if (c->env && agent_env_parse(c->env, &env, fault) != 0) {
        return -1;
    }

    c->kernel = agent_kernel_start(c->language, env, c->cwd,
                                   &agent_context_ops, c, fault);
    free(env);

    if (c->kernel == NULL) {
        return -1;
    }

    uv_timer_start(&c->timer, agent_context_deadline, AGENT_CONTEXT_START, 0);

    return 0;
}


static void
agent_context_ready(agent_kernel_t *k)
{
    agent_context_t  *c;

    c = k->data;

    uv_timer_stop(&c->timer);

    agent_log_debug("context %s: kernel %p is ready", c->id, k);

    agent_context_told(c, NULL);
    agent_execution_next(c);
}


static void
agent_context_told(agent_context_t *c, agent_fault_t *fault)
{
    agent_context_observer_t  *o;

    while ((o = TAILQ_FIRST(&c->observers))) {
        TAILQ_REMOVE(&c->observers, o, link);
        o->context = NULL;
        o->ready(o, c, fault);
    }
}


static void
agent_context_exit(agent_kernel_t *k, const agent_exit_t *e)
{
    int                    ready, ordered, restarting;
    agent_context_t       *c;
    agent_execution_end_e  how;

    c = k->data;

    ready = k->ready;
    ordered = c->killing;
    restarting = c->restarting;

    c->kernel = NULL;
    c->busy = 0;
    c->killing = 0;
    c->restarting = 0;

    uv_timer_stop(&c->timer);

    if (c->deleted) {
        uv_close((uv_handle_t *) &c->timer, agent_context_free);
        return;
    }

    agent_log_info("context %s: its kernel has ended, exit code %d, signal %d",
                   c->id, e->code, e->signal);

    if (!ready && !ordered) {

        /* a fresh one would fare no better */

        if (c->late) {
            (void) agent_fault_set(&c->fault, 503, "INTERPRETER_NOT_READY",
                                   json_pack("{s:i}", "retryAfter", 5),
                                   "The %s interpreter was not ready within "
                                   "%d seconds", c->language->title,
                                   AGENT_CONTEXT_START / 1000);

        } else if (e->signal) {
            (void) agent_fault_set(&c->fault, 503, "INTERPRETER_NOT_READY",
                                   json_pack("{s:i}", "retryAfter", 5),
                                   "The %s interpreter was killed by signal "
                                   "%d before it was ready. If the sandbox is "
                                   "out of memory, end what runs in it.",
                                   c->language->title, e->signal);

        } else {
            (void) agent_fault_set(&c->fault, 500, "INTERNAL_ERROR", NULL,
                                   "The %s interpreter exited with code %d "
                                   "before it was ready", c->language->title,
                                   e->code);
        }

        agent_context_fail(c);
        return;
    }

    c->restarts++;

    if (agent_context_start(c) != 0) {
        agent_context_fail(c);
    }

    if (c->running) {
        how = c->running->timed_out ? AGENT_EXECUTION_TIMED_OUT
              : restarting ? AGENT_EXECUTION_RESTARTED
              : AGENT_EXECUTION_DIED;

        agent_execution_end(c, how, e, c->kernel != NULL);

    } else {

        /* the next execution is told */

        c->lost = (ready && !restarting);
        c->lost_by = *e;
    }

    /* from the pool */

    if (c->kernel && c->kernel->ready) {
        agent_context_told(c, NULL);
        agent_execution_next(c);
    }
}


/* it has no kernel: everybody who waits for one is told */

static void
agent_context_fail(agent_context_t *c)
{
    agent_fault_t       fault;
    agent_execution_t  *x;

    while ((x = agent_execution_shift(c))) {
        agent_context_copy(&fault, &c->fault);
        x->fail(x, &fault);
    }

    agent_context_told(c, &c->fault);
}


static void
agent_context_kill(agent_context_t *c)
{
    c->killing = 1;
    agent_kernel_kill(c->kernel);
}


void
agent_context_limit(agent_context_t *c, uint64_t ms)
{
    if (ms == 0) {
        uv_timer_stop(&c->timer);
        return;
    }

    uv_update_time(agent_loop);
    uv_timer_start(&c->timer, agent_context_deadline, ms, 0);
}


static void
agent_context_deadline(uv_timer_t *timer)
{
    agent_context_t  *c;

    c = timer->data;

    if (!c->kernel->ready) {
        c->late = 1;
        agent_kernel_kill(c->kernel);
        return;
    }

    /* it has ignored an interrupt, this one's or that of an abandoned cell */

    if (c->running == NULL || c->running->timed_out) {
        agent_context_kill(c);
        return;
    }

    c->running->timed_out = 1;

    agent_kernel_interrupt(c->kernel);
    agent_kernel_resume(c->kernel);

    uv_timer_start(timer, agent_context_deadline, AGENT_CONTEXT_GRACE, 0);
}


static void
agent_context_copy(agent_fault_t *fault, const agent_fault_t *from)
{
    *fault = *from;
    fault->context = json_incref(from->context);
}


static void
agent_context_free(uv_handle_t *handle)
{
    agent_context_t  *c;

    c = handle->data;

    agent_fault_clear(&c->fault);
    json_decref(c->env);
    free(c->cwd);
    free(c);
}


/* RFC 9562, version 4 */

static void
agent_context_uuid(char *id)
{
    char  hex[33];

    agent_random_hex(hex, sizeof(hex));

    hex[12] = '4';
    hex[16] = "89ab"[hex[16] & 3];

    snprintf(id, AGENT_CONTEXT_ID + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
             hex + 8, hex + 12, hex + 16, hex + 20);
}
