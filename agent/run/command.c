
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/time.h"
#include "run/command.h"
#include "run/command_int.h"
#include "run/env.h"
#include "run/exit.h"
#include "run/output.h"
#include "run/stdin.h"
#include "run/workspace.h"
#include "sys/cgroup.h"
#include "sys/child.h"
#include "sys/kill_tree.h"
#include "sys/spawn.h"
#include "sys/user.h"


static int agent_command_pipes(agent_command_t *cmd, int *ends);
static void agent_command_exited(agent_child_t *child, int status);
static void agent_command_deadline(uv_timer_t *timer);
static void agent_command_beat(uv_timer_t *timer);
static void agent_command_tree_done(void *data, int left);
static void agent_command_finish(agent_command_t *cmd);
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
agent_command_start(agent_command_t *cmd)
{
    int             in, err, ends[2];
    char          **env;
    agent_spawn_t   s;

    cmd->stage = AGENT_SPAWN_SETUP;

    agent_random_hex(cmd->child.marker, AGENT_CHILD_MARKER_DIGITS + 1);

    cmd->child.on_exit = agent_command_exited;
    cmd->child.data = cmd;

    memset(&s, 0, sizeof(agent_spawn_t));

    env = agent_env_build(cmd->child.marker, cmd->env, &s.path);

    if (env == NULL) {
        return ENOMEM;
    }

    err = agent_command_pipes(cmd, ends);

    if (err) {
        free(env);
        return err;
    }

    in = -1;

    if (cmd->stdin_pipe) {
        in = agent_stdin_open(cmd);

        if (in == -1) {
            err = errno;
            free(env);
            goto failed;
        }
    }

    s.programs = cmd->programs;
    s.argv = cmd->argv;
    s.rename = cmd->rename;
    s.env = env;
    s.cwd = cmd->cwd ? cmd->cwd : AGENT_WORKSPACE;
    s.user = &agent_user;
    s.in = in;
    s.out = ends[0];
    s.err = ends[1];

    err = agent_spawn(&cmd->child, &s);

    if (err && s.stage == AGENT_SPAWN_CWD && cmd->cwd == NULL) {

        /*
         * the workspace may have been removed, or may never have been created
         */

        agent_workspace_make();
        err = agent_spawn(&cmd->child, &s);

        if (err && s.stage == AGENT_SPAWN_CWD) {
            s.cwd = agent_workspace_workdir;
            err = agent_spawn(&cmd->child, &s);
        }

        if (err && s.stage == AGENT_SPAWN_CWD) {
            s.cwd = "/";
            err = agent_spawn(&cmd->child, &s);
        }
    }

    free(env);

    cmd->stage = s.stage;
    cmd->program = s.program;

failed:

    if (in != -1) {
        close(in);
    }

    close(ends[0]);
    close(ends[1]);

    if (err) {
        agent_output_close(cmd->out[0]);
        agent_output_close(cmd->out[1]);

        cmd->out[0] = NULL;
        cmd->out[1] = NULL;

        agent_stdin_close(cmd);
        return err;
    }

    agent_command_begin(cmd);

    return 0;
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


int
agent_command_adopt(agent_command_t *cmd, pid_t pid)
{
    cmd->child.on_exit = agent_command_exited;
    cmd->child.data = cmd;

    return agent_child_adopt(&cmd->child, pid);
}


void
agent_command_begin(agent_command_t *cmd)
{
    /* the child and the two timers */
    cmd->refs = 3;

    cmd->began = agent_time_ms();
    cmd->oom = agent_cgroup_oom_kills();

    uv_timer_init(agent_loop, &cmd->timer);
    uv_timer_init(agent_loop, &cmd->beat);

    cmd->timer.data = cmd;
    cmd->beat.data = cmd;

    if (cmd->timeout_ms) {
        uv_update_time(agent_loop);
        uv_timer_start(&cmd->timer, agent_command_deadline, cmd->timeout_ms,
                       0);
    }

    if (cmd->on_silence) {
        uv_timer_start(&cmd->beat, agent_command_beat, AGENT_COMMAND_SILENCE,
                       AGENT_COMMAND_SILENCE);
    }

    if (!cmd->paused) {
        agent_output_poll(cmd->out[0], 1);
        agent_output_poll(cmd->out[1], 1);
    }
}


static int
agent_command_pipes(agent_command_t *cmd, int *ends)
{
    int  i, err, fds[2];

    for (i = 0; i < 2; i++) {

        if (pipe2(fds, O_CLOEXEC) == -1) {
            err = errno;
            goto failed;
        }

        cmd->out[i] = NULL;

        if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0) {
            cmd->out[i] = agent_output_create(cmd, fds[0], i + 1);
        }

        if (cmd->out[i] == NULL) {
            err = ENOMEM;
            close(fds[0]);
            close(fds[1]);
            goto failed;
        }

        ends[i] = fds[1];
    }

    return 0;

failed:

    while (i--) {
        agent_output_close(cmd->out[i]);
        close(ends[i]);
    }

    return err;
}


static void
agent_command_exited(agent_child_t *child, int status)
{
    agent_command_ended(child->data, status);
}


