
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/time.h"
#include "http/connection.h"
#include "main/stop.h"
#include "terminal/terminal.h"


#define AGENT_STOP_STEP   10
#define AGENT_STOP_FLUSH  300       /* ms to flush pending output to clients */


static void agent_stop_step(uv_timer_t *timer);
static void agent_stop_kill(uv_timer_t *timer);
static void agent_stop_exit(void);


static uv_timer_t  agent_stop_timer;
static uv_timer_t  agent_stop_kill_timer;
static uint64_t    agent_stop_at;
static int         agent_stopping;


void
agent_stop_init(void)
{
    uv_timer_init(agent_loop, &agent_stop_timer);
    uv_timer_init(agent_loop, &agent_stop_kill_timer);
}


void
agent_stop(unsigned grace_ms)
{
    if (agent_stopping) {
        return;
    }

    agent_stopping = 1;
    agent_stop_at = agent_time_ms() + grace_ms;

    agent_terminal_stop();
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);

    uv_timer_start(&agent_stop_timer, agent_stop_step, 0,
                   AGENT_STOP_STEP);
}


static void
agent_stop_step(uv_timer_t *timer)
{
    uint64_t  now;

    now = agent_time_ms();

    agent_terminal_stop();

    if (kill(-1, 0) == -1 && errno == ESRCH) {

        /* let waiting clients receive the results of what has ended */

        if (agent_connection_count() == 0
            || now >= agent_stop_at + AGENT_STOP_FLUSH)
        {
            agent_stop_exit();
        }

        return;
    }

    if (now >= agent_stop_at) {
        kill(-1, SIGKILL);
    }

    if (now >= agent_stop_at + AGENT_STOP_FLUSH) {
        agent_stop_exit();
    }
}


static void
agent_stop_exit(void)
{
    kill(-1, SIGKILL);

    exit(0);
}


void
agent_stop_commands(unsigned ms)
{
    agent_terminal_stop();
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);

    uv_timer_start(&agent_stop_kill_timer, agent_stop_kill, ms, 0);
}


static void
agent_stop_kill(uv_timer_t *timer)
{
    kill(-1, SIGKILL);
}
