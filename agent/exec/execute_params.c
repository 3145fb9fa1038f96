
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/base64.h"
#include "base/path.h"
#include "exec/execute.h"
#include "exec/execute_params.h"
#include "http/error.h"
#include "http/request.h"
#include "run/params.h"
#include "session/session.h"


/* the body of a call: its command, where it runs, what it reads */


/* the kernel's limit for one argument, its NUL included */
#define AGENT_EXEC_COMMAND_MAX  131072


int
agent_execute_params_check(agent_execute_t *x, agent_request_t *r, json_t *body,
    char **cwd)
{
    size_t       len, max;
    json_t      *value;
    const char  *s;

    value = json_object_get(body, "command");

    if (!json_is_string(value)) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "command: a string is required");
        return -1;
    }

    s = json_string_value(value);
    len = json_string_length(value);

    if (strlen(s) != len) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "command: must not contain NUL");
        return -1;
    }

    if (s[strspn(s, " \t\r\n")] == '\0') {
        agent_http_error(r, 400, "INVALID_COMMAND", NULL,
                         "command: must not be empty");
        return -1;
    }

    max = x->sessionless ? AGENT_EXEC_COMMAND_MAX - 1 : AGENT_SESSION_LINE;

    if (len > max) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "command: longer than %zu bytes; write it to a file "
                         "and run the file", max);
        return -1;
    }

    value = json_object_get(body, "cwd");

    if (value == NULL || json_is_null(value)
        || (json_is_string(value) && json_string_length(value) == 0))
    {
        return 0;
    }

    *cwd = malloc(AGENT_PARAMS_CWD);

    if (*cwd == NULL || !json_is_string(value)
        || strlen(json_string_value(value)) != json_string_length(value)
        || agent_path_normalize(*cwd, AGENT_PARAMS_CWD, AGENT_WORKSPACE,
                                json_string_value(value)) != 0)
    {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "cwd: must be a path of at most 4096 bytes");
        return -1;
    }

    /* a session has its own directory to start from */

    if (!x->sessionless) {
        strcpy(*cwd, json_string_value(value));
    }

    return 0;
}


int
agent_execute_params_stdin(agent_execute_t *x, json_t *body, char *error,
    size_t size)
{
    size_t       len;
    json_t      *text, *bytes;
    ssize_t      n;
    const char  *name;

    text = json_object_get(body, "stdin");
    bytes = json_object_get(body, "stdinBase64");

    if (json_is_null(text)) {
        text = NULL;
    }

    if (json_is_null(bytes)) {
        bytes = NULL;
    }

    if (text == NULL && bytes == NULL) {
        return 0;
    }

    name = text ? "stdin" : "stdinBase64";

    if (text && bytes) {
        snprintf(error, size, "stdin and stdinBase64: only one is allowed");
        return -1;
    }

    if (!json_is_string(text ? text : bytes)) {
        snprintf(error, size, "%s: must be a string", name);
        return -1;
    }

    len = json_string_length(text ? text : bytes);
    x->input = malloc(len + 1);

    if (x->input == NULL) {
        snprintf(error, size, "%s: out of memory", name);
        return -1;
    }

    if (text) {
        memcpy(x->input, json_string_value(text), len);
        x->input_len = len;
        return 0;
    }

    n = agent_base64_decode(x->input, json_string_value(bytes), len);

    if (n == -1) {
        snprintf(error, size, "stdinBase64: invalid base64");
        return -1;
    }

    x->input_len = n;

    return 0;
}
