
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fault.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/time.h"
#include "process/params.h"
#include "process/process.h"
#include "run/command.h"
#include "run/log.h"


/*
 * lifetime of a record with cleanup after its exit was reported, and if it was
 * not
 */
#define AGENT_PROCESS_REPORTED    30000  /* ms */
#define AGENT_PROCESS_UNREPORTED  300000
#define AGENT_PROCESS_SWEEP       5000


static int agent_process_admit(size_t command, size_t disk,
    agent_fault_t *fault);
static int agent_process_evict(void);
static void agent_process_forget(agent_process_t *p);
static void agent_process_unref(agent_process_t *p);
static void agent_process_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static int agent_process_full(agent_command_t *cmd);
static void agent_process_writable(void *data);
static void agent_process_stdin(agent_command_t *cmd);
static void agent_process_exited(agent_command_t *cmd, const agent_exit_t *e);
static void agent_process_sweep(uv_timer_t *timer);


struct agent_process_list_s  agent_process_list =
    TAILQ_HEAD_INITIALIZER(agent_process_list);

/* the log and the observers of the process */

static const agent_sink_t  agent_process_sink = {
    agent_process_write,
    agent_process_full,
    agent_process_exited
};

static size_t      agent_process_count;
static size_t      agent_process_live;
static size_t      agent_process_commands;
static size_t      agent_process_disk;
static uv_timer_t  agent_process_timer;


agent_process_t *
agent_process_create(const agent_process_params_start_t *start,
    agent_fault_t *fault)
{
    size_t            len;
    char              hex[7];
    agent_process_t  *p;
    struct timespec   ts;

    p = start->id ? agent_process_find(start->id) : NULL;

    if (p && !agent_process_ended(p)) {
        (void) agent_fault_set(fault, 409, "PROCESS_ALREADY_EXISTS",
                               json_pack("{s:s}", "processId", p->id),
                               "Process %s is already running", p->id);
        return NULL;
    }

    if (p) {
        agent_process_forget(p);
    }

    len = strlen(start->command) + 1;

    if (agent_process_admit(len, start->log_bytes, fault) != 0) {
        return NULL;
    }

    p = calloc(1, sizeof(agent_process_t));

    if (p == NULL) {
        goto failed;
    }

    p->refs = 1;
    TAILQ_INIT(&p->observers);

    p->command = strdup(start->command);
    p->session = start->session ? strdup(start->session) : NULL;
    p->log = agent_run_log_create(start->log_bytes, agent_process_writable, p);
    p->cmd = agent_command_create();

    if (p->command == NULL || (start->session && p->session == NULL)
        || p->log == NULL || p->cmd == NULL)
    {
        goto failed;
    }

    if (start->id) {
        snprintf(p->id, sizeof(p->id), "%s", start->id);

    } else {
        clock_gettime(CLOCK_REALTIME, &ts);
        agent_random_hex(hex, sizeof(hex));

        snprintf(p->id, sizeof(p->id), "proc_%lld_%s",
                 (long long) ts.tv_sec * 1000 + ts.tv_nsec / 1000000, hex);
    }

    agent_time_iso(p->start_time);

    p->began = agent_time_ms();
    p->cleanup = start->cleanup;
    p->disk = start->log_bytes;
    p->listed = 1;

    p->cmd->env = start->env;
    p->cmd->cwd = start->cwd;
    p->cmd->timeout_ms = start->timeout_ms;
    p->cmd->untimed = 1;
    p->cmd->stdin_pipe = (start->input || start->stdin_open);
    p->cmd->sink = &agent_process_sink;
    p->cmd->data = p;
    p->cmd->on_stdin = agent_process_stdin;

    TAILQ_INSERT_TAIL(&agent_process_list, p, link);

    agent_process_count++;
    agent_process_live++;
    agent_process_commands += len;
    agent_process_disk += p->disk;

    return p;

failed:

    if (p) {
        free(p->cmd);
        p->cmd = NULL;
        agent_process_unref(p);
    }

    (void) agent_fault_no_memory(fault);

    return NULL;
}


/* checks for room for one more process: 0, or -1 */

static int
agent_process_admit(size_t command, size_t disk,
    agent_fault_t *fault)
{
    if (agent_process_live >= AGENT_PROCESS_RUNNING) {
        return agent_process_limit(fault, "processes",
                                   AGENT_PROCESS_RUNNING);
    }

    while (agent_process_count >= AGENT_PROCESS_RECORDS) {

        if (agent_process_evict() != 0) {
            return agent_process_limit(fault, "processes",
                                       AGENT_PROCESS_RUNNING);
        }
    }

    while (agent_process_commands + command > AGENT_PROCESS_COMMANDS) {

        if (agent_process_evict() != 0) {
            return agent_process_limit(fault, "bytes of commands",
                                       AGENT_PROCESS_COMMANDS);
        }
    }

    while (agent_process_disk + disk > AGENT_PROCESS_LOGS) {

        if (agent_process_evict() != 0) {
            return agent_process_limit(fault, "bytes of logs",
                                       AGENT_PROCESS_LOGS);
        }
    }

    return 0;
}


int
agent_process_limit(agent_fault_t *fault, const char *what,
    size_t max)
{
    return agent_fault_set(fault, 429, "LIMIT_REACHED",
                           json_pack("{s:s, s:I}", "limit", what, "max",
                                     (json_int_t) max),
                           "limit of %zu %s reached: stop some processes, or "
                           "try again later", max, what);
}


/* drops the record of the process that exited first; -1: none has exited */

