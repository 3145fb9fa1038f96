
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/time.h"
#include "run/command.h"
#include "run/output.h"
#include "run/stdin.h"
#include "sys/cgroup.h"
#include "sys/kill_tree.h"
#include "sys/signal.h"


static void agent_command_deadline(uv_timer_t *timer);
static void agent_command_killed(void *data, int left);
static void agent_command_finish(agent_command_t *cmd);
static void agent_command_over(agent_command_t *cmd,
    void (*close_output)(agent_output_t *out));
static void agent_command_closed(uv_handle_t *handle);
static void agent_command_unref(agent_command_t *cmd);


agent_command_t *
agent_command_create(void)
{
    return calloc(1, sizeof(agent_command_t));
}


void
agent_command_destroy(agent_command_t *cmd)
{
    agent_output_close(cmd->out[0]);
    agent_output_close(cmd->out[1]);

    free(cmd);
}


int
agent_command_open(agent_command_t *cmd, const int *fds)
{
    int  i;

    for (i = 0; i < 2 && fds[i] != -1; i++) {
        cmd->out[i] = agent_output_create(cmd, fds[i], i + 1);

        if (cmd->out[i] == NULL) {

            while (i < 2 && fds[i] != -1) {
                close(fds[i++]);
            }

            return ENOMEM;
        }
    }

    return 0;
}


void
agent_command_begin(agent_command_t *cmd)
{
    /* the running command and the timer */
    cmd->refs = 2;

    cmd->state = AGENT_COMMAND_RUNNING;
    cmd->began = agent_time_ms();
    cmd->oom = agent_cgroup_oom_kills();

    agent_log_debug("command %p: started, pid %d", cmd, (int) cmd->child.pid);

    uv_timer_init(agent_loop, &cmd->timer);
    cmd->timer.data = cmd;

    if (cmd->timeout_ms) {
        uv_update_time(agent_loop);
        uv_timer_start(&cmd->timer, agent_command_deadline, cmd->timeout_ms,
                       0);
    }

    if (!cmd->paused) {
        agent_output_poll(cmd->out[0], 1);
        agent_output_poll(cmd->out[1], 1);
    }
}


void
agent_command_ended(agent_command_t *cmd, int code, int sig)
{
    cmd->exited = 1;
    cmd->exit.code = sig ? 128 + sig : code;
    cmd->exit.signal = sig;

    agent_log_debug("command %p: ended, exit code %d, signal %d", cmd,
                    cmd->exit.code, sig);

    if (cmd->tree) {
        agent_kill_tree_reaped(cmd->tree);

    } else if (cmd->state == AGENT_COMMAND_RUNNING) {
        agent_command_drain(cmd);
    }

    agent_command_unref(cmd);
}


static void
agent_command_deadline(uv_timer_t *timer)
{
    agent_command_t  *cmd;

    cmd = timer->data;

    if (cmd->exited || cmd->tree) {
        return;
    }

    cmd->exit.timed_out = 1;
    agent_command_end(cmd);
}


void
agent_command_end(agent_command_t *cmd)
{
    if (cmd->tree == NULL) {
        agent_command_stop(cmd, SIGTERM, AGENT_KILL_TREE_GRACE);
    }
}


void
agent_command_stop(agent_command_t *cmd, int sig, unsigned grace_ms)
{
    if (cmd->exited || cmd->state == AGENT_COMMAND_OVER) {
        return;
    }

    if (cmd->tree) {
        agent_kill_tree_again(cmd->tree, sig, grace_ms);
        return;
    }

    agent_log_debug("command %p: signal %d, SIGKILL after %u ms", cmd, sig,
                    grace_ms);

    cmd->tree = cmd->ops->kill(cmd, sig, grace_ms, agent_command_killed);

    if (cmd->tree) {
        cmd->refs++;
    }
}


void
agent_command_signal(agent_command_t *cmd, int sig)
{
    if (!cmd->exited && cmd->state != AGENT_COMMAND_OVER && cmd->ops->signal) {
        agent_log_debug("command %p: signal %d", cmd, sig);
        cmd->ops->signal(cmd, sig);
    }
}


static void
agent_command_killed(void *data, int left)
{
    agent_command_t  *cmd;

    cmd = data;

    /*
     * A shell dies of the signal that the program it waits for ignores: what
     * ended the command is what ended that program.
     */

    if (cmd->exit.signal && agent_kill_tree_forced(cmd->tree)) {
        cmd->exit.code = 128 + SIGKILL;
        cmd->exit.signal = SIGKILL;
    }

    cmd->tree = NULL;

    /* if its exit is not reported yet, it is drained later */

    if (left || cmd->exited) {
        agent_command_drain(cmd);
    }

    if (cmd->ops->killed) {
        cmd->ops->killed(cmd);
    }

    agent_command_unref(cmd);
}


/*
 * The command itself has exited: its output is what is in the pipes now; later
 * output of other processes is not waited for.
 */