void
agent_command_ended(agent_command_t *cmd, int status)
{
    cmd->exited = 1;
    cmd->status = status;

    if (cmd->tree) {
        agent_kill_tree_reaped(cmd->tree);
    }

    if (!cmd->over && !cmd->settling && cmd->tree == NULL) {
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

    cmd->timed_out = 1;
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
    if (cmd->exited || cmd->over) {
        return;
    }

    if (cmd->tree) {
        agent_kill_tree_again(cmd->tree, sig, grace_ms);
        return;
    }

    cmd->tree = cmd->end_tree ? cmd->end_tree(cmd, sig, grace_ms,
                                              agent_command_tree_done)
                              : agent_kill_tree(cmd->child.pid,
                                                cmd->child.marker, sig,
                                                grace_ms,
                                                agent_command_tree_done, cmd);

    if (cmd->tree) {
        cmd->refs++;
    }
}


void
agent_command_signal(agent_command_t *cmd, int sig)
{
    if (!cmd->exited && !cmd->over && cmd->end_tree == NULL) {
        agent_kill_tree_signal(cmd->child.pid, cmd->child.marker, sig);
    }
}


static void
agent_command_tree_done(void *data, int left)
{
    agent_command_t  *cmd;

    cmd = data;
    cmd->tree = NULL;

    /*
     * if it has been killed, the exit status follows and settles the command
     */

    if (!cmd->over && (left || cmd->exited)) {
        agent_command_drain(cmd);
    }

    if (cmd->tree_ended) {
        cmd->tree_ended(cmd);
    }

    agent_command_unref(cmd);
}


static void
agent_command_beat(uv_timer_t *timer)
{
    agent_command_t  *cmd;

    cmd = timer->data;

    if (!cmd->spoke) {
        cmd->on_silence(cmd);
    }

    cmd->spoke = 0;
}


void
agent_command_drain(agent_command_t *cmd)
{
    int              i;
    size_t           max;
    agent_output_t  *out;

    if (cmd->over) {
        return;
    }

    if (!cmd->settling) {
        cmd->settling = 1;

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

            if (cmd->over) {
                return;
            }
        }
    }

    agent_command_finish(cmd);
}


void
agent_command_read(agent_command_t *cmd)
{
    int              i, len;
    agent_output_t  *out;

    for (i = 0; i < 2; i++) {
        out = cmd->out[i];

        if (out == NULL || cmd->paused || cmd->settling || cmd->over
            || ioctl(out->fd, FIONREAD, &len) == -1 || len == 0)
        {
            continue;
        }

        /* one buffer is enough for a snapshot */

        (void) agent_output_read(out, AGENT_COMMAND_READ);
    }
}


static void
agent_command_finish(agent_command_t *cmd)
{
    agent_exit_t  e;

    memset(&e, 0, sizeof(agent_exit_t));

    e.duration = agent_time_ms() - cmd->began;
    e.cpu_ms = cmd->exited ? cmd->child.cpu_ms : -1;
    e.peak = cmd->exited ? cmd->child.peak : -1;
    e.terminated = cmd->terminated;
    e.destroyed = cmd->destroyed;

    if (cmd->timed_out) {
        e.code = 124;
        e.timed_out = 1;
        e.outcome = AGENT_EXIT_TIMED_OUT;

    } else if (!cmd->exited) {
        /* not even SIGKILL has ended it */
        e.code = -1;
        e.outcome = AGENT_EXIT_LOST;

    } else if (WIFSIGNALED(cmd->status)) {
        e.signal = WTERMSIG(cmd->status);
        e.code = 128 + e.signal;
        e.outcome = AGENT_EXIT_SIGNALED;

    } else {
        e.code = WEXITSTATUS(cmd->status);
    }

    /* the command itself, or a child that its shell waited for */

    if (e.code == 128 + SIGKILL && agent_cgroup_oom_kills() > cmd->oom) {
        e.outcome = AGENT_EXIT_OOM_KILLED;
    }

    cmd->over = 1;

    agent_output_release(cmd->out[0]);
    agent_output_release(cmd->out[1]);

    cmd->out[0] = NULL;
    cmd->out[1] = NULL;

    agent_stdin_close(cmd);

    cmd->on_exit(cmd, &e);

    uv_close((uv_handle_t *) &cmd->timer, agent_command_closed);
    uv_close((uv_handle_t *) &cmd->beat, agent_command_closed);
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
    if (!cmd->paused || cmd->over) {
        return;
    }

    cmd->paused = 0;

    agent_output_poll(cmd->out[0], 1);
    agent_output_poll(cmd->out[1], 1);

    if (cmd->settling) {
        agent_command_drain(cmd);
    }
}


void
agent_command_abort(agent_command_t *cmd)
{
    if (cmd->over) {
        return;
    }

    /* background processes left by a command that has exited may stay */

    if (!cmd->exited) {
        agent_command_end(cmd);
    }

    cmd->over = 1;

    /* closing the pipe would kill the shell of a session with SIGPIPE */

    if (cmd->settling || cmd->end_tree) {
        agent_output_release(cmd->out[0]);
        agent_output_release(cmd->out[1]);

    } else {
        agent_output_close(cmd->out[0]);
        agent_output_close(cmd->out[1]);
    }

    cmd->out[0] = NULL;
    cmd->out[1] = NULL;

    agent_stdin_close(cmd);

    uv_close((uv_handle_t *) &cmd->timer, agent_command_closed);
    uv_close((uv_handle_t *) &cmd->beat, agent_command_closed);
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
