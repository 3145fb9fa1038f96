
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "run/child.h"
#include "run/command.h"
#include "run/pty.h"
#include "run/shell.h"
#include "run/stdin.h"
#include "sys/kill_tree.h"
#include "terminal/env.h"
#include "terminal/params.h"
#include "terminal/ring.h"
#include "terminal/terminal.h"
#include "terminal/viewer.h"


static agent_terminal_t *agent_terminal_create(
    agent_terminal_params_t *params, agent_fault_t *fault);
static int agent_terminal_start(agent_terminal_t *t,
    agent_terminal_params_t *params, agent_fault_t *fault);
static int agent_terminal_failed(agent_command_t *cmd,
    agent_terminal_params_t *params, agent_fault_t *fault);
static void agent_terminal_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static int agent_terminal_paused(agent_command_t *cmd);
static void agent_terminal_exit(agent_command_t *cmd, const agent_exit_t *e);
static void agent_terminal_writable(agent_command_t *cmd);
static void agent_terminal_free(agent_terminal_t *t);


static const agent_sink_t  agent_terminal_sink = {
    agent_terminal_write,
    agent_terminal_paused,
    agent_terminal_exit
};


static const char *const  agent_terminal_shells[] = {
    AGENT_RUN_SHELL_BASH, AGENT_RUN_SHELL_SH, NULL
};


struct agent_terminals_s  agent_terminal_list =
    TAILQ_HEAD_INITIALIZER(agent_terminal_list);

static size_t  agent_nterminals;


agent_terminal_t *
agent_terminal_open(agent_terminal_params_t *params, agent_fault_t *fault)
{
    agent_terminal_t  *t;

    t = params->session[0] ? agent_terminal_find(params->session) : NULL;

    return t ? t : agent_terminal_create(params, fault);
}


int
agent_terminal_full(agent_terminal_params_t *params, agent_fault_t *fault)
{
    agent_terminal_t  *t;

    t = params->session[0] ? agent_terminal_find(params->session) : NULL;

    if (t && t->nviewers >= AGENT_TERMINAL_VIEWERS) {
        (void) agent_fault_set(fault, 429, "LIMIT_REACHED",
                               json_pack("{s:s, s:i}", "limit", "viewers",
                                         "max", AGENT_TERMINAL_VIEWERS),
                               "too many connections to this terminal; close "
                               "some");
        return 1;
    }

    if (t == NULL && agent_nterminals >= AGENT_TERMINAL_MAX) {
        (void) agent_fault_set(fault, 429, "LIMIT_REACHED",
                               json_pack("{s:s, s:i}", "limit", "terminals",
                                         "max", AGENT_TERMINAL_MAX),
                               "too many terminals; kill some");
        return 1;
    }

    return 0;
}


agent_terminal_t *
agent_terminal_find(const char *name)
{
    agent_terminal_t  *t;

    for (t = TAILQ_FIRST(&agent_terminal_list); t; t = TAILQ_NEXT(t, link)) {

        if (strcmp(t->id, name) == 0
            || (t->named && strcmp(t->session, name) == 0))
        {
            return t;
        }
    }

    return NULL;
}


static agent_terminal_t *
agent_terminal_create(agent_terminal_params_t *params, agent_fault_t *fault)
{
    int                err;
    agent_terminal_t  *t;

    t = calloc(1, sizeof(agent_terminal_t));

    if (t == NULL) {
        (void) agent_fault_no_memory(fault);
        return NULL;
    }

    TAILQ_INIT(&t->viewers);
    TAILQ_INIT(&t->waiters);

    strcpy(t->id, "term_");
    agent_random_hex(t->id + 5, sizeof(t->id) - 5);
    strcpy(t->session, params->session);

    t->cols = params->cols;
    t->rows = params->rows;
    (void) agent_time_iso(t->started);

    if (params->session[0]) {
        err = agent_ring_create(&t->ring);

        if (err) {
            free(t);
            (void) agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL,
                                   "cannot keep the terminal's output: %s",
                                   strerror(err));
            return NULL;
        }

        t->named = 1;
    }

    if (agent_terminal_start(t, params, fault) != 0) {

        if (t->named) {
            agent_ring_close(&t->ring);
        }

        free(t);
        return NULL;
    }

    TAILQ_INSERT_TAIL(&agent_terminal_list, t, link);
    agent_nterminals++;

    agent_log_debug("terminal %s: command %p", t->id, t->cmd);

    return t;
}