void
agent_command_drain(agent_command_t *cmd)
{
    int              i;
    size_t           left;
    agent_output_t  *out;

    if (cmd->state == AGENT_COMMAND_OVER) {
        return;
    }

    if (cmd->state != AGENT_COMMAND_DRAINING) {
        cmd->state = AGENT_COMMAND_DRAINING;

        agent_output_last(cmd->out[0]);
        agent_output_last(cmd->out[1]);
    }

    for (i = 0; i < 2; i++) {

        while ((out = cmd->out[i]) != NULL
               && (left = agent_output_left(out)) != 0)
        {
            if (cmd->paused) {
                return;
            }

            (void) agent_output_read(out, left);

            if (cmd->state == AGENT_COMMAND_OVER) {
                return;
            }
        }
    }

    for (i = 0; i < 2; i++) {
        agent_output_flush(cmd->out[i]);

        if (cmd->state == AGENT_COMMAND_OVER) {
            return;
        }
    }

    agent_command_finish(cmd);
}


static void
agent_command_finish(agent_command_t *cmd)
{
    agent_exit_t  *e;

    e = &cmd->exit;
    e->duration = agent_time_ms() - cmd->began;

    if (!cmd->exited) {
        e->cpu_ms = -1;
        e->peak = -1;
    }

    if (e->timed_out) {
        e->code = 124;
        e->signal = 0;
        e->outcome = AGENT_EXIT_TIMED_OUT;

    } else if (!cmd->exited) {
        /* not even SIGKILL has ended it */
        e->code = -1;
        e->outcome = AGENT_EXIT_LOST;

    } else if (e->signal) {
        e->outcome = AGENT_EXIT_SIGNALED;
    }

    /* the command itself, or a child that its shell waited for */

    if (e->code == 128 + SIGKILL && agent_cgroup_oom_kills() > cmd->oom) {
        e->outcome = AGENT_EXIT_OOM_KILLED;
    }

    /* closing a terminal hangs up whoever still uses it */

    agent_command_over(cmd, cmd->tty ? agent_output_close
                                     : agent_output_discard);

    cmd->sink->exit(cmd, e);
}


/* no callback follows except the last one of the sink */

static void
agent_command_over(agent_command_t *cmd,
    void (*close_output)(agent_output_t *out))
{
    int  i;

    cmd->state = AGENT_COMMAND_OVER;

    for (i = 0; i < 2; i++) {
        close_output(cmd->out[i]);
        cmd->out[i] = NULL;
    }

    if (cmd->in) {
        agent_stdin_close(cmd);
    }

    uv_close((uv_handle_t *) &cmd->timer, agent_command_closed);
}


void
agent_command_pause(agent_command_t *cmd)
{
    if (cmd->paused) {
        return;
    }

    cmd->paused = 1;

    agent_output_poll(cmd->out[0], 0);
    agent_output_poll(cmd->out[1], 0);
}


void
agent_command_resume(agent_command_t *cmd)
{
    if (!cmd->paused || cmd->state == AGENT_COMMAND_OVER) {
        return;
    }

    cmd->paused = 0;

    agent_output_poll(cmd->out[0], 1);
    agent_output_poll(cmd->out[1], 1);

    if (cmd->state == AGENT_COMMAND_DRAINING) {
        agent_command_drain(cmd);
    }
}


void
agent_command_abort(agent_command_t *cmd)
{
    if (cmd->state == AGENT_COMMAND_OVER) {
        return;
    }

    /* background processes left by a command that has exited may stay */

    if (!cmd->exited) {
        agent_command_end(cmd);
    }

    if (cmd->state == AGENT_COMMAND_DRAINING || cmd->ops->lives_on) {
        agent_command_over(cmd, agent_output_discard);

    } else {
        agent_command_over(cmd, agent_output_close);
    }
}


void
agent_command_read(agent_command_t *cmd)
{
    int  i;

    /* one buffer is enough for a snapshot */

    for (i = 0; i < 2; i++) {

        if (cmd->out[i] && !cmd->paused
            && cmd->state == AGENT_COMMAND_RUNNING)
        {
            (void) agent_output_read(cmd->out[i], AGENT_OUTPUT_READ);
        }
    }
}


static void
agent_command_closed(uv_handle_t *handle)
{
    agent_command_unref(handle->data);
}


static void
agent_command_unref(agent_command_t *cmd)
{
    if (--cmd->refs == 0) {
        free(cmd);
    }
}


void
agent_command_oom_reset(agent_command_t *cmd)
{
    cmd->oom = agent_cgroup_oom_kills();
}


void
agent_command_exit_json(json_t *json, const agent_exit_t *e)
{
    char  name[16];

    static const char *const  outcomes[] = {
        "exited", "signaled", "timed_out", "oom_killed", "lost"
    };

    json_object_set_new(json, "duration", json_integer(e->duration));
    json_object_set_new(json, "outcome", json_string(outcomes[e->outcome]));

    if (e->signal) {
        json_object_set_new(json, "signal",
                            json_string(agent_signal_name(e->signal, name)));
    }

    if (e->timed_out) {
        json_object_set_new(json, "timedOut", json_true());
    }

    if (e->cpu_ms >= 0) {
        json_object_set_new(json, "cpuTime", json_integer(e->cpu_ms));
    }

    if (e->peak >= 0) {
        json_object_set_new(json, "peakMemory", json_integer(e->peak));
    }
}
