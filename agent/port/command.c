
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/last_lines.h"
#include "base/log.h"
#include "base/time.h"
#include "port/command.h"
#include "process/params.h"
#include "process/process.h"
#include "run/child.h"
#include "run/command.h"
#include "run/shell.h"


typedef struct agent_port_command_s  agent_port_command_t;


struct agent_port_command_s {
    uint16_t                  port;
    char                     *command;
    char                     *cwd;      /* NULL: the workspace */
    uint64_t                  began;
    int                       code;
    agent_last_lines_t        lines;
    unsigned                  runs:1;
    unsigned                  again:1;  /* restart with the current command */

    /* of the process while it runs */
    agent_process_observer_t  observer;

    agent_port_command_t     *next;
};


static const char *agent_port_command_text(json_t *json, const char *name,
    size_t max);
static agent_port_command_t *agent_port_command_find(uint16_t port);
static void agent_port_command_forget(uint16_t port);
static void agent_port_command_change(uint16_t port, const char *command,
    const char *cwd);
static void agent_port_command_end(agent_process_t *p);
static void agent_port_command_start(agent_port_command_t *w);
static void agent_port_command_failed(agent_port_command_t *w, int code,
    const char *text);
static void agent_port_command_data(agent_process_observer_t *observer,
    int stream, const char *buf, size_t len);
static void agent_port_command_exit(agent_process_observer_t *observer);


static agent_port_command_t  *agent_port_commands;
static size_t                 agent_port_command_count;

static const agent_port_command_observer_t  *agent_port_command_observer;


void
agent_port_command_observe(const agent_port_command_observer_t *observer)
{
    agent_port_command_observer = observer;
}


int
agent_port_command_valid(json_t *ports)
{
    size_t   i;
    json_t  *item, *port;

    if (!json_is_array(ports)) {
        return 0;
    }

    json_array_foreach(ports, i, item) {
        port = json_object_get(item, "port");

        if (!json_is_integer(port) || json_integer_value(port) < 1
            || json_integer_value(port) > 65535
            || agent_port_command_text(item, "command",
                                       AGENT_PORT_COMMAND_SIZE) == NULL
            || agent_port_command_text(item, "cwd",
                                       AGENT_PORT_COMMAND_CWD) == NULL)
        {
            return 0;
        }
    }

    return 1;
}


/* "" if absent, NULL if invalid */

static const char *
agent_port_command_text(json_t *json, const char *name, size_t max)
{
    json_t      *value;
    const char  *s;

    value = json_object_get(json, name);

    if (value == NULL) {
        return "";
    }

    s = agent_json_string_of(value);

    return s && strlen(s) <= max ? s : NULL;
}


void
agent_port_command_set(json_t *ports)
{
    size_t       i;
    json_t      *item;
    uint16_t     port;
    const char  *command, *cwd;

    json_array_foreach(ports, i, item) {
        port = (uint16_t) json_integer_value(json_object_get(item, "port"));
        command = agent_port_command_text(item, "command",
                                          AGENT_PORT_COMMAND_SIZE);
        cwd = agent_port_command_text(item, "cwd", AGENT_PORT_COMMAND_CWD);

        if (command[0]) {
            agent_port_command_change(port, command, cwd);

        } else {
            agent_port_command_forget(port);
        }
    }
}


static agent_port_command_t *
agent_port_command_find(uint16_t port)
{
    agent_port_command_t  *w;

    for (w = agent_port_commands; w; w = w->next) {

        if (w->port == port) {
            return w;
        }
    }

    return NULL;
}


static void
agent_port_command_forget(uint16_t port)
{
    agent_port_command_t  *w, **p;

    w = agent_port_command_find(port);

    if (w == NULL) {
        return;
    }

    for (p = &agent_port_commands; *p != w; p = &(*p)->next) { /* void */ }

    *p = w->next;
    agent_port_command_count--;

    agent_process_unobserve(&w->observer);
    agent_port_command_observer->on_change(port);

    agent_last_lines_free(&w->lines);
    free(w->command);
    free(w->cwd);
    free(w);
}


static void
agent_port_command_change(uint16_t port, const char *command, const char *cwd)
{
    char                  *new_command, *new_cwd;
    agent_port_command_t  *w;

    w = agent_port_command_find(port);

    if (w && w->runs && strcmp(w->command, command) == 0
        && strcmp(w->cwd ? w->cwd : "", cwd) == 0)
    {
        return;
    }

    new_command = strdup(command);
    new_cwd = cwd[0] ? strdup(cwd) : NULL;

    if (w == NULL && agent_port_command_count < AGENT_PORT_COMMAND_MAX) {
        w = calloc(1, sizeof(agent_port_command_t));

        if (w) {
            w->port = port;
            w->next = agent_port_commands;
            agent_port_commands = w;
            agent_port_command_count++;
        }
    }

    if (w == NULL || new_command == NULL || (cwd[0] && new_cwd == NULL)) {
        agent_log_error("out of memory for the command of port %d", port);
        free(new_command);
        free(new_cwd);
        return;
    }

    free(w->command);
    free(w->cwd);

    w->command = new_command;
    w->cwd = new_cwd;

    if (w->runs) {

        /* one command at a time: wait until the port is free */

        w->again = 1;
        agent_port_command_end(w->observer.process);
        return;
    }

    agent_port_command_start(w);
}


