
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/loop.h"
#include "run/command.h"
#include "run/env.h"
#include "session/detached.h"
#include "session/pipes.h"
#include "session/queue.h"
#include "session/script.h"
#include "session/session.h"
#include "session/session_int.h"
#include "session/shell.h"
#include "sys/kill_tree.h"


/* how long a new subshell may take to report its pid */
#define AGENT_QUEUE_SPAWN   20000      /* ms */


static int agent_queue_submit(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started, int spawn);
static void agent_queue_enter(agent_call_t *call, const char *name,
    const char *line);
static int agent_queue_fill(agent_call_t *call, agent_session_t *s,
    const char *line);
static void agent_queue_turn(uv_timer_t *timer);
static int agent_queue_begin(agent_session_t *s, agent_call_t *call);
static void agent_queue_failed(uv_timer_t *timer);
static agent_kill_tree_t *agent_queue_kill(agent_command_t *cmd, int sig,
    unsigned grace_ms, void (*done)(void *data, int left));
static int agent_queue_busy(void *data, int last);
static void agent_queue_killed(agent_command_t *cmd);


/* a command that the shell itself runs: no signals, and the shell lives on */

static const agent_command_ops_t  agent_queue_ops = {
    agent_queue_kill,
    agent_queue_killed,
    NULL,
    1
};


size_t  agent_queue_waiting;

/* failed calls, whose callers are notified from the loop */
static agent_call_t   *agent_queue_failures;
static agent_call_t  **agent_queue_last_failure = &agent_queue_failures;
static uv_timer_t      agent_queue_timer;


int
agent_queue_run(const char *name, agent_command_t *cmd, const char *line,
    agent_session_started_pt started)
{
    return agent_queue_submit(name, cmd, line, started, 0);
}


int
agent_queue_spawn(const char *name, agent_command_t *cmd, const char *line,
    agent_session_started_pt started)
{
    return agent_queue_submit(name, cmd, line, started, 1);
}


static int
agent_queue_submit(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started, int spawn)
{
    agent_call_t  *call;

    call = calloc(1, sizeof(agent_call_t));

    if (call == NULL) {
        return -1;
    }

    call->cmd = cmd;
    call->started = started;
    call->spawn = spawn;

    cmd->call = call;

    agent_queue_enter(call, name, line);

    return 0;
}


static void
agent_queue_enter(agent_call_t *call, const char *name, const char *line)
{
    agent_fault_t             fault;
    agent_command_t          *cmd;
    agent_session_t          *s;
    agent_session_options_t   options;

    cmd = call->cmd;
    s = agent_session_find(name);

    if (s && s->shell == NULL) {

        /*
         * reported once: its state is lost, and the next call creates a new
         * session
         */

        agent_queue_gone(call, s);
        agent_session_unlink(s);
        agent_session_free(s);
        return;
    }

    if (s == NULL) {
        memset(&options, 0, sizeof(agent_session_options_t));

        options.name = name;
        options.cwd = cmd->cwd;

        s = agent_session_make(&options, &fault);

        if (s == NULL) {
            agent_queue_fail(call, fault.status, fault.code, fault.context,
                             name, fault.message);
            return;
        }
    }

    if (s->queued >= AGENT_SESSION_QUEUE) {
        agent_queue_fail(call, 429, "LIMIT_REACHED",
                         json_pack("{s:s, s:s, s:i}", "sessionId", name,
                                   "limit", "queue", "max",
                                   AGENT_SESSION_QUEUE),
                         name, "too many commands are waiting for this "
                         "session");
        return;
    }

    if (agent_queue_fill(call, s, line) != 0) {
        agent_queue_fail(call, 500, "INTERNAL_ERROR", NULL, name,
                         "out of memory");
        return;
    }

    if (agent_queue_waiting + call->size > AGENT_SESSION_WAITING) {
        agent_queue_fail(call, 429, "LIMIT_REACHED",
                         json_pack("{s:s, s:s, s:i}", "sessionId", name,
                                   "limit", "bytes", "max",
                                   AGENT_SESSION_WAITING),
                         name, "the waiting commands are too large");
        return;
    }

    agent_queue_waiting += call->size;

    cmd->shell = s->shell->program;

    /* streaming requests have no default timeout */

    if (cmd->timeout_ms == 0 && !cmd->untimed && !call->spawn) {
        cmd->timeout_ms = s->timed ? s->timeout_ms : agent_env_timeout();
    }

    *s->last = call;
    s->last = &call->next;
    s->queued++;

    /* not at once: its caller is notified from the loop */

    if (s->call == NULL && s->ending == NULL) {
        uv_timer_start(&s->timer, agent_queue_turn, 0, 0);
    }
}


