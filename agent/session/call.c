
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/loop.h"
#include "run/command.h"
#include "session/call.h"
#include "session/session_int.h"


/* requests that fail; errors are always delivered from the loop */


static void agent_call_failed(uv_timer_t *timer);


static agent_call_t   *agent_calls_failed;
static agent_call_t  **agent_calls_failed_last = &agent_calls_failed;
static uv_timer_t      agent_calls_timer;


void
agent_call_fail(agent_call_t *call, int status, const char *code,
    json_t *context, const char *name, const char *message)
{
    call->session = NULL;
    call->next = NULL;

    if (context == NULL) {
        context = json_pack("{s:s}", "sessionId", name);
    }

    (void) agent_fault_set(&call->fault, status, code, context, "%s", message);

    if (agent_calls_timer.data == NULL) {
        uv_timer_init(agent_loop, &agent_calls_timer);
        agent_calls_timer.data = &agent_calls_failed;
    }

    *agent_calls_failed_last = call;
    agent_calls_failed_last = &call->next;

    uv_timer_start(&agent_calls_timer, agent_call_failed, 0, 0);
}


void
agent_call_gone(agent_call_t *call, agent_session_t *s)
{
    char     text[256];
    json_t  *context;

    if (s->deleted) {
        agent_call_fail(call, 410, "SESSION_DESTROYED", NULL, s->name,
                        "the session was deleted");
        return;
    }

    context = json_pack("{s:s, s:i}", "sessionId", s->name,
                        "exitCode", agent_session_code(s));

    snprintf(text, sizeof(text), "the session's shell exited with code %d; "
             "the command was not run, and the next request starts a new "
             "shell",
             agent_session_code(s));

    agent_call_fail(call, 410, "SESSION_TERMINATED", context, s->name, text);
}


static void
agent_call_failed(uv_timer_t *timer)
{
    agent_call_t     *call;
    agent_command_t  *cmd;

    while ((call = agent_calls_failed) != NULL) {

        agent_calls_failed = call->next;

        if (agent_calls_failed == NULL) {
            agent_calls_failed_last = &agent_calls_failed;
        }

        cmd = call->cmd;
        cmd->call = NULL;

        if (call->cancelled) {
            agent_command_destroy(cmd);

        } else {
            call->started(cmd, &call->fault);
            call->fault.context = NULL;
        }

        agent_call_free(call);
    }
}


void
agent_call_free(agent_call_t *call)
{
    agent_fault_clear(&call->fault);
    free(call->text);
    free(call->input);
    free(call);
}