static int
agent_process_evict(void)
{
    agent_process_t  *p, *found;

    found = NULL;

    for (p = TAILQ_FIRST(&agent_process_list); p; p = TAILQ_NEXT(p, link)) {

        if (agent_process_ended(p)
            && (found == NULL
                || p->ended < found->ended))
        {
            found = p;
        }
    }

    if (found == NULL) {
        return -1;
    }

    agent_process_forget(found);

    return 0;
}


/* readers of its log may continue */

static void
agent_process_forget(agent_process_t *p)
{
    TAILQ_REMOVE(&agent_process_list, p, link);

    p->listed = 0;

    agent_process_count--;
    agent_process_commands -= strlen(p->command) + 1;
    agent_process_disk -= p->disk;

    agent_process_unref(p);
}


static void
agent_process_unref(agent_process_t *p)
{
    if (--p->refs) {
        return;
    }

    if (p->log) {
        agent_run_log_release(p->log);
    }

    free(p->command);
    free(p->session);
    free(p);
}


void
agent_process_discard(agent_process_t *p)
{
    p->cmd = NULL;
    agent_process_live--;

    agent_process_forget(p);
}


void
agent_process_started(agent_process_t *p)
{
    p->status = AGENT_PROCESS_RUNS;
    p->pid = p->cmd->child.pid;
    p->shell = p->cmd->shell;

    agent_time_iso(p->start_time);
    p->began = agent_time_ms();
}


agent_process_t *
agent_process_find(const char *id)
{
    agent_process_t  *p;

    for (p = TAILQ_FIRST(&agent_process_list); p; p = TAILQ_NEXT(p, link)) {

        if (strcmp(p->id, id) == 0) {
            return p;
        }
    }

    return NULL;
}


void
agent_process_observe(agent_process_t *p, agent_process_observer_t *w)
{
    p->refs++;
    w->process = p;

    TAILQ_INSERT_TAIL(&p->observers, w, link);
}


void
agent_process_unobserve(agent_process_observer_t *w)
{
    agent_process_t  *p;

    p = w->process;

    if (p == NULL) {
        return;
    }

    w->process = NULL;

    TAILQ_REMOVE(&p->observers, w, link);

    agent_process_unref(p);
}


static void
agent_process_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_process_t           *p;
    agent_process_observer_t  *w, *next;

    p = cmd->data;

    agent_run_log_append(p->log, stream, buf, len);

    for (w = TAILQ_FIRST(&p->observers); w; w = next) {
        next = TAILQ_NEXT(w, link);

        if (w->on_data) {
            w->on_data(w, stream, buf, len);
        }

        if (w->on_output) {
            w->on_output(w);
        }
    }
}


static int
agent_process_full(agent_command_t *cmd)
{
    agent_process_t  *p;

    p = cmd->data;

    return agent_run_log_full(p->log);
}


static void
agent_process_writable(void *data)
{
    agent_process_t  *p;

    p = data;

    if (p->cmd) {
        agent_command_resume(p->cmd);
    }
}


static void
agent_process_stdin(agent_command_t *cmd)
{
    agent_process_t  *p;

    p = cmd->data;

    if (p->writer) {
        p->on_stdin(p);
    }
}


static void
agent_process_exited(agent_command_t *cmd, const agent_exit_t *e)
{
    int                        n;
    char                       text[64];
    agent_process_t           *p;
    agent_process_observer_t  *w, *next;

    p = cmd->data;

    p->cmd = NULL;
    p->exit = *e;
    p->ended = agent_time_ms();

    agent_time_iso(p->end_time);

    if (p->killed || (!e->timed_out && (e->code == 128 + SIGKILL
                                        || e->code == 128 + SIGTERM)))
    {
        p->status = AGENT_PROCESS_KILLED;

    } else {
        p->status = e->code ? AGENT_PROCESS_FAILED : AGENT_PROCESS_COMPLETED;
    }

    agent_process_live--;

    if (e->timed_out) {
        n = snprintf(text, sizeof(text), "Command timed out after %llums\n",
                     (unsigned long long) cmd->timeout_ms);
        agent_run_log_append(p->log, 2, text, n);
    }

    agent_run_log_finish(p->log);

    if (p->listed) {
        agent_process_disk -= p->disk;
        p->disk = agent_run_log_disk(p->log);
        agent_process_disk += p->disk;
    }

    if (p->cleanup) {
        p->forget_at = p->ended + AGENT_PROCESS_UNREPORTED;

        if (agent_process_timer.data == NULL) {
            uv_timer_init(agent_loop, &agent_process_timer);
            agent_process_timer.data = &agent_process_timer;
        }

        uv_timer_start(&agent_process_timer, agent_process_sweep,
                       AGENT_PROCESS_SWEEP, AGENT_PROCESS_SWEEP);
    }

    p->refs++;

    if (p->writer) {
        p->on_stdin(p);
    }

    for (w = TAILQ_FIRST(&p->observers); w; w = next) {
        next = TAILQ_NEXT(w, link);
        w->on_exit(w);
    }

    agent_process_unref(p);
}


void
agent_process_reported(agent_process_t *p)
{
    uint64_t  at;

    at = agent_time_ms() + AGENT_PROCESS_REPORTED;

    if (p->forget_at > at) {
        p->forget_at = at;
    }
}


static void
agent_process_sweep(uv_timer_t *timer)
{
    size_t            left;
    uint64_t          now;
    agent_process_t  *p, *next;

    left = 0;
    now = agent_time_ms();

    for (p = TAILQ_FIRST(&agent_process_list); p; p = next) {
        next = TAILQ_NEXT(p, link);

        if (p->forget_at == 0) {
            continue;
        }

        if (p->forget_at <= now) {
            agent_process_forget(p);

        } else {
            left++;
        }
    }

    if (left == 0) {
        uv_timer_stop(timer);
    }
}
