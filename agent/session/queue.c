
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "run/command.h"
#include "run/env.h"
#include "session/call.h"
#include "session/detached.h"
#include "session/pipes.h"
#include "session/queue.h"
#include "session/script.h"
#include "session/session.h"
#include "session/session_int.h"
#include "session/shell.h"
#include "sys/kill_tree.h"


/* for a subshell to say who it is, on the slowest of machines */
#define AGENT_SESSION_SPAWN   20000    /* ms */


static void agent_session_submit(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started, int spawn);
static agent_job_t *agent_job_create(agent_command_t *cmd,
    agent_session_started_pt started);
static int agent_job_fill(agent_job_t *job, agent_session_t *s,
    const char *line);
static int agent_session_begin(agent_session_t *s, agent_job_t *job);
static agent_tree_t *agent_session_end_tree(agent_command_t *cmd, int sig,
    unsigned grace_ms, void (*done)(void *data, int left));
static int agent_session_busy(void *data, int last);
static void agent_session_tree_ended(agent_command_t *cmd);


size_t  agent_session_waiting;


void
agent_session_run(const char *name, agent_command_t *cmd, const char *line,
    agent_session_started_pt started)
{
    agent_session_submit(name, cmd, line, started, 0);
}


void
agent_session_spawn(const char *name, agent_command_t *cmd, const char *line,
    agent_session_started_pt started)
{
    agent_session_submit(name, cmd, line, started, 1);
}


static void
agent_session_submit(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started, int spawn)
{
    agent_job_t              *job;
    agent_session_t          *s;
    agent_session_error_t     error;
    agent_session_options_t   options;

    job = agent_job_create(cmd, started);

    if (job == NULL) {
        memset(&error, 0, sizeof(agent_session_error_t));

        error.status = 500;
        error.code = "INTERNAL_ERROR";
        error.message = "out of memory";

        started(cmd, &error);
        return;
    }

    job->spawn = spawn;

    s = agent_session_find(name);

    if (s && s->shell == NULL) {

        /* told once: its state is gone, and the next call makes another */

        agent_job_gone(job, s);
        agent_session_unlink(s);
        agent_session_free(s);
        return;
    }

    if (s == NULL) {
        memset(&options, 0, sizeof(agent_session_options_t));

        options.name = name;
        options.cwd = cmd->cwd;

        s = agent_session_make(&options, &error);

        if (s == NULL) {
            job->context = error.context;

            agent_job_fail(job, error.status, error.code, name,
                           error.message);
            return;
        }
    }

    if (s->queued >= AGENT_SESSION_QUEUE) {
        job->context = json_pack("{s:s, s:s, s:i}", "sessionId", name,
                                 "limit", "queue", "max",
                                 AGENT_SESSION_QUEUE);

        agent_job_fail(job, 429, "LIMIT_REACHED", name,
                       "too many commands wait for this session");
        return;
    }

    if (agent_job_fill(job, s, line) != 0) {
        agent_job_fail(job, 500, "INTERNAL_ERROR", name, "out of memory");
        return;
    }

    if (agent_session_waiting + job->size > AGENT_SESSION_WAITING) {
        job->context = json_pack("{s:s, s:s, s:i}", "sessionId", name,
                                 "limit", "bytes", "max",
                                 AGENT_SESSION_WAITING);

        agent_job_fail(job, 429, "LIMIT_REACHED", name,
                       "the commands that wait are too large");
        return;
    }

    agent_session_waiting += job->size;

    cmd->shell = s->shell->program;

    /* a stream may go on for as long as it has something to say */

    if (cmd->timeout_ms == 0 && !cmd->untimed && !spawn) {
        cmd->timeout_ms = s->timed ? s->timeout_ms : agent_env_timeout();
    }

    *s->last = job;
    s->last = &job->next;
    s->queued++;

    agent_session_next(s);
}


static agent_job_t *
agent_job_create(agent_command_t *cmd, agent_session_started_pt started)
{
    agent_job_t  *job;

    job = calloc(1, sizeof(agent_job_t));

    if (job) {
        job->cmd = cmd;
        job->started = started;
        cmd->job = job;
    }

    return job;
}


static int
agent_job_fill(agent_job_t *job, agent_session_t *s, const char *line)
{
    agent_shell_call_t  call;

    job->session = s;

    agent_shell_marker(s->shell, job->marker);

    memset(&call, 0, sizeof(agent_shell_call_t));

    call.line = line;
    call.cwd = job->cmd->cwd;
    call.env = job->cmd->env;
    call.marker = job->spawn ? job->marker : NULL;
    call.stdin_name = job->cmd->input || job->cmd->stdin_pipe
                      ? AGENT_SHELL_INPUT : NULL;

    job->text = agent_shell_text(s->shell->kind, s->shell->dir, &call);

    if (job->text == NULL) {
        return -1;
    }

    job->size = strlen(job->text);

    if (job->cmd->input) {
        job->input = malloc(job->cmd->input_len + 1);

        if (job->input == NULL) {
            return -1;
        }

        memcpy(job->input, job->cmd->input, job->cmd->input_len);
        job->input_len = job->cmd->input_len;
        job->size += job->input_len;
    }

    return 0;
}


void
agent_session_cancel(agent_command_t *cmd)
{
    agent_job_t       *job, **slot;
    agent_session_t   *s;

    job = cmd->job;
    s = job->session;

    if (s && s->job != job) {

        for (slot = &s->queue; *slot != job; slot = &(*slot)->next) {
            /* void */
        }

        *slot = job->next;

        if (*slot == NULL) {
            s->last = slot;
        }

        s->queued--;
        agent_session_waiting -= job->size;

        agent_command_destroy(cmd);
        agent_job_free(job);
        return;
    }

    /* it is under way, or about to fail */

    job->cancelled = 1;
}


