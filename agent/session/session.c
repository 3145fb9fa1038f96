
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/loop.h"
#include "run/command.h"
#include "run/env.h"
#include "session/detached.h"
#include "session/queue.h"
#include "session/session.h"
#include "session/session_int.h"
#include "session/shell.h"
#include "sys/kill_tree.h"


#define AGENT_SESSION_HASH    256


static void agent_session_exited(agent_shell_t *shell, int code, int sig);
static void agent_session_dead(uv_timer_t *timer);
static void agent_session_deleted(void *data, int left);
static void agent_session_link(agent_session_t *s);
static void agent_session_closed(uv_handle_t *handle);
static unsigned agent_session_hash(const char *name);


static agent_session_t   *agent_sessions[AGENT_SESSION_HASH];
static size_t             agent_nsessions;

/* names and values */
static const char *const  agent_session_locale[] = {
    "LANG", "C.UTF-8", "LC_ALL", "C.UTF-8", NULL
};

/* sessions being deleted, no longer found by name */
static agent_session_t   *agent_session_going;


static void
agent_session_exited(agent_shell_t *shell, int code, int sig)
{
    int               notified;
    agent_call_t     *call, *queue, *next;
    agent_command_t  *cmd;
    agent_session_t  *s;

    s = shell->data;

    s->code = sig ? 128 + sig : code;
    s->shell = NULL;

    uv_timer_stop(&s->timer);

    if (s->tree) {
        agent_kill_tree_reaped(s->tree);
    }

    call = s->call;
    queue = s->queue;

    s->call = NULL;
    s->queue = NULL;
    s->last = &s->queue;
    s->queued = 0;

    notified = (call && !call->adopted) || queue;

    /* unlink first, so that a client that retries gets a new session */

    if (notified && !s->deleted) {
        agent_session_unlink(s);
    }

    for ( /* void */ ; queue; queue = next) {
        next = queue->next;
        agent_queue_waiting -= queue->size;
        agent_queue_gone(queue, s);
    }

    if (s->ending) {
        s->ending->host = NULL;
        s->ending = NULL;
    }

    if (call && call->adopted) {
        agent_queue_free(call);

    } else if (call && call->spawn) {
        agent_queue_gone(call, s);

    } else if (call) {
        cmd = call->cmd;
        agent_queue_free(call);

        cmd->host = NULL;
        cmd->exit.terminated = 1;
        cmd->exit.destroyed = s->deleted;
        cmd->exit.cpu_ms = shell->cpu_ms;
        cmd->exit.peak = -1;

        agent_command_ended(cmd, code, sig);
    }

    agent_shell_free(shell);

    if (s->deleted ? s->tree == NULL : notified) {
        agent_session_free(s);
    }
}


int
agent_session_create(const agent_session_options_t *options,
    agent_fault_t *fault)
{
    agent_session_t  *s;

    s = agent_session_find(options->name);

    if (s && s->shell == NULL) {
        agent_session_unlink(s);
        agent_session_free(s);
        s = NULL;
    }

    if (s) {
        return agent_fault_set(fault, 409, "SESSION_ALREADY_EXISTS",
                               json_pack("{s:s, s:n}",
                                         "sessionId", options->name,
                                         "containerPlacementId"),
                               "a session with this id already exists");
    }

    return agent_session_make(options, fault) ? 0 : -1;
}


int
agent_session_delete(const char *name, void (*done)(void *data), void *data)
{
    agent_call_t     *call;
    agent_session_t  *s;

    s = agent_session_find(name);

    if (s == NULL) {
        return -1;
    }

    agent_session_unlink(s);

    s->deleted = 1;
    s->done = done;
    s->data = data;

    s->next = agent_session_going;
    agent_session_going = s;

    while ((call = s->queue) != NULL) {
        s->queue = call->next;
        agent_queue_waiting -= call->size;
        agent_queue_gone(call, s);
    }

    s->last = &s->queue;
    s->queued = 0;

    if (s->shell == NULL) {
        uv_timer_start(&s->timer, agent_session_dead, 0, 0);
        return 0;
    }

    s->tree = agent_kill_tree(s->shell->child.pid, s->shell->child.marker,
                              SIGTERM, AGENT_KILL_TREE_GRACE,
                              agent_session_deleted, s);

    return 0;
}


static void
agent_session_dead(uv_timer_t *timer)
{
    agent_session_free(timer->data);
}


static void
agent_session_deleted(void *data, int left)
{
    agent_session_t  *s;

    s = data;
    s->tree = NULL;

    if (s->shell == NULL) {
        agent_session_free(s);
    }
}


void
agent_session_forget(void *data)
{
    agent_session_t  *s;

    for (s = agent_session_going; s; s = s->next) {

        if (s->data == data) {
            s->done = NULL;
        }
    }
}


