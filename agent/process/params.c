
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/base64.h"
#include "base/path.h"
#include "base/pattern.h"
#include "net/probe.h"
#include "process/params.h"
#include "run/log.h"
#include "run/params.h"
#include "run/signal.h"
#include "session/name.h"
#include "session/session.h"


/* the kernel's limit for one argument, its NUL included */
#define AGENT_PROCESS_COMMAND_MAX  131072

#define AGENT_PROCESS_NUMBER_MAX   (1ULL << 53)
#define AGENT_PROCESS_PATH_MAX     2048


static int agent_parse_string(json_t *json, const char *name,
    const char **value, char *error, size_t size);
static int agent_parse_integer(json_t *json, const char *name, uint64_t min,
    uint64_t max, uint64_t *value, char *error, size_t size);
static int agent_parse_bool(json_t *json, const char *name, int *value,
    char *error, size_t size);
static int agent_parse_command(json_t *json, agent_process_params_start_t *s,
    char *error, size_t size);
static int agent_parse_stdin(json_t *json, agent_process_params_start_t *s,
    char *error, size_t size);
static int agent_parse_status(json_t *json, agent_probe_port_t *p,
    char *error, size_t size);


int
agent_process_params_start(json_t *json, agent_process_params_start_t *s,
    char *error, size_t size)
{
    int          cleanup;
    size_t       max;
    uint64_t     bytes;
    const char  *cwd;

    memset(s, 0, sizeof(agent_process_params_start_t));

    if (agent_parse_command(json, s, error, size) != 0
        || agent_parse_string(json, "processId", &s->id, error, size) != 0
        || agent_parse_string(json, "sessionId", &s->session, error, size)
           != 0
        || agent_parse_string(json, "cwd", &cwd, error, size) != 0
        || agent_parse_bool(json, "autoCleanup", &cleanup, error, size) != 0
        || agent_parse_stdin(json, s, error, size) != 0
        || agent_params_timeout(json, "timeoutMs", &s->timeout_ms, error, size)
           != 0)
    {
        return -1;
    }

    s->cleanup = cleanup;

    if (s->id && !agent_process_params_id(s->id)) {
        snprintf(error, size, "processId: must be 1 to %d of A-Z a-z 0-9 . _ "
                 "-, and not list, kill-all or start", AGENT_PROCESS_ID);
        return -1;
    }

    if (s->session && !agent_session_name(s->session)) {
        snprintf(error, size, "sessionId: must be 1 to 128 of A-Z a-z 0-9 . _ "
                 "- without \"..\"");
        return -1;
    }

    if (s->session == NULL) {
        s->session = AGENT_SESSION_DEFAULT;

    } else if (strcmp(s->session, AGENT_SESSION_NONE) == 0) {
        s->session = NULL;
    }

    max = s->session ? AGENT_SESSION_LINE : AGENT_PROCESS_COMMAND_MAX - 1;

    if (strlen(s->command) > max) {
        snprintf(error, size, "command: longer than %zu bytes; write it to a "
                 "file and run the file", max);
        return -1;
    }

    bytes = AGENT_PROCESS_LOG_DEFAULT;

    if (agent_parse_integer(json, "logBytes", AGENT_RUN_LOG_MIN,
                            AGENT_PROCESS_LOG_MAX, &bytes, error, size) != 0)
    {
        return -1;
    }

    s->log_bytes = bytes / AGENT_RUN_LOG_BLOCK * AGENT_RUN_LOG_BLOCK;

    if (cwd && *cwd) {
        s->cwd = malloc(AGENT_PARAMS_CWD);

        if (s->cwd == NULL
            || agent_path_normalize(s->cwd, AGENT_PARAMS_CWD, AGENT_WORKSPACE,
                                    cwd)
               != 0)
        {
            snprintf(error, size, "cwd: must be a path of at most 4096 bytes");
            goto failed;
        }
    }

    if (agent_params_env(json, &s->env, error, size) != 0) {
        goto failed;
    }

    return 0;

failed:

    agent_process_params_free(s);

    return -1;
}


void
agent_process_params_free(agent_process_params_start_t *s)
{
    free(s->env);
    free(s->cwd);

    s->env = NULL;
    s->cwd = NULL;
}


static int
agent_parse_command(json_t *json, agent_process_params_start_t *s, char *error,
    size_t size)
{
    json_t  *value;

    value = json_object_get(json, "command");

    if (!json_is_string(value)) {
        snprintf(error, size, "command: a string is required");
        return -1;
    }

    if (agent_parse_string(json, "command", &s->command, error, size) != 0) {
        return -1;
    }

    if (s->command[strspn(s->command, " \t\r\n")] == '\0') {
        s->blank = 1;
        snprintf(error, size, "command: must not be empty");
        return -1;
    }

    return 0;
}