static int
agent_queue_fill(agent_call_t *call, agent_session_t *s, const char *line)
{
    agent_script_call_t  script;

    call->session = s;

    agent_shell_marker(s->shell, call->marker);

    memset(&script, 0, sizeof(agent_script_call_t));

    script.line = line;
    script.cwd = call->cmd->cwd;
    script.env = call->cmd->env;
    script.marker = call->spawn ? call->marker : NULL;
    script.stdin_name = call->cmd->input || call->cmd->stdin_pipe
                        ? AGENT_PIPES_INPUT : NULL;

    call->text = agent_script_text(s->shell->kind, s->shell->dir, &script);
    call->line = agent_script_line(s->shell->kind, line);

    if (call->text == NULL || call->line == NULL) {
        return -1;
    }

    call->size = strlen(call->text) + strlen(call->line);

    if (call->cmd->input) {
        call->input = malloc(call->cmd->input_len + 1);

        if (call->input == NULL) {
            return -1;
        }

        memcpy(call->input, call->cmd->input, call->cmd->input_len);
        call->input_len = call->cmd->input_len;
        call->size += call->input_len;
    }

    return 0;
}


void
agent_queue_free(agent_call_t *call)
{
    agent_fault_clear(&call->fault);
    free(call->text);
    free(call->line);
    free(call->input);
    free(call);
}


void
agent_queue_cancel(agent_command_t *cmd)
{
    agent_call_t      *call, **slot;
    agent_session_t   *s;

    call = cmd->call;
    s = call->session;

    if (s && s->call != call) {

        for (slot = &s->queue; *slot != call; slot = &(*slot)->next) {
            /* void */
        }

        *slot = call->next;

        if (*slot == NULL) {
            s->last = slot;
        }

        s->queued--;
        agent_queue_waiting -= call->size;

        agent_command_destroy(cmd);
        agent_queue_free(call);
        return;
    }

    /* it is running or about to fail */

    call->cancelled = 1;
}


void
agent_queue_fail(agent_call_t *call, int status, const char *code,
    json_t *context, const char *name, const char *message)
{
    call->session = NULL;
    call->next = NULL;

    if (context == NULL) {
        context = json_pack("{s:s}", "sessionId", name);
    }

    (void) agent_fault_set(&call->fault, status, code, context, "%s", message);

    if (agent_queue_timer.data == NULL) {
        uv_timer_init(agent_loop, &agent_queue_timer);
        agent_queue_timer.data = &agent_queue_failures;
    }

    *agent_queue_last_failure = call;
    agent_queue_last_failure = &call->next;

    uv_timer_start(&agent_queue_timer, agent_queue_failed, 0, 0);
}


void
agent_queue_gone(agent_call_t *call, agent_session_t *s)
{
    char  text[256];

    if (s->deleted) {
        agent_queue_fail(call, 410, "SESSION_DESTROYED", NULL, s->name,
                         "the session was deleted");
        return;
    }

    snprintf(text, sizeof(text), "The session's shell exited (exit code: %d): "
             "the command was not run, and the next request starts a new "
             "shell", s->code);

    agent_queue_fail(call, 410, "SESSION_TERMINATED",
                     json_pack("{s:s, s:i}", "sessionId", s->name,
                               "exitCode", s->code),
                     s->name, text);
}


static void
agent_queue_failed(uv_timer_t *timer)
{
    agent_call_t     *call;
    agent_command_t  *cmd;

    while ((call = agent_queue_failures) != NULL) {

        agent_queue_failures = call->next;

        if (agent_queue_failures == NULL) {
            agent_queue_last_failure = &agent_queue_failures;
        }

        cmd = call->cmd;
        cmd->call = NULL;

        if (call->cancelled) {
            agent_command_destroy(cmd);

        } else {
            call->started(cmd, &call->fault);
            call->fault.context = NULL;
        }

        agent_queue_free(call);
    }
}


static void
agent_queue_turn(uv_timer_t *timer)
{
    agent_queue_next(timer->data);
}


void
agent_queue_next(agent_session_t *s)
{
    int            err;
    agent_call_t  *call;

    while (s->queue && s->call == NULL && s->ending == NULL && s->shell
           && !s->deleted)
    {
        call = s->queue;
        s->queue = call->next;

        if (s->queue == NULL) {
            s->last = &s->queue;
        }

        s->queued--;
        agent_queue_waiting -= call->size;

        err = agent_queue_begin(s, call);

        if (err == ENOSPC) {
            agent_queue_fail(call, 500, "NO_SPACE", NULL, s->name,
                             "cannot store the command's standard input");

        } else if (err) {
            agent_queue_fail(call, 500, call->spawn
                                        ? "STREAM_START_ERROR"
                                        : "COMMAND_EXECUTION_ERROR",
                             NULL, s->name, strerror(err));
        }
    }
}