static int
agent_terminal_start(agent_terminal_t *t, agent_terminal_params_t *params,
    agent_fault_t *fault)
{
    int               rc;
    char             *argv[2], *text;
    const char      **env, *programs[2];
    agent_command_t  *cmd;

    env = agent_terminal_env(params, &text);
    cmd = agent_command_create();

    if (env == NULL || cmd == NULL) {
        free(cmd);
        free(env);
        free(text);
        return agent_fault_no_memory(fault);
    }

    if (params->cwd[0] == '\0'
        && agent_terminal_env_cwd(params, params->cwd) != 0)
    {
        params->cwd[0] = '\0';
    }

    programs[0] = params->shell;
    programs[1] = NULL;

    argv[0] = params->shell ? params->shell : "bash";
    argv[1] = NULL;

    cmd->programs = params->shell ? programs : agent_terminal_shells;
    cmd->rename = (params->shell == NULL);
    cmd->argv = argv;
    cmd->env = env;
    cmd->cwd = params->cwd[0] ? params->cwd : NULL;
    cmd->untimed = 1;
    cmd->sink = &agent_terminal_sink;
    cmd->on_stdin = agent_terminal_writable;
    cmd->data = t;

    rc = agent_run_pty_start(cmd, t->cols, t->rows, &t->fd);

    free(env);
    free(text);

    if (rc != 0) {
        return agent_terminal_failed(cmd, params, fault);
    }

    t->cmd = cmd;
    t->pid = cmd->child.pid;

    return 0;
}


static int
agent_terminal_failed(agent_command_t *cmd, agent_terminal_params_t *params,
    agent_fault_t *fault)
{
    char  text[512];

    if (params->shell == NULL && agent_run_child_error_code(cmd)) {
        (void) agent_fault_set(fault, 501, "SHELL_NOT_AVAILABLE", NULL,
                               "the image has neither bash nor sh");

    } else if (cmd->stage == AGENT_SPAWN_SETUP) {
        (void) agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL,
                               "cannot open a pseudo-terminal: %s",
                               strerror(cmd->error));

    } else {
        agent_run_child_error_text(cmd, cmd->argv[0], text, sizeof(text));
        (void) agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL, "%s", text);
    }

    agent_command_destroy(cmd);

    return -1;
}


void
agent_terminal_attach(agent_terminal_t *t, agent_viewer_t *v)
{
    TAILQ_INSERT_TAIL(&t->viewers, v, link);
    t->nviewers++;
}


void
agent_terminal_detach(agent_terminal_t *t, agent_viewer_t *v)
{
    TAILQ_REMOVE(&t->viewers, v, link);
    t->nviewers--;

    if (t->cmd == NULL) {

        if (t->nviewers == 0) {
            agent_terminal_free(t);
        }

    } else if (!t->named) {
        agent_terminal_kill(t);

    } else {
        agent_terminal_resume(t);
    }
}


int
agent_terminal_input(agent_terminal_t *t, const char *buf, size_t len)
{
    if (t->cmd == NULL) {
        return 0;
    }

    /* an error means that nobody reads: as in any terminal, it is lost */

    if (agent_stdin_write(t->cmd, buf, len) != 0) {
        agent_terminal_writable(t->cmd);
        return 0;
    }

    return agent_stdin_full(t->cmd);
}


static void
agent_terminal_writable(agent_command_t *cmd)
{
    agent_viewer_t    *v;
    agent_terminal_t  *t;

    t = cmd->data;

    for (v = TAILQ_FIRST(&t->viewers); v; v = TAILQ_NEXT(v, link)) {
        agent_viewer_unblock(v);
    }
}


void
agent_terminal_resize(agent_terminal_t *t, unsigned cols, unsigned rows)
{
    if (t->cmd) {
        t->cols = cols;
        t->rows = rows;

        agent_run_pty_resize(t->fd, cols, rows);
    }
}


