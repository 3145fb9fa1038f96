
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/json.h"
#include "exec/execute.h"
#include "exec/execute_params.h"
#include "run/command.h"
#include "session/session.h"


/* parses the request body: command, working directory, standard input */


int
agent_execute_params_check(agent_execute_t *x, json_t *body,
    const char **cwd, char *path, agent_fault_t *fault)
{
    size_t       max;
    json_t      *value;
    const char  *s;

    *cwd = NULL;

    value = json_object_get(body, "command");

    if (!json_is_string(value)) {
        return agent_fault_invalid(fault, "command: a string is required");
    }

    s = agent_json_string_of(value);

    if (s == NULL) {
        return agent_fault_invalid(fault, "command: must not contain NUL");
    }

    if (s[strspn(s, " \t\r\n")] == '\0') {
        return agent_fault_set(fault, 400, "INVALID_COMMAND", NULL,
                               "command: must not be empty");
    }

    max = x->sessionless ? AGENT_COMMAND_LINE - 1 : AGENT_SESSION_LINE;

    if (json_string_length(value) > max) {
        return agent_fault_invalid(fault, "command: longer than %zu bytes; "
                                   "write it to a file and run the file", max);
    }

    value = json_object_get(body, "cwd");

    if (json_is_string(value) && json_string_length(value) == 0) {
        return 0;
    }

    if (agent_json_path(body, "cwd", AGENT_WORKSPACE, path, AGENT_COMMAND_CWD,
                        fault)
        != 0)
    {
        return -1;
    }

    /* a relative path is resolved against the session's directory */

    if (path[0]) {
        *cwd = x->sessionless ? path : json_string_value(value);
    }

    return 0;
}


int
agent_execute_params_stdin(agent_execute_t *x, json_t *body,
    agent_fault_t *fault)
{
    json_t  *text, *bytes;

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

    if (text && bytes) {
        return agent_fault_invalid(fault, "stdin and stdinBase64: only one is "
                                   "allowed");
    }

    return agent_json_bytes(body, text ? "stdin" : "stdinBase64",
                            bytes != NULL, &x->input, &x->input_len, fault);
}
