
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/path.h"
#include "http/request.h"
#include "process/params.h"
#include "run/env.h"
#include "run/pty.h"
#include "session/session.h"
#include "terminal/params.h"


/* as other clients know them */

#define AGENT_TERMINAL_SIZE_RULE                                              \
    "cols and rows must be valid numbers from 1 to %d"
#define AGENT_TERMINAL_SESSION_RULE                                           \
    "Invalid session ID format: it " AGENT_SESSION_NAME_RULE


#define agent_terminal_invalid(fault, ...)                                    \
    agent_fault_set(fault, 400, "invalid_request", NULL, __VA_ARGS__)


static int agent_terminal_session(agent_request_t *r,
    agent_terminal_params_t *params, agent_fault_t *fault);
static int agent_terminal_number(agent_request_t *r, const char *name,
    unsigned *number, agent_fault_t *fault);
static int agent_terminal_env(agent_request_t *r,
    agent_terminal_params_t *params, agent_fault_t *fault);
static int agent_terminal_since(agent_request_t *r,
    agent_terminal_params_t *params, agent_fault_t *fault);


int
agent_terminal_params_parse(agent_request_t *r,
    agent_terminal_params_t *params, agent_fault_t *fault)
{
    int    rc;
    char  *cwd;

    memset(params, 0, sizeof(agent_terminal_params_t));

    params->cols = AGENT_TERMINAL_COLS;
    params->rows = AGENT_TERMINAL_ROWS;

    if (agent_terminal_session(r, params, fault) != 0
        || agent_terminal_number(r, "cols", &params->cols, fault) != 0
        || agent_terminal_number(r, "rows", &params->rows, fault) != 0
        || agent_terminal_env(r, params, fault) != 0
        || agent_terminal_since(r, params, fault) != 0)
    {
        return -1;
    }

    params->shell = agent_request_arg(r, "shell");

    if (params->shell && params->shell[0] == '\0') {
        return agent_terminal_invalid(fault, "shell: must be the name or path "
                                      "of a program");
    }

    cwd = agent_request_arg(r, "cwd");

    if (cwd && cwd[0]) {
        rc = agent_path_normalize(params->cwd, sizeof(params->cwd),
                                  AGENT_WORKSPACE, cwd);

        if (rc != 0) {
            free(cwd);
            return agent_terminal_invalid(fault, "cwd: longer than %d bytes",
                                          AGENT_COMMAND_CWD - 1);
        }
    }

    free(cwd);

    return 0;
}


void
agent_terminal_params_free(agent_terminal_params_t *params)
{
    size_t  i;

    for (i = 0; params->env[i]; i++) {
        free(params->env[i]);
    }

    free(params->shell);
    free(params->id);
}


static int
agent_terminal_session(agent_request_t *r, agent_terminal_params_t *params,
    agent_fault_t *fault)
{
    char        *arg;
    const char  *name;

    arg = NULL;
    name = agent_request_header(r, "Session-Id");

    if (name == NULL || *name == '\0') {
        arg = agent_request_arg(r, "session");

        if (arg == NULL) {
            arg = agent_request_arg(r, "sessionId");
        }

        name = arg;
    }

    if (name == NULL || strcmp(name, AGENT_SESSION_NONE) == 0) {
        free(arg);
        return 0;
    }

    if (!agent_session_name_valid(name)) {
        free(arg);
        return agent_terminal_invalid(fault, AGENT_TERMINAL_SESSION_RULE);
    }

    strcpy(params->session, name);
    free(arg);

    return 0;
}


static int
agent_terminal_number(agent_request_t *r, const char *name, unsigned *number,
    agent_fault_t *fault)
{
    char    *arg;
    size_t   len;

    arg = agent_request_arg(r, name);

    if (arg == NULL) {
        return 0;
    }

    len = strspn(arg, "0123456789");

    *number = len && len <= 9 && arg[len] == '\0' ? (unsigned) atoi(arg) : 0;

    free(arg);

    if (*number == 0 || *number > AGENT_PTY_SIZE_MAX) {
        return agent_terminal_invalid(fault, AGENT_TERMINAL_SIZE_RULE,
                                      AGENT_PTY_SIZE_MAX);
    }

    return 0;
}


/* "env=NAME=value", once for each variable */

static int
agent_terminal_env(agent_request_t *r, agent_terminal_params_t *params,
    agent_fault_t *fault)
{
    int          valid;
    char        *arg, *value;
    size_t       n;
    const char  *pos;

    pos = r->query;

    for (n = 0; (arg = agent_request_arg_next(r, "env", &pos)); n++) {

        if (n == AGENT_TERMINAL_ENV) {
            free(arg);
            return agent_terminal_invalid(fault, "env: more than %d variables",
                                          AGENT_TERMINAL_ENV);
        }

        params->env[n] = arg;

        value = strchr(arg, '=');
        valid = 0;

        if (value) {
            *value = '\0';
            valid = agent_env_name(arg);
            *value = '=';
        }

        if (!valid) {
            return agent_terminal_invalid(fault, "env: must be NAME=value, "
                                          "once for each variable");
        }
    }

    return 0;
}


static int
agent_terminal_since(agent_request_t *r, agent_terminal_params_t *params,
    agent_fault_t *fault)
{
    int    rc;
    char  *arg;

    arg = agent_request_arg(r, "since");

    if (arg == NULL) {
        return 0;
    }

    rc = agent_process_params_offset(arg, &params->since);

    free(arg);

    if (rc != 0) {
        return agent_terminal_invalid(fault, "since: must be the offset of a "
                                      "byte");
    }

    params->resumes = 1;
    params->id = agent_request_arg(r, "id");

    return 0;
}


int
agent_terminal_params_size(json_t *json, unsigned *cols, unsigned *rows,
    agent_fault_t *fault)
{
    json_int_t  c, r;

    c = json_integer_value(json_object_get(json, "cols"));
    r = json_integer_value(json_object_get(json, "rows"));

    if (c < 1 || r < 1 || c > AGENT_PTY_SIZE_MAX || r > AGENT_PTY_SIZE_MAX) {
        return agent_fault_invalid(fault, AGENT_TERMINAL_SIZE_RULE,
                                   AGENT_PTY_SIZE_MAX);
    }

    *cols = (unsigned) c;
    *rows = (unsigned) r;

    return 0;
}
