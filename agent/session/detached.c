
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <unistd.h>

#include "run/child.h"
#include "run/command.h"
#include "run/stdin.h"
#include "session/detached.h"
#include "session/pipes.h"
#include "session/queue.h"
#include "session/session_int.h"
#include "session/shell.h"


/* streaming requests: each runs in a subshell of its own */


void
agent_detached_failed(agent_session_t *s)
{
    agent_call_t  *call;

    call = s->call;
    uv_timer_stop(&s->timer);
    s->call = NULL;

    agent_queue_fail(call, 500, "STREAM_START_ERROR", NULL, s->name,
                     "the session's shell cannot fork");

    agent_queue_next(s);
}


void
agent_detached_report(agent_shell_t *shell, pid_t pid)
{
    agent_call_t     *call;
    agent_session_t  *s;

    s = shell->data;
    call = s->call;

    if (call == NULL || !call->spawn || call->pid) {
        return;
    }

    call->pid = pid;

    /*
     * Its parent is a short-lived shell.  Adopt it only after that shell has
     * exited, which might otherwise reap it in our place.
     */

    if (call->reported) {
        agent_detached_adopt(s, call);
    }
}


void
agent_detached_adopt(agent_session_t *s, agent_call_t *call)
{
    int               fd;
    agent_shell_t    *shell;
    agent_command_t  *cmd;

    shell = s->shell;
    cmd = call->cmd;

    if (agent_run_child_adopt(cmd, call->pid) != 0) {
        return;
    }

    cmd->call = NULL;
    call->adopted = 1;

    uv_timer_stop(&s->timer);

    agent_command_begin(cmd);

    if (cmd->stdin_pipe && cmd->input == NULL) {
        fd = agent_pipes_input_take(shell);

        /* if it cannot be adopted, it is closed and the input is empty */

        if (fd != -1) {
            (void) agent_stdin_adopt(cmd, fd);
        }
    }

    agent_pipes_input_done(shell);
    agent_pipes_gate_open(shell);

    if (call->cancelled) {
        agent_command_abort(cmd);

    } else {
        call->started(cmd, NULL);
    }

    if (s->call == call) {
        agent_queue_call_done(s);
        agent_queue_next(s);
    }
}


void
agent_detached_timeout(uv_timer_t *timer)
{
    agent_session_t  *s;

    s = timer->data;

    if (s->call && s->call->reported) {
        agent_detached_failed(s);
        return;
    }

    /* the shell does not respond, for instance because of a user's trap */

    kill(s->shell->child.pid, SIGKILL);
}