/* its exit is reported as usual */

static void
agent_port_command_end(agent_process_t *p)
{
    p->killed = 1;
    agent_command_end(p->cmd);
}


static void
agent_port_command_start(agent_port_command_t *w)
{
    int                            code;
    char                           id[16], text[512];
    const char                    *env[4];
    agent_process_t               *p;
    agent_fault_t                  fault;
    agent_process_params_start_t   start;

    w->again = 0;
    w->began = agent_time_ms();

    (void) snprintf(id, sizeof(id), "port-%d", w->port);

    env[0] = "PORT";
    env[1] = id + sizeof("port-") - 1;
    env[2] = NULL;
    env[3] = NULL;

    p = agent_process_find(id);

    if (p && p->status == AGENT_PROCESS_RUNS) {

        /* started by a client, or by a command that was removed */

        w->again = 1;
        goto observe;
    }

    memset(&start, 0, sizeof(agent_process_params_start_t));

    start.command = w->command;
    start.id = id;
    start.env = env;
    start.cwd = w->cwd;
    start.log_bytes = AGENT_PROCESS_LOG_DEFAULT;

    p = agent_process_create(&start, &fault);

    if (p == NULL) {
        agent_port_command_failed(w, 126, fault.message);
        agent_fault_clear(&fault);
        return;
    }

    if (agent_run_shell(p->cmd, w->command, "STREAM_START_ERROR", &fault)
        != 0)
    {
        agent_fault_clear(&fault);
        code = agent_run_child_error_code(p->cmd);
        agent_run_child_error_text(p->cmd, "bash", text, sizeof(text));
        agent_command_destroy(p->cmd);
        agent_process_discard(p);
        agent_port_command_failed(w, code ? code : 126, text);
        return;
    }

    agent_process_started(p);

observe:

    w->runs = 1;
    w->observer.data = w;
    w->observer.on_data = w->again ? NULL : agent_port_command_data;
    w->observer.on_exit = agent_port_command_exit;

    agent_process_observe(p, &w->observer);

    if (w->again) {
        agent_port_command_end(p);
    }

    agent_port_command_observer->on_change(w->port);
}


static void
agent_port_command_failed(agent_port_command_t *w, int code, const char *text)
{
    w->code = code;

    agent_last_lines_say(&w->lines, text);
    agent_log_warn("port-%d: %s", w->port, text);

    agent_port_command_observer->on_change(w->port);
}


static void
agent_port_command_data(agent_process_observer_t *observer, int stream,
    const char *buf, size_t len)
{
    uint64_t               next;
    agent_port_command_t  *w;

    w = observer->data;
    next = w->lines.next;

    agent_last_lines_add(&w->lines, stream, buf, len);

    if (w->lines.next != next) {
        agent_port_command_observer->on_line(w->port);
    }
}


static void
agent_port_command_exit(agent_process_observer_t *observer)
{
    agent_port_command_t  *w;

    w = observer->data;

    w->runs = 0;
    w->code = observer->process->exit.code;

    agent_process_unobserve(observer);
    agent_last_lines_end(&w->lines);

    if (w->again) {
        agent_port_command_start(w);
        return;
    }

    agent_port_command_observer->on_change(w->port);
}


agent_port_command_state_e
agent_port_command_state(uint16_t port, int *code)
{
    agent_port_command_t  *w;

    *code = 0;
    w = agent_port_command_find(port);

    if (w == NULL) {
        return AGENT_PORT_COMMAND_NONE;
    }

    if (w->runs) {
        return AGENT_PORT_COMMAND_RUNNING;
    }

    *code = w->code;

    return AGENT_PORT_COMMAND_EXITED;
}


agent_last_lines_t *
agent_port_command_lines(uint16_t port)
{
    agent_port_command_t  *w;

    w = agent_port_command_find(port);

    return w ? &w->lines : NULL;
}


int
agent_port_command_starting(uint16_t port, uint64_t ms)
{
    agent_port_command_t  *w;

    w = agent_port_command_find(port);

    return w && w->runs && agent_time_ms() - w->began < ms;
}


json_t *
agent_port_command_json(uint16_t port)
{
    json_t                *json;
    agent_port_command_t  *w;

    w = agent_port_command_find(port);

    if (w == NULL) {
        return json_null();
    }

    json = json_pack("{s:s, s:o}",
                     "state", w->runs ? "running" : "exited",
                     "log", agent_last_lines_json(&w->lines,
                                                  AGENT_PORT_COMMAND_SHOWN));

    if (json && !w->runs
        && json_object_set_new(json, "exitCode", json_integer(w->code)) == -1)
    {
        json_decref(json);
        return NULL;
    }

    return json;
}
