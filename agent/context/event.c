
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/time.h"
#include "context/event.h"
#include "sys/signal.h"


static const char *agent_event_reason(const agent_exit_t *e);


static const char *
agent_event_reason(const agent_exit_t *e)
{
    if (e->outcome == AGENT_EXIT_OOM_KILLED) {
        return "oom";
    }

    return e->signal ? "signal" : "exit";
}


void
agent_event_lost(agent_buffer_t *b, const agent_exit_t *e)
{
    agent_buffer_printf(b, "\"restarted\":true,\"reason\":\"%s\",",
                        agent_event_reason(e));
}


void
agent_event_error(agent_buffer_t *b, agent_execution_t *x,
    agent_execution_end_e how, const agent_exit_t *e, int restarted,
    uint64_t timeout_ms)
{
    char         stamp[32], name[16], text[128];
    const char  *ename, *reason;

    switch (how) {

    case AGENT_EXECUTION_TIMED_OUT:
        ename = "TimeoutError";
        reason = "timeout";
        snprintf(text, sizeof(text), "The execution exceeded its timeout of "
                 "%" PRIu64 " ms.", timeout_ms);
        break;

    case AGENT_EXECUTION_DELETED:
        ename = "ContextDeleted";
        reason = "deleted";
        snprintf(text, sizeof(text), "The context was deleted.");
        break;

    case AGENT_EXECUTION_RESTARTED:
        ename = "ContextRestarted";
        reason = "restarted";
        snprintf(text, sizeof(text), "The context was restarted.");
        break;

    default:
        ename = "KernelDied";
        reason = agent_event_reason(e);

        if (e->outcome == AGENT_EXIT_OOM_KILLED) {
            snprintf(text, sizeof(text), "The kernel was killed because the "
                     "sandbox ran out of memory.");

        } else if (e->signal) {
            snprintf(text, sizeof(text), "The kernel was ended by %s.",
                     agent_signal_name(e->signal, name));

        } else {
            snprintf(text, sizeof(text), "The kernel exited with code %d.",
                     e->code);
        }
    }

    agent_buffer_printf(b, "{\"type\":\"error\",\"ename\":\"%s\","
                        "\"evalue\":\"%s%s\",\"traceback\":[],%s"
                        "\"reason\":\"%s\",\"restarted\":%s,"
                        "\"execution_count\":%" PRIu64 ","
                        "\"timestamp\":\"%s\"}",
                        ename, text,
                        restarted ? " The context has a fresh kernel: what "
                                    "the code had defined is lost." : "",
                        x->dropped ? "\"truncated\":true," : "", reason,
                        restarted ? "true" : "false", x->count,
                        agent_time_iso(stamp));
}
