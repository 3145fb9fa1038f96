
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "base/utf8.h"
#include "session/session.h"


#define AGENT_SESSION_JSON_MAX  (1024 * 1024)

/* what all variables of the sandbox may be together, and still be given */
#define AGENT_ENV_ROUTE_MAX     (1024 * 1024)
#define AGENT_ENV_ROUTE_NAMES   4096


static void agent_session_create_body(agent_request_t *r, json_t *body);
static void agent_session_delete_body(agent_request_t *r, json_t *body);
static void agent_session_delete_done(void *data);
static void agent_session_delete_close(agent_request_t *r, int aborted);
static void agent_env_post_body(agent_request_t *r, json_t *body);
static void agent_env_answer(agent_request_t *r);
static int agent_session_string(json_t *value, char *name);


void
agent_session_create_route(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_SESSION_JSON_MAX,
                         agent_session_create_body);
}


static void
agent_session_create_body(agent_request_t *r, json_t *body)
{
    char                      id[129], random[13], stamp[32];
    char                      cwd[AGENT_EXEC_CWD];
    char                      error[256];
    json_t                   *value;
    uint64_t                  timeout;
    const char              **env;
    struct timespec           ts;
    agent_session_error_t     fault;
    agent_session_options_t   options;

    value = json_object_get(body, "id");

    if (value == NULL || json_is_null(value)) {
        clock_gettime(CLOCK_REALTIME, &ts);
        agent_random_hex(random, sizeof(random));

        snprintf(id, sizeof(id), "session_%llu_%s",
                 (unsigned long long) ts.tv_sec * 1000
                 + ts.tv_nsec / 1000000, random);

    } else if (agent_session_string(value, id) != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "id: not 1 to 128 of A-Z a-z 0-9 . _ - without "
                         "\"..\"");
        return;
    }

    if (strcmp(id, AGENT_SESSION_NONE) == 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "id: this name stands for no session");
        return;
    }

    memset(&options, 0, sizeof(agent_session_options_t));

    options.name = id;

    if (agent_exec_cwd(body, cwd, error, sizeof(error)) != 0
        || agent_exec_timeout(body, "commandTimeoutMs", &timeout, error,
                              sizeof(error)) != 0
        || agent_exec_env(body, &env, error, sizeof(error)) != 0)
    {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL, "%s", error);
        return;
    }

    options.cwd = cwd[0] ? cwd : NULL;
    options.env = env;
    options.timeout_ms = timeout;
    options.timed = json_is_number(json_object_get(body, "commandTimeoutMs"));

    if (agent_session_create(&options, &fault) != 0) {
        agent_http_error(r, fault.status, fault.code, fault.context, "%s",
                         fault.message);
        free(env);
        return;
    }

    free(env);

    /* not the variables: they may be secrets */

    agent_http_json(r, 200, json_pack("{s:b, s:s, s:s, s:s, s:{s:s, s:s},"
                                      " s:n, s:s}",
                                      "success", 1,
                                      "id", id,
                                      "sessionId", id,
                                      "message", "Session created",
                                      "data",
                                      "id", id,
                                      "cwd", options.cwd ? options.cwd
                                                         : AGENT_WORKSPACE,
                                      "containerPlacementId",
                                      "timestamp", agent_timestamp(stamp)));
}


void
agent_session_list_route(agent_request_t *r)
{
    char  stamp[32];

    agent_http_json(r, 200, json_pack("{s:b, s:o, s:s}",
                                      "success", 1,
                                      "data", agent_session_list(),
                                      "timestamp", agent_timestamp(stamp)));
}


void
agent_session_delete_route(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_SESSION_JSON_MAX,
                         agent_session_delete_body);
}


static void
agent_session_delete_body(agent_request_t *r, json_t *body)
{
    char  id[129], *name;

    if (agent_session_string(json_object_get(body, "sessionId"), id) != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "sessionId: not 1 to 128 of A-Z a-z 0-9 . _ - "
                         "without \"..\"");
        return;
    }

    name = strdup(id);

    if (name == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    r->data = name;
    r->on_close = agent_session_delete_close;

    if (agent_session_delete(id, agent_session_delete_done, r) != 0) {
        agent_http_error(r, 404, "SESSION_NOT_FOUND",
                         json_pack("{s:s}", "sessionId", id),
                         "Session '%s' not found", id);
    }
}


