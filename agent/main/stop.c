
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/time.h"
#include "http/connection.h"
#include "main/stop.h"


#define AGENT_STOP_STEP   10
#define AGENT_STOP_FLUSH  300          /* ms for what clients wait for */


static void agent_shutdown_step(uv_timer_t *timer);
static void agent_end_timer(uv_timer_t *timer);
static void agent_leave(void);


static uv_timer_t  agent_shutdown_timer;
static uv_timer_t  agent_kill_timer;
static uint64_t    agent_shutdown_at;
static int         agent_shutting;


void
agent_stop_init(void)
{
    uv_timer_init(agent_loop, &agent_shutdown_timer);
    uv_timer_init(agent_loop, &agent_kill_timer);
}


void
agent_shutdown(unsigned grace_ms)
{
    if (agent_shutting) {
        return;
    }

    agent_shutting = 1;
    agent_shutdown_at = agent_monotonic_ms() + grace_ms;

    kill(-1, SIGTERM);
    kill(-1, SIGCONT);

    uv_timer_start(&agent_shutdown_timer, agent_shutdown_step, 0,
                   AGENT_STOP_STEP);
}


static void
agent_shutdown_step(uv_timer_t *timer)
{
    uint64_t  now;

    now = agent_monotonic_ms();

    if (kill(-1, 0) == -1 && errno == ESRCH) {

        /* what ended is told to those who wait, if they read it */

        if (agent_conn_count() == 0
            || now >= agent_shutdown_at + AGENT_STOP_FLUSH)
        {
            agent_leave();
        }

        return;
    }

    if (now >= agent_shutdown_at) {
        kill(-1, SIGKILL);
    }

    if (now >= agent_shutdown_at + AGENT_STOP_FLUSH) {
        agent_leave();
    }
}


static void
agent_leave(void)
{
    kill(-1, SIGKILL);

    exit(0);
}


void
agent_end_all(unsigned ms)
{
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);

    uv_timer_start(&agent_kill_timer, agent_end_timer, ms, 0);
}


static void
agent_end_timer(uv_timer_t *timer)
{
    kill(-1, SIGKILL);
}
