
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/random.h"
#include "run/child.h"
#include "run/command.h"
#include "run/env.h"
#include "run/stdin.h"
#include "run/workspace.h"
#include "sys/child.h"
#include "sys/kill_tree.h"
#include "sys/spawn.h"
#include "sys/user.h"


static int agent_run_child_pipes(agent_command_t *cmd, int *ends);
static void agent_run_child_exited(agent_child_t *child, int status);
static agent_kill_tree_t *agent_run_child_kill(agent_command_t *cmd, int sig,
    unsigned grace_ms, void (*done)(void *data, int left));
static void agent_run_child_signal(agent_command_t *cmd, int sig);


static const agent_command_ops_t  agent_run_child_ops = {
    agent_run_child_kill,
    NULL,
    agent_run_child_signal,
    0
};


int
agent_run_child_start(agent_command_t *cmd)
{
    int  in, ends[2];

    cmd->stage = AGENT_SPAWN_SETUP;

    cmd->error = agent_run_child_pipes(cmd, ends);

    if (cmd->error) {
        return -1;
    }

    in = -1;

    if (cmd->stdin_pipe) {
        in = agent_stdin_open(cmd);
        cmd->error = in == -1 ? errno : 0;
    }

    if (cmd->error == 0) {
        cmd->error = agent_run_child_spawn(cmd, in, ends, 0);
    }

    if (in != -1) {
        close(in);
    }

    close(ends[0]);
    close(ends[1]);

    if (cmd->error) {
        agent_stdin_close(cmd);
        return -1;
    }

    agent_command_begin(cmd);

    return 0;
}


int
agent_run_child_spawn(agent_command_t *cmd, int in, const int *ends, int tty)
{
    int             err;
    char          **env;
    agent_spawn_t   s;

    cmd->ops = &agent_run_child_ops;

    agent_random_hex(cmd->child.marker, AGENT_CHILD_MARKER_DIGITS + 1);

    cmd->child.on_exit = agent_run_child_exited;
    cmd->child.data = cmd;

    memset(&s, 0, sizeof(agent_spawn_t));

    env = agent_env_build(cmd->child.marker, cmd->env, &s.path);

    if (env == NULL) {
        return ENOMEM;
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
    s.tty = tty;
    s.more = cmd->more;
    s.nmore = cmd->nmore;

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

    return err;
}


static int
agent_run_child_pipes(agent_command_t *cmd, int *ends)
{
    int  i, err, fds[2], pair[2];

    for (i = 0; i < 2; i++) {

        if (pipe2(pair, O_CLOEXEC) == -1) {
            err = errno;
            goto failed;
        }

        fds[i] = pair[0];
        ends[i] = pair[1];

        if (fcntl(fds[i], F_SETFL, O_NONBLOCK) == -1) {
            err = errno;
            i++;
            goto failed;
        }
    }

    err = agent_command_open(cmd, fds);

    if (err) {
        close(ends[0]);
        close(ends[1]);
    }

    return err;

failed:

    while (i--) {
        close(fds[i]);
        close(ends[i]);
    }

    return err;
}


int
agent_run_child_adopt(agent_command_t *cmd, pid_t pid)
{
    cmd->ops = &agent_run_child_ops;
    cmd->child.on_exit = agent_run_child_exited;
    cmd->child.data = cmd;

    return agent_child_adopt(&cmd->child, pid);
}


static void
agent_run_child_exited(agent_child_t *child, int status)
{
    agent_command_t  *cmd;

    cmd = child->data;

    cmd->exit.cpu_ms = child->cpu_ms;
    cmd->exit.peak = child->peak;

    if (WIFSIGNALED(status)) {
        agent_command_ended(cmd, 0, WTERMSIG(status));

    } else {
        agent_command_ended(cmd, WEXITSTATUS(status), 0);
    }
}


static agent_kill_tree_t *
agent_run_child_kill(agent_command_t *cmd, int sig, unsigned grace_ms,
    void (*done)(void *data, int left))
{
    return agent_kill_tree(cmd->child.pid, cmd->child.marker, sig, grace_ms,
                           done, cmd);
}


static void
agent_run_child_signal(agent_command_t *cmd, int sig)
{
    agent_kill_tree_signal(cmd->child.pid, cmd->child.marker, sig);
}


int
agent_run_child_error_code(agent_command_t *cmd)
{
    if (cmd->stage != AGENT_SPAWN_EXEC) {
        return 0;
    }

    switch (cmd->error) {

    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return 127;

    case EACCES:
    case EPERM:
    case ENOEXEC:
    case EISDIR:
    case ETXTBSY:
    case ELIBBAD:
        return 126;

    default:
        return 0;
    }
}


void
agent_run_child_error_text(agent_command_t *cmd, const char *program,
    char *buf, size_t size)
{
    switch (cmd->stage) {

    case AGENT_SPAWN_CWD:
        snprintf(buf, size, "cannot change to directory %.256s: %s",
                 cmd->cwd ? cmd->cwd : AGENT_WORKSPACE, strerror(cmd->error));
        break;

    case AGENT_SPAWN_EXEC:

        if (cmd->error == ENOENT && strchr(program, '/') == NULL) {
            snprintf(buf, size, "%.256s: command not found", program);

        } else {
            snprintf(buf, size, "%.256s: %s", program, strerror(cmd->error));
        }

        break;

    default:
        snprintf(buf, size, "cannot start a process: %s",
                 strerror(cmd->error));
    }
}