json_t *
agent_session_list(void)
{
    size_t            i;
    json_t           *list;
    agent_session_t  *s;

    list = json_array();

    for (i = 0; i < AGENT_SESSION_HASH; i++) {

        for (s = agent_sessions[i]; s; s = s->next) {

            if (s->shell) {
                json_array_append_new(list, json_string(s->name));
            }
        }
    }

    return list;
}


agent_session_t *
agent_session_make(const agent_session_options_t *options,
    agent_fault_t *fault)
{
    int                err;
    size_t             i, n;
    const char       **env;
    agent_shell_t     *shell;
    agent_session_t   *s;

    if (agent_nsessions >= AGENT_SESSION_MAX) {
        (void) agent_fault_set(fault, 429, "LIMIT_REACHED",
                               json_pack("{s:s, s:i}", "limit", "sessions",
                                         "max", AGENT_SESSION_MAX),
                               "too many sessions; delete some");
        return NULL;
    }

    for (n = 0; options->env && options->env[n]; n += 2) { /* void */ }

    env = malloc((n + 5) * sizeof(char *));
    s = calloc(1, sizeof(agent_session_t));
    shell = calloc(1, sizeof(agent_shell_t));

    if (env == NULL || s == NULL || shell == NULL) {
        free(shell);
        err = ENOMEM;
        goto failed;
    }

    for (i = 0; i < n; i++) {
        env[i] = options->env[i];
    }

    for (i = 0; agent_session_locale[i]; i++) {
        env[n++] = agent_session_locale[i];
    }

    env[n] = NULL;

    shell->cwd = options->cwd;
    shell->env = env;
    shell->data = s;
    shell->on_report = agent_queue_report;
    shell->on_subshell = agent_detached_report;
    shell->on_exit = agent_session_exited;

    err = agent_shell_start(shell);

    shell->cwd = NULL;
    shell->env = NULL;

    if (err) {
        agent_shell_free(shell);
        goto failed;
    }

    free(env);

    snprintf(s->name, sizeof(s->name), "%s", options->name);

    s->shell = shell;
    s->last = &s->queue;
    s->vars = json_incref(agent_env_vars());
    s->timeout_ms = options->timeout_ms;
    s->timed = options->timed;

    uv_timer_init(agent_loop, &s->timer);
    s->timer.data = s;

    agent_session_link(s);

    return s;

failed:

    free(env);
    free(s);

    if (err == ENOSPC) {
        (void) agent_fault_set(fault, 500, "NO_SPACE", NULL,
                               "no directory found for the session's pipes");

    } else if (err == ENOENT) {
        (void) agent_fault_set(fault, 501, "SHELL_NOT_AVAILABLE", NULL,
                               "the image has neither bash nor sh");

    } else {
        (void) agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL, "%s",
                               strerror(err));
    }

    return NULL;
}


pid_t
agent_session_pid(const char *name)
{
    agent_session_t  *s;

    s = agent_session_find(name);

    return s && s->shell ? s->shell->child.pid : 0;
}


agent_session_t *
agent_session_find(const char *name)
{
    agent_session_t  *s;

    for (s = agent_sessions[agent_session_hash(name)]; s; s = s->next) {

        if (strcmp(s->name, name) == 0) {
            return s;
        }
    }

    return NULL;
}


static void
agent_session_link(agent_session_t *s)
{
    agent_session_t  **slot;

    slot = &agent_sessions[agent_session_hash(s->name)];

    s->next = *slot;
    *slot = s;

    agent_nsessions++;
}


void
agent_session_unlink(agent_session_t *s)
{
    agent_session_t  **slot;

    for (slot = &agent_sessions[agent_session_hash(s->name)];
         *slot;
         slot = &(*slot)->next)
    {
        if (*slot == s) {
            *slot = s->next;
            s->next = NULL;
            agent_nsessions--;
            return;
        }
    }
}


/* its shell has exited, and it is no longer found by name */

void
agent_session_free(agent_session_t *s)
{
    agent_session_t  **slot;

    if (s->freed) {
        return;
    }

    s->freed = 1;

    for (slot = &agent_session_going; *slot; slot = &(*slot)->next) {

        if (*slot == s) {
            *slot = s->next;
            break;
        }
    }

    json_decref(s->vars);
    s->vars = NULL;

    uv_close((uv_handle_t *) &s->timer, agent_session_closed);

    if (s->done) {
        s->done(s->data);
    }
}


static void
agent_session_closed(uv_handle_t *handle)
{
    free(handle->data);
}


static unsigned
agent_session_hash(const char *name)
{
    unsigned  h;

    for (h = 0; *name; name++) {
        h = h * 31 + (unsigned char) *name;
    }

    return h % AGENT_SESSION_HASH;
}