/* true: for the stdin route; a text: all there will be */

static int
agent_parse_stdin(json_t *json, agent_process_params_start_t *s, char *error,
    size_t size)
{
    json_t  *value;

    value = json_object_get(json, "stdin");

    if (json_is_string(value)) {
        s->input = json_string_value(value);
        s->input_len = json_string_length(value);
        return 0;
    }

    if (value && !json_is_null(value) && !json_is_boolean(value)) {
        snprintf(error, size, "stdin: must be a string or true");
        return -1;
    }

    s->stdin_open = json_is_true(value);

    return 0;
}


int
agent_process_params_id(const char *id)
{
    size_t              i;
    const char *const  *word;

    static const char  *const words[] = {
        "list", "kill-all", "start", ".", "..", NULL
    };

    for (word = words; *word; word++) {

        if (strcmp(*word, id) == 0) {
            return 0;
        }
    }

    for (i = 0; id[i]; i++) {

        if (i == AGENT_PROCESS_ID
            || !((id[i] >= 'a' && id[i] <= 'z')
                 || (id[i] >= 'A' && id[i] <= 'Z')
                 || (id[i] >= '0' && id[i] <= '9')
                 || id[i] == '.' || id[i] == '_' || id[i] == '-'))
        {
            return 0;
        }
    }

    return i != 0;
}


int
agent_process_params_signal(json_t *json, int *sig, char *error, size_t size)
{
    json_t  *value;

    value = json_object_get(json, "signal");

    *sig = 0;

    if (json_is_string(value)
        && strlen(json_string_value(value)) == json_string_length(value))
    {
        *sig = agent_signal_number(json_string_value(value));

    } else if (json_is_integer(value) && json_integer_value(value) > 0
               && json_integer_value(value) < _NSIG)
    {
        *sig = (int) json_integer_value(value);
    }

    if (*sig == 0) {
        snprintf(error, size, "signal: must be a name such as \"TERM\" or a "
                 "number from 1 to 64");
        return -1;
    }

    return 0;
}


int
agent_process_params_input(json_t *json, agent_process_params_input_t *in,
    char *error, size_t size)
{
    int          last;
    json_t      *text, *bytes;
    size_t       len;
    ssize_t      n;
    const char  *data;

    memset(in, 0, sizeof(agent_process_params_input_t));

    text = json_object_get(json, "data");
    bytes = json_object_get(json, "dataBase64");

    if ((text && !json_is_string(text)) || (bytes && !json_is_string(bytes))
        || (text && bytes))
    {
        snprintf(error, size, "data or dataBase64: exactly one is allowed, as "
                 "a string");
        return -1;
    }

    if (agent_parse_bool(json, "close", &last, error, size) != 0) {
        return -1;
    }

    if (text == NULL && bytes == NULL && !last) {
        snprintf(error, size, "data, dataBase64 or close: one is required");
        return -1;
    }

    in->close = last;

    if (text == NULL && bytes == NULL) {
        return 0;
    }

    data = json_string_value(text ? text : bytes);
    len = json_string_length(text ? text : bytes);

    in->data = malloc(len + 1);

    if (in->data == NULL) {
        snprintf(error, size, "data: out of memory");
        return -1;
    }

    if (text) {
        memcpy(in->data, data, len);
        in->len = len;
        return 0;
    }

    n = agent_base64_decode(in->data, data, len);

    if (n == -1) {
        free(in->data);
        in->data = NULL;
        snprintf(error, size, "dataBase64: invalid base64");
        return -1;
    }

    in->len = n;

    return 0;
}


int
agent_process_params_port(json_t *json, agent_probe_port_t *p, char *error,
    size_t size)
{
    uint64_t     port;
    const char  *mode;

    memset(p, 0, sizeof(agent_probe_port_t));

    port = 0;
    p->interval_ms = 500;

    if (agent_parse_integer(json, "port", 1, 65535, &port, error, size) != 0
        || agent_parse_string(json, "mode", &mode, error, size) != 0
        || agent_parse_string(json, "path", &p->path, error, size) != 0
        || agent_parse_string(json, "processId", &p->process, error, size)
           != 0
        || agent_parse_integer(json, "interval", 0, AGENT_PROCESS_NUMBER_MAX,
                               &p->interval_ms, error, size) != 0
        || agent_params_timeout(json, "timeoutMs", &p->timeout_ms, error, size)
           != 0
        || agent_parse_status(json, p, error, size) != 0)
    {
        return -1;
    }

    if (port == 0) {
        snprintf(error, size, "port: a number from 1 to 65535 is required");
        return -1;
    }

    p->port = (uint16_t) port;

    /* as old clients mean it */

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
        snprintf(error, size, "path: longer than %d bytes, or contains "
                 "characters not allowed in a request",
                 AGENT_PROCESS_PATH_MAX);
        return -1;
    }

    return 0;
}


