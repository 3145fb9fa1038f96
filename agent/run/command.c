
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/time.h"
#include "run/command.h"
#include "run/stdin.h"
#include "sys/cgroup.h"
#include "sys/kill_tree.h"
#include "sys/signal.h"


/*
 * Background processes left by a command may still write to its pipes.  The
 * output is read and discarded, or they would block on a full pipe or be
 * killed by SIGPIPE.  This is the maximum number of such pipes.
 */
#define AGENT_COMMAND_DISCARD  256


/* one of a command's output pipes */

struct agent_output_s {
    uv_poll_t         poll;
    int               fd;
    int               stream;
    int               remain;          /* left to read while draining */
    unsigned          polled:1;
    agent_command_t  *cmd;             /* NULL: output is discarded */
};


static void agent_command_deadline(uv_timer_t *timer);
static void agent_command_killed(void *data, int left);
static void agent_command_drain(agent_command_t *cmd);
static void agent_command_finish(agent_command_t *cmd);
static void agent_command_over(agent_command_t *cmd,
    void (*close_output)(agent_output_t *out));
static void agent_command_closed(uv_handle_t *handle);
static void agent_command_unref(agent_command_t *cmd);
static agent_output_t *agent_output_create(agent_command_t *cmd, int fd,
    int stream);
static void agent_output_event(uv_poll_t *poll, int status, int events);
static int agent_output_read(agent_output_t *out, size_t max);
static void agent_output_poll(agent_output_t *out, int on);
static void agent_output_close(agent_output_t *out);
static void agent_output_closed(uv_handle_t *handle);
static void agent_output_discard(agent_output_t *out);


static size_t  agent_output_discarded;
static char    agent_output_buf[AGENT_COMMAND_READ];


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

    for (i = 0; i < 2; i++) {
        cmd->out[i] = agent_output_create(cmd, fds[i], i + 1);

        if (cmd->out[i] == NULL) {

            while (i < 2) {
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

static void
agent_command_drain(agent_command_t *cmd)
{
    int              i;
    size_t           max;
    agent_output_t  *out;

    if (cmd->state == AGENT_COMMAND_OVER) {
        return;
    }

    if (cmd->state != AGENT_COMMAND_DRAINING) {
        cmd->state = AGENT_COMMAND_DRAINING;

        for (i = 0; i < 2; i++) {

            if (cmd->out[i]
                && ioctl(cmd->out[i]->fd, FIONREAD, &cmd->out[i]->remain)
                   == -1)
            {
                cmd->out[i]->remain = 0;
            }
        }
    }

    for (i = 0; i < 2; i++) {

        while ((out = cmd->out[i]) != NULL && out->remain > 0) {

            if (cmd->paused) {
                return;
            }

            max = out->remain;

            if (max > AGENT_COMMAND_READ) {
                max = AGENT_COMMAND_READ;
            }

            if (!agent_output_read(out, max)) {

                /* another process has read the data */

                if (cmd->out[i]) {
                    out->remain = 0;
                }
            }

            if (cmd->state == AGENT_COMMAND_OVER) {
                return;
            }
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

    agent_command_over(cmd, agent_output_discard);

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
    int              i, len;
    agent_output_t  *out;

    for (i = 0; i < 2; i++) {
        out = cmd->out[i];

        if (out == NULL || cmd->paused || cmd->state != AGENT_COMMAND_RUNNING
            || ioctl(out->fd, FIONREAD, &len) == -1 || len == 0)
        {
            continue;
        }

        /* one buffer is enough for a snapshot */

        (void) agent_output_read(out, AGENT_COMMAND_READ);
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


/* takes ownership of fd; NULL on failure, and fd is not closed */

static agent_output_t *
agent_output_create(agent_command_t *cmd, int fd, int stream)
{
    agent_output_t  *out;

    out = calloc(1, sizeof(agent_output_t));

    if (out == NULL) {
        return NULL;
    }

    if (uv_poll_init(agent_loop, &out->poll, fd) != 0) {
        free(out);
        return NULL;
    }

    out->poll.data = out;
    out->fd = fd;
    out->stream = stream;
    out->cmd = cmd;

    return out;
}


static void
agent_output_event(uv_poll_t *poll, int status, int events)
{
    size_t            max;
    agent_output_t   *out;
    agent_command_t  *cmd;

    out = poll->data;
    cmd = out->cmd;

    max = AGENT_COMMAND_READ;

    if (cmd && cmd->state == AGENT_COMMAND_DRAINING
        && (size_t) out->remain < max)
    {
        max = out->remain;
    }

    if (max) {
        (void) agent_output_read(out, max);
    }

    if (cmd && cmd->state == AGENT_COMMAND_DRAINING) {
        agent_command_drain(cmd);
    }
}


/* reads once and writes to the sink; 1: there may be more */

static int
agent_output_read(agent_output_t *out, size_t max)
{
    ssize_t           n;
    agent_command_t  *cmd;

    cmd = out->cmd;

    n = read(out->fd, agent_output_buf, max);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }

    if (n <= 0) {

        if (cmd) {
            cmd->out[out->stream - 1] = NULL;

        } else {
            agent_output_discarded--;
        }

        agent_output_close(out);
        return 0;
    }

    if (cmd) {

        if (cmd->state == AGENT_COMMAND_DRAINING) {
            out->remain -= n;
        }

        cmd->sink->write(cmd, out->stream, agent_output_buf, n);

        if (cmd->sink->full && cmd->state != AGENT_COMMAND_OVER
            && cmd->sink->full(cmd))
        {
            agent_command_pause(cmd);
        }
    }

    return 1;
}


/* out may be NULL, as below */

static void
agent_output_poll(agent_output_t *out, int on)
{
    if (out == NULL || (int) out->polled == on) {
        return;
    }

    out->polled = on;

    if (on) {
        uv_poll_start(&out->poll, UV_READABLE, agent_output_event);

    } else {
        uv_poll_stop(&out->poll);
    }
}


static void
agent_output_close(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    out->cmd = NULL;

    uv_poll_stop(&out->poll);
    uv_close((uv_handle_t *) &out->poll, agent_output_closed);
    close(out->fd);
}


static void
agent_output_closed(uv_handle_t *handle)
{
    free(handle->data);
}


/* the command has ended; other processes may still hold the write end */

static void
agent_output_discard(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    if (agent_output_discarded >= AGENT_COMMAND_DISCARD) {
        agent_output_close(out);
        return;
    }

    agent_output_discarded++;
    out->cmd = NULL;
    agent_output_poll(out, 1);
}
