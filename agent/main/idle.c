
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "base/log.h"
#include "base/loop.h"
#include "base/time.h"
#include "control/control.h"
#include "control/port_events.h"
#include "http/connection.h"
#include "http/server.h"
#include "main/idle.h"
#include "main/stop.h"
#include "net/relay.h"
#include "sys/kill_tree.h"


/*
 * A relay does not report when its last connection closes, so it is polled
 * this many times per period.  The agent is late by at most that interval.
 */
#define AGENT_IDLE_CHECKS   8
#define AGENT_IDLE_STEP    20          /* ms, while serving the last clients */
#define AGENT_IDLE_GRACE   500         /* ms for remaining processes to exit */
#define AGENT_IDLE_SILENT  5000        /* ms for a client to send a request */


static int agent_idle_busy(void);
static void agent_idle_arm(void);
static void agent_idle_check(uv_timer_t *timer);
static void agent_idle_leave(void);
static void agent_idle_last(uv_timer_t *timer);


static uv_timer_t  agent_idle_timer;
static uint64_t    agent_idle_after;
static int         agent_idle_kept;
static uint64_t    agent_idle_since;
static uint64_t    agent_idle_bytes;


void
agent_idle_start(uint64_t sleep_after_ms, int keep_alive)
{
    uv_timer_init(agent_loop, &agent_idle_timer);

    agent_idle_after = sleep_after_ms;
    agent_idle_kept = keep_alive;

    agent_idle_arm();
}


void
agent_idle_change(int64_t sleep_after_ms, int keep_alive)
{
    if (sleep_after_ms >= 0) {
        agent_idle_after = sleep_after_ms;
    }

    if (keep_alive >= 0) {
        agent_idle_kept = keep_alive;
    }

    if (!agent_server_draining()) {
        agent_idle_arm();
    }
}


void
agent_idle_touch(void)
{
    agent_idle_since = agent_time_ms();
}


int64_t
agent_idle_ms_until(void)
{
    uint64_t  idle;

    if (agent_server_draining()) {
        return 0;
    }

    if (agent_idle_after == 0 || agent_idle_kept || agent_connection_requests()
        || agent_relay_active() || agent_kill_tree_active())
    {
        return -1;
    }

    if (agent_connection_count()) {
        return (int64_t) agent_idle_after;
    }

    idle = agent_time_ms() - agent_idle_since;

    return idle < agent_idle_after ? (int64_t) (agent_idle_after - idle) : 0;
}


static int
agent_idle_busy(void)
{
    return agent_connection_count() || agent_relay_active()
           || agent_kill_tree_active() || agent_port_events_active();
}


static void
agent_idle_arm(void)
{
    uint64_t  step;

    agent_idle_touch();

    if (agent_idle_after == 0 || agent_idle_kept) {
        uv_timer_stop(&agent_idle_timer);
        return;
    }

    step = agent_idle_after / AGENT_IDLE_CHECKS;

    uv_timer_start(&agent_idle_timer, agent_idle_check, step ? step : 1,
                   step ? step : 1);
}


static void
agent_idle_check(uv_timer_t *timer)
{
    uint64_t  bytes;

    bytes = agent_relay_bytes();

    if (agent_idle_busy() || bytes != agent_idle_bytes) {
        agent_idle_bytes = bytes;
        agent_idle_touch();
        return;
    }

    if (agent_time_ms() - agent_idle_since >= agent_idle_after) {
        agent_idle_leave();
    }
}


/*
 * The order matters: workers are told first, so that they do not send requests
 * that would be refused; clients already connected are served.
 */

static void
agent_idle_leave(void)
{
    agent_log_info("exiting after %llu ms of inactivity",
                   (unsigned long long) agent_idle_after);

    agent_idle_touch();

    agent_control_going();

    agent_server_shut();
    agent_control_shut();

    agent_server_drain();
    agent_relay_drain();
    agent_control_drain();

    uv_timer_start(&agent_idle_timer, agent_idle_last, 0, AGENT_IDLE_STEP);
}


static void
agent_idle_last(uv_timer_t *timer)
{
    /* do not wait for a client that has connected but sends nothing */

    if (agent_idle_busy()
        && (agent_connection_requests() || agent_relay_active()
            || agent_kill_tree_active()
            || agent_time_ms() - agent_idle_since < AGENT_IDLE_SILENT))
    {
        return;
    }

    uv_timer_stop(timer);
    agent_stop(AGENT_IDLE_GRACE);
}
