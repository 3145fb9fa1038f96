
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/name.h"
#include "base/pattern.h"
#include "net/probe.h"
#include "process/params.h"
#include "run/command.h"
#include "run/env.h"
#include "run/log.h"
#include "session/session.h"
#include "sys/signal.h"


#define AGENT_PROCESS_PATH_MAX  2048


static int agent_parse_command(json_t *json, agent_process_params_start_t *s,
    agent_fault_t *fault);
static int agent_parse_stdin(json_t *json, agent_process_params_start_t *s,
    agent_fault_t *fault);
static int agent_parse_status(json_t *json, agent_probe_port_t *p,
    agent_fault_t *fault);


int
agent_process_params_start(json_t *json, agent_process_params_start_t *s,
    agent_fault_t *fault)
{
    int          cleanup;
    size_t       max;
    uint64_t     bytes;
    const char  *cwd;

    memset(s, 0, sizeof(agent_process_params_start_t));

    if (agent_parse_command(json, s, fault) != 0
        || agent_json_string(json, "processId", &s->id, fault) != 0
        || agent_json_string(json, "sessionId", &s->session, fault) != 0
        || agent_json_string(json, "cwd", &cwd, fault) != 0
        || agent_json_bool(json, "autoCleanup", &cleanup, fault) != 0
        || agent_parse_stdin(json, s, fault) != 0
        || agent_json_ms(json, "timeoutMs", &s->timeout_ms, fault) != 0)
    {
        return -1;
    }

    s->cleanup = cleanup;

    if (s->id && !agent_process_params_id(s->id)) {
        return agent_fault_invalid(fault, "processId: must be 1 to %d of A-Z "
                                   "a-z 0-9 . _ -, and not list, kill-all "
                                   "or start", AGENT_PROCESS_ID);
    }

    /* an empty one counts as absent */

    if (s->session && s->session[0] == '\0') {
        s->session = NULL;
    }

    if (s->session && !agent_session_name_valid(s->session)) {
        return agent_fault_invalid(fault,
                                   "sessionId: " AGENT_SESSION_NAME_RULE);
    }

    if (s->session == NULL) {
        s->session = AGENT_SESSION_DEFAULT;

    } else if (strcmp(s->session, AGENT_SESSION_NONE) == 0) {
        s->session = NULL;
    }

    max = s->session ? AGENT_SESSION_LINE : AGENT_COMMAND_LINE - 1;

    if (strlen(s->command) > max) {
        return agent_fault_invalid(fault, "command: longer than %zu bytes; "
                                   "write it to a file and run the file", max);
    }

    bytes = AGENT_PROCESS_LOG_DEFAULT;

    if (agent_json_integer(json, "logBytes", AGENT_RUN_LOG_MIN,
                           AGENT_PROCESS_LOG_MAX, &bytes, fault)
        != 0)
    {
        return -1;
    }

    s->log_bytes = bytes / AGENT_RUN_LOG_BLOCK * AGENT_RUN_LOG_BLOCK;

    if (agent_json_path(json, "cwd", AGENT_WORKSPACE, s->path,
                        sizeof(s->path), fault)
        != 0
        || agent_env_parse(json, &s->env, fault) != 0)
    {
        return -1;
    }

    s->cwd = cwd && *cwd ? s->path : NULL;

    return 0;
}


void
agent_process_params_free(agent_process_params_start_t *s)
{
    free(s->env);
    s->env = NULL;
}


static int
agent_parse_command(json_t *json, agent_process_params_start_t *s,
    agent_fault_t *fault)
{
    json_t  *value;

    value = json_object_get(json, "command");

    if (!json_is_string(value)) {
        return agent_fault_set(fault, 400, "INVALID_COMMAND", NULL,
                               "command: a string is required");
    }

    if (agent_json_string(json, "command", &s->command, fault) != 0) {
        return -1;
    }

    if (s->command[strspn(s->command, " \t\r\n")] == '\0') {
        return agent_fault_set(fault, 400, "INVALID_COMMAND", NULL,
                               "command: must not be empty");
    }

    return 0;
}


/* true: kept open for the stdin route; a string: the entire input */

static int
agent_parse_stdin(json_t *json, agent_process_params_start_t *s,
    agent_fault_t *fault)
{
    json_t  *value;

    value = json_object_get(json, "stdin");

    if (json_is_string(value)) {
        s->input = json_string_value(value);
        s->input_len = json_string_length(value);
        return 0;
    }

    if (value && !json_is_null(value) && !json_is_boolean(value)) {
        return agent_fault_invalid(fault, "stdin: must be a string or true");
    }

    s->stdin_open = json_is_true(value);

    return 0;
}


int
agent_process_params_id(const char *id)
{
    const char *const  *word;

    static const char  *const words[] = {
        "list", "kill-all", "start", ".", "..", NULL
    };

    for (word = words; *word; word++) {

        if (strcmp(*word, id) == 0) {
            return 0;
        }
    }

    return agent_name_valid(id, AGENT_PROCESS_ID);
}


int
agent_process_params_signal(json_t *json, int *sig, agent_fault_t *fault)
{
    json_t  *value;

    value = json_object_get(json, "signal");

    *sig = 0;

    if (agent_json_string_of(value)) {
        *sig = agent_signal_number(json_string_value(value));

    } else if (json_is_integer(value) && json_integer_value(value) > 0
               && json_integer_value(value) < _NSIG)
    {
        *sig = (int) json_integer_value(value);
    }

    if (*sig == 0) {
        return agent_fault_invalid(fault, "signal: must be a name such as "
                                   "\"TERM\" or a number from 1 to 64");
    }

    return 0;
}


