
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

#include "base/log.h"
#include "base/loop.h"
#include "context/pool.h"


/* after a kernel that could not be started, or has died while it waited */
#define AGENT_POOL_RETRY  10000        /* ms */


typedef struct {
    agent_kernel_t          *kernels[AGENT_POOL_MAX];
    size_t                   n;
    size_t                   size;     /* how many to keep */
    const agent_language_t  *language;
} agent_pool_t;


static void agent_pool_fill(uv_timer_t *timer);
static int agent_pool_add(agent_pool_t *pool);
static void agent_pool_later(unsigned ms);
static void agent_pool_ready(agent_kernel_t *k);
static void agent_pool_exit(agent_kernel_t *k, const agent_exit_t *e);


static const agent_kernel_ops_t  agent_pool_ops = {
    agent_pool_ready,
    agent_pool_exit,
    NULL,
    NULL,
    NULL,
    NULL
};


static agent_pool_t  agent_pool[AGENT_LANGUAGES];
static uv_timer_t    agent_pool_timer;
static int           agent_pool_timed;


int
agent_pool_prewarm(json_t *json)
{
    size_t                   size[AGENT_LANGUAGES] = { 0 };
    size_t                   i;
    json_t                  *value;
    const char              *name;
    const agent_language_t  *language;

    if (!json_is_object(json)) {
        return -1;
    }

    json_object_foreach(json, name, value) {

        language = agent_language_find(name);

        if (language == NULL || !json_is_integer(value)
            || json_integer_value(value) < 0
            || json_integer_value(value) > AGENT_POOL_MAX)
        {
            return -1;
        }

        size[agent_language_index(language)] = json_integer_value(value);
    }

    for (i = 0; i < AGENT_LANGUAGES; i++) {
        agent_pool[i].size = size[i];
        agent_pool[i].language = &agent_language_list[i];
    }

    agent_pool_later(0);

    return 0;
}


agent_kernel_t *
agent_pool_take(const agent_language_t *language)
{
    size_t           i, best;
    agent_pool_t    *pool;
    agent_kernel_t  *k;

    pool = &agent_pool[agent_language_index(language)];

    if (pool->n == 0) {
        return NULL;
    }

    best = 0;

    for (i = 0; i < pool->n; i++) {
        if (pool->kernels[i]->ready) {
            best = i;
            break;
        }
    }

    k = pool->kernels[best];
    pool->kernels[best] = pool->kernels[--pool->n];

    agent_kernel_renew(k);
    agent_pool_later(0);

    return k;
}


/* one at a time, in order not to delay what users wait for */

static void
agent_pool_fill(uv_timer_t *timer)
{
    size_t         i, j;
    agent_pool_t  *pool;

    for (i = 0; i < AGENT_LANGUAGES; i++) {
        for (j = 0; j < agent_pool[i].n; j++) {
            if (!agent_pool[i].kernels[j]->ready) {
                return;
            }
        }
    }

    for (i = 0; i < AGENT_LANGUAGES; i++) {
        pool = &agent_pool[i];

        if (pool->n < pool->size) {

            if (agent_pool_add(pool) != 0) {
                agent_pool_later(AGENT_POOL_RETRY);
            }

            return;
        }
    }
}


static int
agent_pool_add(agent_pool_t *pool)
{
    agent_fault_t    fault;
    agent_kernel_t  *k;

    k = agent_kernel_start(pool->language, NULL, NULL, &agent_pool_ops, pool,
                           &fault);

    if (k == NULL) {
        agent_log_warn("no kernel for the pool: %s", fault.message);

        if (fault.status == 501) {
            pool->size = 0;
        }

        agent_fault_clear(&fault);

        return -1;
    }

    pool->kernels[pool->n++] = k;

    return 0;
}


static void
agent_pool_later(unsigned ms)
{
    if (!agent_pool_timed) {
        agent_pool_timed = 1;
        uv_timer_init(agent_loop, &agent_pool_timer);
    }

    uv_timer_start(&agent_pool_timer, agent_pool_fill, ms, 0);
}


static void
agent_pool_ready(agent_kernel_t *k)
{
    agent_pool_later(0);
}


static void
agent_pool_exit(agent_kernel_t *k, const agent_exit_t *e)
{
    size_t         i;
    agent_pool_t  *pool;

    pool = k->data;

    for (i = 0; i < pool->n; i++) {
        if (pool->kernels[i] == k) {
            pool->kernels[i] = pool->kernels[--pool->n];
            break;
        }
    }

    agent_pool_later(AGENT_POOL_RETRY);
}