static void
agent_terminal_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_viewer_t    *v;
    agent_terminal_t  *t;

    t = cmd->data;

    t->end += len;

    if (t->named) {
        agent_ring_append(&t->ring, buf, len);
    }

    for (v = TAILQ_FIRST(&t->viewers); v; v = TAILQ_NEXT(v, link)) {
        agent_viewer_output(v, buf, len);
    }
}


/*
 * The shell waits while no viewer takes more.  One of several that is slower
 * than the others falls behind, and is disconnected at the end of the ring.
 */

static int
agent_terminal_paused(agent_command_t *cmd)
{
    size_t             n;
    agent_viewer_t    *v;
    agent_terminal_t  *t;

    t = cmd->data;
    n = 0;

    if (t->killed) {
        return 0;
    }

    for (v = TAILQ_FIRST(&t->viewers); v; v = TAILQ_NEXT(v, link)) {

        if (v->over) {
            continue;
        }

        if (!agent_viewer_full(v)) {
            return 0;
        }

        n++;
    }

    return n != 0;
}


void
agent_terminal_resume(agent_terminal_t *t)
{
    if (t->cmd && !agent_terminal_paused(t->cmd)) {

        /* may end it */

        agent_command_resume(t->cmd);
    }
}


static void
agent_terminal_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    agent_viewer_t           *v;
    agent_terminal_t         *t;
    agent_kill_tree_t        *tree;
    agent_terminal_waiter_t  *w;

    t = cmd->data;

    t->cmd = NULL;
    t->exit = *e;

    close(t->fd);

    TAILQ_REMOVE(&agent_terminal_list, t, link);
    agent_nterminals--;

    /*
     * A shell that exits by itself leaves its background processes, as in any
     * terminal; one that was killed takes them with it.
     */

    if (e->signal && !t->killed) {
        tree = agent_kill_tree(cmd->child.pid, cmd->child.marker, SIGHUP,
                               AGENT_KILL_TREE_GRACE, NULL, NULL);

        if (tree) {
            agent_kill_tree_reaped(tree);
        }
    }

    while ((w = TAILQ_FIRST(&t->waiters)) != NULL) {
        TAILQ_REMOVE(&t->waiters, w, link);
        w->terminal = NULL;
        w->ended(w, t);
    }

    for (v = TAILQ_FIRST(&t->viewers); v; v = TAILQ_NEXT(v, link)) {
        agent_viewer_unblock(v);
        agent_viewer_send(v);
    }

    if (t->nviewers == 0) {
        agent_terminal_free(t);
    }
}


static void
agent_terminal_free(agent_terminal_t *t)
{
    if (t->named) {
        agent_ring_close(&t->ring);
    }

    free(t);
}


void
agent_terminal_kill(agent_terminal_t *t)
{
    if (t->cmd && !t->killed) {
        t->killed = 1;

        /* an interactive shell ignores SIGTERM */

        agent_command_stop(t->cmd, SIGHUP, AGENT_KILL_TREE_GRACE);

        /* output that its viewers do not read must not delay the end */

        agent_terminal_resume(t);
    }
}


int
agent_terminal_session_deleted(const char *session)
{
    agent_terminal_t  *t;

    t = agent_terminal_find(session);

    if (t == NULL || !t->named || strcmp(t->session, session) != 0) {
        return 0;
    }

    agent_terminal_kill(t);

    return 1;
}


void
agent_terminal_wait(agent_terminal_t *t, agent_terminal_waiter_t *w)
{
    w->terminal = t;
    TAILQ_INSERT_TAIL(&t->waiters, w, link);
}


void
agent_terminal_forget(agent_terminal_waiter_t *w)
{
    if (w->terminal) {
        TAILQ_REMOVE(&w->terminal->waiters, w, link);
        w->terminal = NULL;
    }
}


void
agent_terminal_stop(void)
{
    agent_viewer_t    *v;
    agent_terminal_t  *t;

    for (t = TAILQ_FIRST(&agent_terminal_list); t; t = TAILQ_NEXT(t, link)) {

        for (v = TAILQ_FIRST(&t->viewers); v; v = TAILQ_NEXT(v, link)) {
            agent_viewer_stop(v);
        }

        (void) kill(-t->pid, SIGHUP);
    }
}