static int
agent_queue_begin(agent_session_t *s, agent_call_t *call)
{
    int               err, fds[2];
    char             *text;
    json_t           *vars;
    agent_command_t  *cmd;

    cmd = call->cmd;

    vars = agent_env_vars();

    if (vars != s->vars) {
        text = agent_script_follow(s->shell->kind, s->shell->dir, s->vars,
                                   vars, call->text);

        if (text == NULL) {
            return ENOMEM;
        }

        free(call->text);
        call->text = text;

        json_decref(s->vars);
        s->vars = json_incref(vars);
    }

    if (call->input) {
        err = agent_pipes_input(s->shell, call->input, call->input_len);

        if (err) {
            return err;
        }

        free(call->input);
        call->input = NULL;

    } else if (cmd->stdin_pipe) {
        err = agent_pipes_input_fifo(s->shell);

        if (err) {
            return err;
        }
    }

    err = call->spawn ? agent_pipes_gate(s->shell, call->marker) : 0;

    if (err == 0) {
        err = agent_pipes_prepare(s->shell, fds);
    }

    if (err == 0) {
        err = agent_command_open(cmd, fds);
    }

    if (err) {
        return err;
    }

    memcpy(cmd->child.marker, call->marker, sizeof(call->marker));

    agent_kill_tree_moment(&s->since);

    err = agent_shell_run(s->shell, call->marker, call->text, call->line);

    if (err) {
        return err;
    }

    /* both may be large */

    free(call->text);
    call->text = NULL;

    free(call->line);
    call->line = NULL;

    s->call = call;

    if (call->spawn) {
        uv_update_time(agent_loop);
        uv_timer_start(&s->timer, agent_detached_timeout, AGENT_QUEUE_SPAWN,
                       0);
        return 0;
    }

    cmd->call = NULL;
    cmd->ops = &agent_queue_ops;
    cmd->host = s;

    agent_command_begin(cmd);

    call->started(cmd, NULL);

    return 0;
}


void
agent_queue_call_done(agent_session_t *s)
{
    uv_timer_stop(&s->timer);

    agent_queue_free(s->call);
    s->call = NULL;
}


/* the shell has executed a script */

void
agent_queue_report(agent_shell_t *shell, int status)
{
    agent_call_t     *call;
    agent_command_t  *cmd;
    agent_session_t  *s;

    s = shell->data;
    call = s->call;

    if (call == NULL) {
        return;
    }

    if (call->spawn) {
        call->reported = 1;

        if (call->pid) {
            agent_detached_adopt(s, call);

        } else if (status != 0) {
            agent_detached_failed(s);
        }

        return;
    }

    cmd = call->cmd;
    agent_queue_call_done(s);
    agent_pipes_input_done(shell);

    cmd->exit.cpu_ms = shell->cpu_ms;
    cmd->exit.peak = -1;

    if (s->ending != cmd) {
        cmd->host = NULL;
    }

    agent_command_ended(cmd, status, 0);

    agent_queue_next(s);
}


/* the deadline of the command has expired, or its client has gone */

static agent_kill_tree_t *
agent_queue_kill(agent_command_t *cmd, int sig, unsigned grace_ms,
    void (*done)(void *data, int left))
{
    agent_kill_tree_t  *tree;
    agent_session_t    *s;

    s = cmd->host;

    if (s == NULL || s->shell == NULL) {
        return NULL;
    }

    tree = agent_kill_tree_command(s->shell->child.pid, cmd->child.marker,
                                   &s->since, sig, grace_ms,
                                   agent_queue_busy, done, cmd);

    if (tree) {
        s->ending = cmd;
    }

    return tree;
}


/* 1 if the shell has not reported yet */

static int
agent_queue_busy(void *data, int last)
{
    agent_command_t  *cmd;
    agent_session_t  *s;

    cmd = data;
    s = cmd->host;

    if (s == NULL || s->shell == NULL || s->call == NULL || s->call->cmd != cmd)
    {
        return 0;
    }

    if (last) {

        /* the shell is stuck, for instance in a builtin: its state is lost */

        cmd->exit.terminated = 1;
        kill(s->shell->child.pid, SIGKILL);

    } else if (s->shell->ready) {

        /* break out of a loop or a function */

        kill(s->shell->child.pid, AGENT_SCRIPT_SIGNAL);
    }

    return 1;
}


static void
agent_queue_killed(agent_command_t *cmd)
{
    agent_session_t  *s;

    s = cmd->host;

    if (s && s->ending == cmd) {
        s->ending = NULL;
        cmd->host = NULL;
        agent_queue_next(s);
    }
}