void
agent_session_next(agent_session_t *s)
{
    int           err;
    agent_job_t  *job;

    while (s->queue && s->job == NULL && s->ending == NULL && s->shell
           && !s->deleted)
    {
        job = s->queue;
        s->queue = job->next;

        if (s->queue == NULL) {
            s->last = &s->queue;
        }

        s->queued--;
        agent_session_waiting -= job->size;

        err = agent_session_begin(s, job);

        if (err == ENOSPC) {
            agent_job_fail(job, 500, "NO_SPACE", s->name,
                           "there is no room for the command's stdin");

        } else if (err) {
            agent_job_fail(job, 500, job->spawn ? "STREAM_START_ERROR"
                                                : "COMMAND_EXECUTION_ERROR",
                           s->name, strerror(err));
        }
    }
}


static int
agent_session_begin(agent_session_t *s, agent_job_t *job)
{
    int               err, fds[2];
    char             *text, *p;
    json_t           *vars;
    agent_command_t  *cmd;

    cmd = job->cmd;

    text = job->text;
    job->text = NULL;

    vars = agent_env_vars();

    if (vars != s->vars) {
        p = agent_shell_follow(s->shell->kind, s->vars, vars, text);

        free(text);

        if (p == NULL) {
            return ENOMEM;
        }

        text = p;

        json_decref(s->vars);
        s->vars = json_incref(vars);
    }

    if (job->input) {
        err = agent_shell_input(s->shell, job->input, job->input_len);

        if (err) {
            free(text);
            return err;
        }

        free(job->input);
        job->input = NULL;

    } else if (cmd->stdin_pipe) {
        err = agent_shell_input_fifo(s->shell);

        if (err) {
            free(text);
            return err;
        }
    }

    err = job->spawn ? agent_shell_prepare_go(s->shell, job->marker) : 0;

    if (err == 0) {
        err = agent_shell_prepare(s->shell, fds);
    }

    if (err == 0) {
        err = agent_command_open(cmd, fds);
    }

    if (err) {
        free(text);
        return err;
    }

    memcpy(cmd->child.marker, job->marker, sizeof(job->marker));

    agent_tree_moment(&s->since);

    err = agent_shell_run(s->shell, job->marker, text);

    if (err) {
        return err;
    }

    s->job = job;

    if (job->spawn) {
        uv_update_time(agent_loop);
        uv_timer_start(&s->timer, agent_session_silent, AGENT_SESSION_SPAWN,
                       0);
        return 0;
    }

    cmd->job = NULL;
    cmd->host = s;
    cmd->end_tree = agent_session_end_tree;
    cmd->tree_ended = agent_session_tree_ended;

    agent_command_begin(cmd);

    job->started(cmd, NULL);

    return 0;
}


void
agent_session_job_done(agent_session_t *s)
{
    uv_timer_stop(&s->timer);

    agent_job_free(s->job);
    s->job = NULL;
}


/* the shell has run a text */

void
agent_session_said(agent_shell_t *shell, int status)
{
    agent_job_t      *job;
    agent_command_t  *cmd;
    agent_session_t  *s;

    s = shell->data;
    job = s->job;

    if (job == NULL) {
        return;
    }

    if (job->spawn) {
        job->reported = 1;

        if (job->pid) {
            agent_session_adopt(s, job);

        } else if (status != 0) {
            agent_session_unforked(s);
        }

        return;
    }

    cmd = job->cmd;
    agent_session_job_done(s);
    agent_shell_input_done(shell);

    cmd->child.cpu_ms = shell->cpu_ms;
    cmd->child.peak = -1;

    if (s->ending != cmd) {
        cmd->host = NULL;
    }

    agent_command_ended(cmd, status << 8);

    agent_session_next(s);
}


/* the command is past its deadline, or nobody waits for it any more */

static agent_tree_t *
agent_session_end_tree(agent_command_t *cmd, int sig, unsigned grace_ms,
    void (*done)(void *data, int left))
{
    agent_tree_t     *tree;
    agent_session_t  *s;

    s = cmd->host;

    if (s == NULL || s->shell == NULL) {
        return NULL;
    }

    tree = agent_tree_end_command(s->shell->child.pid, cmd->child.marker,
                                  &s->since, sig, grace_ms,
                                  agent_session_busy, done, cmd);

    if (tree) {
        s->ending = cmd;
    }

    return tree;
}


/* 1: the shell is yet to report */

static int
agent_session_busy(void *data, int last)
{
    agent_command_t  *cmd;
    agent_session_t  *s;

    cmd = data;
    s = cmd->host;

    if (s == NULL || s->shell == NULL || s->job == NULL || s->job->cmd != cmd)
    {
        return 0;
    }

    if (last) {

        /* in one of its builtins, for instance: its state cannot be kept */

        cmd->terminated = 1;
        kill(s->shell->child.pid, SIGKILL);

    } else if (s->shell->ready) {

        /* leaves a loop or a function */

        kill(s->shell->child.pid, AGENT_SHELL_SIGNAL);
    }

    return 1;
}


static void
agent_session_tree_ended(agent_command_t *cmd)
{
    agent_session_t  *s;

    s = cmd->host;

    if (s && s->ending == cmd) {
        s->ending = NULL;
        cmd->host = NULL;
        agent_session_next(s);
    }
}