int
agent_process_params_input(json_t *json, agent_process_params_input_t *in,
    agent_fault_t *fault)
{
    int      last;
    json_t  *text, *bytes;

    memset(in, 0, sizeof(agent_process_params_input_t));

    text = json_object_get(json, "data");
    bytes = json_object_get(json, "dataBase64");

    if ((text && !json_is_string(text)) || (bytes && !json_is_string(bytes))
        || (text && bytes))
    {
        return agent_fault_invalid(fault, "data or dataBase64: exactly one is "
                                   "allowed, as a string");
    }

    if (agent_json_bool(json, "close", &last, fault) != 0) {
        return -1;
    }

    if (text == NULL && bytes == NULL && !last) {
        return agent_fault_invalid(fault, "data, dataBase64 or close: one is "
                                   "required");
    }

    in->close = last;

    if (text == NULL && bytes == NULL) {
        return 0;
    }

    return agent_json_bytes(json, text ? "data" : "dataBase64", bytes != NULL,
                            &in->data, &in->len, fault);
}


int
agent_process_params_port(json_t *json, agent_probe_port_t *p,
    agent_fault_t *fault)
{
    uint64_t     port;
    const char  *mode;

    memset(p, 0, sizeof(agent_probe_port_t));

    port = 0;
    p->interval_ms = 500;

    if (agent_json_integer(json, "port", 1, 65535, &port, fault) != 0
        || agent_json_string(json, "mode", &mode, fault) != 0
        || agent_json_string(json, "path", &p->path, fault) != 0
        || agent_json_string(json, "processId", &p->process, fault) != 0
        || agent_json_integer(json, "interval", 0, AGENT_JSON_INTEGER_MAX,
                              &p->interval_ms, fault)
           != 0
        || agent_json_ms(json, "timeoutMs", &p->timeout_ms, fault) != 0
        || agent_parse_status(json, p, fault) != 0)
    {
        return -1;
    }

    if (port == 0) {
        return agent_fault_invalid(fault, "port: a number from 1 to 65535 is "
                                   "required");
    }

    p->port = (uint16_t) port;

    /* the default of older clients */

    p->http = (mode == NULL || strcmp(mode, "tcp") != 0);

    if (p->interval_ms < 100) {
        p->interval_ms = 100;

    } else if (p->interval_ms > 10000) {
        p->interval_ms = 10000;
    }

    if (p->path == NULL) {
        p->path = "/";
    }

    if (strlen(p->path) > AGENT_PROCESS_PATH_MAX
        || p->path[strcspn(p->path, " \t\r\n#")] != '\0')
    {
        return agent_fault_invalid(fault, "path: longer than %d bytes, or "
                                   "contains characters not allowed in a "
                                   "request",
                                   AGENT_PROCESS_PATH_MAX);
    }

    return 0;
}


/* {statusMin, statusMax}, or status: a number, or {min, max} */

static int
agent_parse_status(json_t *json, agent_probe_port_t *p, agent_fault_t *fault)
{
    json_t    *value;
    uint64_t   min, max;

    min = 200;
    max = 399;

    if (agent_json_integer(json, "statusMin", 100, 599, &min, fault) != 0
        || agent_json_integer(json, "statusMax", 100, 599, &max, fault) != 0)
    {
        return -1;
    }

    value = json_object_get(json, "status");

    if (json_is_object(value)) {

        if (agent_json_integer(value, "min", 100, 599, &min, fault) != 0
            || agent_json_integer(value, "max", 100, 599, &max, fault) != 0)
        {
            return -1;
        }

    } else if (value && !json_is_null(value)) {

        if (agent_json_integer(json, "status", 100, 599, &min, fault) != 0) {
            return -1;
        }

        max = min;
    }

    if (min > max) {
        return agent_fault_invalid(fault,
                                   "statusMin: must not exceed statusMax");
    }

    p->status_min = (int) min;
    p->status_max = (int) max;

    return 0;
}


int
agent_process_params_search(json_t *json, agent_process_params_search_t *s,
    agent_fault_t *fault)
{
    char         reason[128];
    size_t       len;
    json_t      *text, *regex;
    const char  *stream, *name;

    memset(s, 0, sizeof(agent_process_params_search_t));

    if (agent_json_string(json, "stream", &stream, fault) != 0
        || agent_json_integer(json, "fromOffset", 0, AGENT_JSON_INTEGER_MAX,
                              &s->offset, fault)
           != 0
        || agent_json_ms(json, "timeoutMs", &s->timeout_ms, fault) != 0)
    {
        return -1;
    }

    if (stream) {
        s->stream = strcmp(stream, "stdout") == 0 ? 1
                    : strcmp(stream, "stderr") == 0 ? 2 : 0;

        if (s->stream == 0) {
            return agent_fault_invalid(fault, "stream: must be \"stdout\" or "
                                       "\"stderr\"");
        }
    }

    text = json_object_get(json, "text");
    regex = json_object_get(json, "regex");

    if (json_is_string(text) == json_is_string(regex)) {
        return agent_fault_invalid(fault, "text or regex: exactly one is "
                                   "required, as a string");
    }

    name = json_is_string(text) ? "text" : "regex";

    s->text = json_string_value(json_object_get(json, name));
    len = json_string_length(json_object_get(json, name));

    s->pattern = json_is_string(text)
                 ? agent_pattern_text(s->text, len, reason, sizeof(reason))
                 : agent_pattern_regex(s->text, len, reason, sizeof(reason));

    if (s->pattern == NULL) {
        return agent_fault_invalid(fault, "%s: %s", name, reason);
    }

    return 0;
}


int
agent_process_params_offset(const char *text, uint64_t *offset)
{
    size_t  n;

    n = strspn(text, "0123456789");

    if (n == 0 || n > 15 || text[n] != '\0') {
        return -1;
    }

    *offset = strtoull(text, NULL, 10);

    return 0;
}
