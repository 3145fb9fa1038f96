
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/loop.h"
#include "base/time.h"
#include "watch/watcher.h"


static void agent_watcher_arm(void);
static void agent_watcher_expire(uv_timer_t *timer);


struct agent_watchers_s  agent_watcher_list =
    TAILQ_HEAD_INITIALIZER(agent_watcher_list);

static uv_timer_t  agent_watcher_timer;
static int         agent_watcher_started;
static uint64_t    agent_watcher_number;


agent_watcher_t *
agent_watcher_create(agent_watch_t *w, uint64_t expire, agent_fault_t *fault)
{
    agent_watcher_t  *x;

    x = calloc(1, sizeof(agent_watcher_t));

    if (x == NULL) {
        (void) agent_fault_no_memory(fault);
        return NULL;
    }

    if (agent_watch_attach(w, &x->reader, fault) != 0) {
        free(x);
        return NULL;
    }

    (void) snprintf(x->id, sizeof(x->id), "watcher-%" PRIu64,
                    ++agent_watcher_number);
    (void) agent_time_iso(x->created);

    x->expire = expire;
    x->until = agent_time_ms() + expire;

    TAILQ_INSERT_TAIL(&agent_watcher_list, x, link);
    agent_watcher_arm();

    return x;
}


agent_watcher_t *
agent_watcher_find(const char *id)
{
    agent_watcher_t  *x;

    for (x = TAILQ_FIRST(&agent_watcher_list); x; x = TAILQ_NEXT(x, link)) {

        if (strcmp(x->id, id) == 0) {
            return x;
        }
    }

    return NULL;
}


void
agent_watcher_enter(agent_watcher_t *x)
{
    x->used++;
}


void
agent_watcher_leave(agent_watcher_t *x)
{
    x->used--;

    if (x->removed) {

        if (x->used == 0) {
            free(x);
        }

        return;
    }

    x->until = agent_time_ms() + x->expire;
    agent_watcher_arm();
}


void
agent_watcher_remove(agent_watcher_t *x)
{
    TAILQ_REMOVE(&agent_watcher_list, x, link);

    x->removed = 1;
    agent_watch_detach(&x->reader);

    if (x->used == 0) {
        free(x);
    }
}


static void
agent_watcher_arm(void)
{
    uint64_t          now, next;
    agent_watcher_t  *x;

    if (!agent_watcher_started) {
        uv_timer_init(agent_loop, &agent_watcher_timer);
        agent_watcher_started = 1;
    }

    now = agent_time_ms();
    next = UINT64_MAX;

    for (x = TAILQ_FIRST(&agent_watcher_list); x; x = TAILQ_NEXT(x, link)) {

        if (x->used == 0 && x->until < next) {
            next = x->until;
        }
    }

    if (next == UINT64_MAX) {
        (void) uv_timer_stop(&agent_watcher_timer);
        return;
    }

    uv_update_time(agent_loop);
    (void) uv_timer_start(&agent_watcher_timer, agent_watcher_expire,
                          next > now ? next - now : 1, 0);
}


static void
agent_watcher_expire(uv_timer_t *timer)
{
    uint64_t          now;
    agent_watcher_t  *x, *next;

    now = agent_time_ms();

    for (x = TAILQ_FIRST(&agent_watcher_list); x; x = next) {
        next = TAILQ_NEXT(x, link);

        if (x->used == 0 && x->until <= now) {
            agent_watcher_remove(x);
        }
    }

    agent_watcher_arm();
}
