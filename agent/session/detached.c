
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <unistd.h>

#include "run/command.h"
#include "run/stdin.h"
#include "session/call.h"
#include "session/detached.h"
#include "session/pipes.h"
#include "session/queue.h"
#include "session/session_int.h"
#include "session/shell.h"


/* calls that stream: each has a subshell of its own */


void
agent_session_unforked(agent_session_t *s)
{
    agent_job_t  *job;

    job = s->job;
    uv_timer_stop(&s->timer);
    s->job = NULL;

    agent_job_fail(job, 500, "STREAM_START_ERROR", s->name,
                   "the session's shell cannot make a process");

    agent_session_next(s);
}


void
agent_session_subshell(agent_shell_t *shell, pid_t pid)
{
    agent_job_t      *job;
    agent_session_t  *s;

    s = shell->data;
    job = s->job;

    if (job == NULL || !job->spawn || job->pid) {
        return;
    }

    job->pid = pid;

    /*
     * Its parent is a shell of a moment, which would reap it in our place if
     * it ended so soon: the report comes when that shell is no more.
     */

    if (job->reported) {
        agent_session_adopt(s, job);
    }
}


void
agent_session_adopt(agent_session_t *s, agent_job_t *job)
{
    int               fd;
    agent_shell_t    *shell;
    agent_command_t  *cmd;

    shell = s->shell;
    cmd = job->cmd;

    if (agent_command_adopt(cmd, job->pid) != 0) {
        return;
    }

    cmd->job = NULL;
    job->adopted = 1;

    uv_timer_stop(&s->timer);

    agent_command_begin(cmd);

    if (cmd->stdin_pipe && cmd->input == NULL) {
        fd = agent_shell_input_take(shell);

        if (fd != -1 && agent_command_stdin_adopt(cmd, fd) != 0) {
            /* its standard input ends at once */
            close(fd);
        }
    }

    agent_shell_input_done(shell);
    agent_shell_go(shell);

    if (job->cancelled) {
        agent_command_abort(cmd);

    } else {
        job->started(cmd, NULL);
    }

    if (s->job == job) {
        agent_session_job_done(s);
        agent_session_next(s);
    }
}


void
agent_session_silent(uv_timer_t *timer)
{
    agent_session_t  *s;

    s = timer->data;

    if (s->job && s->job->reported) {
        agent_session_unforked(s);
        return;
    }

    /* the shell does not answer: a trap of its user's, for instance */

    kill(s->shell->child.pid, SIGKILL);
}