static void
agent_session_delete_done(void *data)
{
    char              stamp[32];
    agent_request_t  *r;

    r = data;

    agent_http_json(r, 200, json_pack("{s:b, s:s, s:s}",
                                      "success", 1,
                                      "sessionId", (char *) r->data,
                                      "timestamp", agent_timestamp(stamp)));
}


static void
agent_session_delete_close(agent_request_t *r, int aborted)
{
    agent_session_forget(r);
    free(r->data);
}


void
agent_env_get_route(agent_request_t *r)
{
    agent_env_answer(r);
}


void
agent_env_post_route(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_SESSION_JSON_MAX, agent_env_post_body);
}


static void
agent_env_post_body(agent_request_t *r, json_t *body)
{
    char          error[256];
    size_t        size, n;
    json_t       *vars, *all, *value;
    const char   *name, **env;

    if (agent_exec_env(body, &env, error, sizeof(error)) != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL, "%s", error);
        return;
    }

    free(env);

    vars = json_object_get(body, "env");

    if (!json_is_object(vars)) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "env: an object of strings is required");
        return;
    }

    all = json_copy(agent_env_vars());

    if (all == NULL || json_object_update(all, vars) != 0) {
        json_decref(all);
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    size = 0;
    n = json_object_size(all);

    json_object_foreach(all, name, value) {
        size += strlen(name) + json_string_length(value) + 2;
    }

    json_decref(all);

    if (n > AGENT_ENV_ROUTE_NAMES || size > AGENT_ENV_ROUTE_MAX) {
        agent_http_error(r, 413, "VALIDATION_FAILED", NULL,
                         "env: the sandbox's variables would be more than %d, "
                         "or larger than %d bytes", AGENT_ENV_ROUTE_NAMES,
                         AGENT_ENV_ROUTE_MAX);
        return;
    }

    if (agent_env_merge(vars) != 0) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    agent_env_answer(r);
}


/* names only: the values may be secrets */

static void
agent_env_answer(agent_request_t *r)
{
    char         stamp[32];
    json_t      *names, *unset, *vars, *value;
    const char  *name;

    vars = agent_env_vars();
    names = json_array();
    unset = json_array();

    json_object_foreach(vars, name, value) {
        json_array_append_new(json_is_null(value) ? unset : names,
                              json_string(name));
    }

    agent_http_json(r, 200, json_pack("{s:b, s:o, s:o, s:s}",
                                      "success", 1,
                                      "names", names,
                                      "unset", unset,
                                      "timestamp", agent_timestamp(stamp)));
}


int
agent_session_of(agent_request_t *r, json_t *body, char *name, int *given)
{
    int          rc;
    char        *arg;
    size_t       i;
    json_t      *value;
    const char  *header;

    static const char *const  headers[] = { "Session-Id", "X-Session-Id" };
    static const char *const  args[] = { "session", "sessionId" };

    *given = 1;

    value = json_object_get(body, "sessionId");

    if (value && !json_is_null(value)) {
        rc = agent_session_string(value, name);
        goto done;
    }

    for (i = 0; i < 2; i++) {
        header = agent_http_header(r, headers[i]);

        if (header) {
            rc = agent_session_name(header) ? 0 : -1;
            snprintf(name, 129, "%s", header);
            goto done;
        }
    }

    for (i = 0; i < 2; i++) {
        arg = agent_http_arg(r, args[i]);

        if (arg) {
            rc = agent_session_name(arg) ? 0 : -1;
            snprintf(name, 129, "%s", arg);
            free(arg);
            goto done;
        }
    }

    *given = 0;
    strcpy(name, AGENT_SESSION_DEFAULT);

    return 0;

done:

    if (rc != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "sessionId: not 1 to 128 of A-Z a-z 0-9 . _ - "
                         "without \"..\"");
    }

    return rc;
}


static int
agent_session_string(json_t *value, char *name)
{
    if (!json_is_string(value)
        || strlen(json_string_value(value)) != json_string_length(value)
        || !agent_session_name(json_string_value(value)))
    {
        return -1;
    }

    snprintf(name, 129, "%s", json_string_value(value));

    return 0;
}