/* {statusMin, statusMax}, or status: a number, or {min, max} */

static int
agent_parse_status(json_t *json, agent_probe_port_t *p, char *error,
    size_t size)
{
    json_t    *value;
    uint64_t   min, max;

    min = 200;
    max = 399;

    if (agent_parse_integer(json, "statusMin", 100, 599, &min, error, size)
        != 0
        || agent_parse_integer(json, "statusMax", 100, 599, &max, error, size)
           != 0)
    {
        return -1;
    }

    value = json_object_get(json, "status");

    if (json_is_object(value)) {

        if (agent_parse_integer(value, "min", 100, 599, &min, error, size)
            != 0
            || agent_parse_integer(value, "max", 100, 599, &max, error, size)
               != 0)
        {
            return -1;
        }

    } else if (value && !json_is_null(value)) {

        if (agent_parse_integer(json, "status", 100, 599, &min, error, size)
            != 0)
        {
            return -1;
        }

        max = min;
    }

    if (min > max) {
        snprintf(error, size, "statusMin: must not exceed statusMax");
        return -1;
    }

    p->status_min = (int) min;
    p->status_max = (int) max;

    return 0;
}


int
agent_process_params_search(json_t *json, agent_process_params_search_t *s,
    char *error, size_t size)
{
    char         reason[128];
    size_t       len;
    json_t      *text, *regex;
    const char  *stream, *name;

    memset(s, 0, sizeof(agent_process_params_search_t));

    if (agent_parse_string(json, "stream", &stream, error, size) != 0
        || agent_parse_integer(json, "fromOffset", 0,
                               AGENT_PROCESS_NUMBER_MAX, &s->offset, error,
                               size) != 0
        || agent_params_timeout(json, "timeoutMs", &s->timeout_ms, error, size)
           != 0)
    {
        return -1;
    }

    if (stream) {
        s->stream = strcmp(stream, "stdout") == 0 ? 1
                    : strcmp(stream, "stderr") == 0 ? 2 : 0;

        if (s->stream == 0) {
            snprintf(error, size, "stream: must be \"stdout\" or \"stderr\"");
            return -1;
        }
    }

    text = json_object_get(json, "text");
    regex = json_object_get(json, "regex");

    if (json_is_string(text) == json_is_string(regex)) {
        snprintf(error, size, "text or regex: exactly one is required, as a "
                 "string");
        return -1;
    }

    name = json_is_string(text) ? "text" : "regex";

    s->text = json_string_value(json_object_get(json, name));
    len = json_string_length(json_object_get(json, name));

    s->pattern = json_is_string(text)
                 ? agent_pattern_text(s->text, len, reason, sizeof(reason))
                 : agent_pattern_regex(s->text, len, reason, sizeof(reason));

    if (s->pattern == NULL) {
        snprintf(error, size, "%s: %s", name, reason);
        return -1;
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


/* NULL where there is none */

static int
agent_parse_string(json_t *json, const char *name, const char **value,
    char *error, size_t size)
{
    json_t  *v;

    *value = NULL;

    v = json_object_get(json, name);

    if (v == NULL || json_is_null(v)) {
        return 0;
    }

    if (!json_is_string(v)
        || strlen(json_string_value(v)) != json_string_length(v))
    {
        snprintf(error, size, "%s: must be a string without NUL", name);
        return -1;
    }

    *value = json_string_value(v);

    return 0;
}


/* value stays where there is none */

static int
agent_parse_integer(json_t *json, const char *name, uint64_t min,
    uint64_t max, uint64_t *value, char *error, size_t size)
{
    double   number;
    json_t  *v;

    v = json_object_get(json, name);

    if (v == NULL || json_is_null(v)) {
        return 0;
    }

    number = json_number_value(v);

    if (!json_is_number(v) || !(number >= (double) min)
        || !(number <= (double) max)
        || (double) (uint64_t) number != number)
    {
        snprintf(error, size, "%s: must be an integer from %llu to %llu",
                 name, (unsigned long long) min, (unsigned long long) max);
        return -1;
    }

    *value = (uint64_t) number;

    return 0;
}


static int
agent_parse_bool(json_t *json, const char *name, int *value, char *error,
    size_t size)
{
    json_t  *v;

    v = json_object_get(json, name);

    *value = json_is_true(v);

    if (v && !json_is_null(v) && !json_is_boolean(v)) {
        snprintf(error, size, "%s: must be true or false", name);
        return -1;
    }

    return 0;
}
