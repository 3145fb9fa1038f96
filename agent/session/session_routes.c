
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/random.h"
#include "base/time.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "run/command.h"
#include "run/env.h"
#include "session/env_routes.h"
#include "session/session.h"
#include "session/session_routes.h"


#define AGENT_SESSION_JSON_MAX  (1024 * 1024)


static void agent_session_routes_create(agent_request_t *r);
static void agent_session_routes_list(agent_request_t *r);
static void agent_session_routes_delete(agent_request_t *r);
static void agent_session_create_body(agent_request_t *r, json_t *body);
static void agent_session_delete_body(agent_request_t *r, json_t *body);
static void agent_session_delete_done(void *data);
static void agent_session_delete_close(agent_request_t *r, int aborted);
static int agent_session_string(json_t *value, char *name);


static int  (*agent_session_observer)(const char *name);


const agent_route_t  agent_session_routes[] = {
    { "POST", "/api/session/create", agent_session_routes_create },
    { "GET", "/api/session/list", agent_session_routes_list },
    { "POST", "/api/session/delete", agent_session_routes_delete },
    { "GET", "/api/env", agent_env_routes_get },
    { "POST", "/api/env", agent_env_routes_post },
    { NULL, NULL, NULL }
};


void
agent_session_routes_observe(int (*deleted)(const char *name))
{
    agent_session_observer = deleted;
}


static void
agent_session_routes_create(agent_request_t *r)
{
    agent_request_json(r, AGENT_SESSION_JSON_MAX,
                       agent_session_create_body);
}


static void
agent_session_create_body(agent_request_t *r, json_t *body)
{
    char                      id[129], random[13], stamp[32];
    char                      cwd[AGENT_COMMAND_CWD];
    json_t                   *value;
    uint64_t                  timeout;
    const char              **env;
    struct timespec           ts;
    agent_fault_t             fault;
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
                         "id: " AGENT_SESSION_NAME_RULE);
        return;
    }

    if (strcmp(id, AGENT_SESSION_NONE) == 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "id: this name is reserved for requests without a "
                         "session");
        return;
    }

    memset(&options, 0, sizeof(agent_session_options_t));

    options.name = id;

    if (agent_json_path(body, "cwd", AGENT_WORKSPACE, cwd, sizeof(cwd), &fault)
        != 0
        || agent_json_ms(body, "commandTimeoutMs", &timeout, &fault) != 0
        || agent_env_parse(body, &env, &fault) != 0)
    {
        agent_http_error_fault(r, &fault);
        return;
    }

    options.cwd = cwd[0] ? cwd : NULL;
    options.env = env;
    options.timeout_ms = timeout;
    options.timed = json_is_number(json_object_get(body, "commandTimeoutMs"));

    if (agent_session_create(&options, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        free(env);
        return;
    }

    free(env);

    /* variables are omitted: they may be secrets */

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s, s:s, s:{s:s, s:s},"
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
                                          "timestamp", agent_time_iso(stamp)));
}


static void
agent_session_routes_list(agent_request_t *r)
{
    agent_response_success(r, "data", agent_session_list());
}


static void
agent_session_routes_delete(agent_request_t *r)
{
    agent_request_json(r, AGENT_SESSION_JSON_MAX,
                       agent_session_delete_body);
}


static void
agent_session_delete_body(agent_request_t *r, json_t *body)
{
    int   other;
    char  id[129], *name;

    if (agent_session_string(json_object_get(body, "sessionId"), id) != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "sessionId: " AGENT_SESSION_NAME_RULE);
        return;
    }

    name = strdup(id);

    if (name == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    r->data = name;
    r->on_close = agent_session_delete_close;

    other = agent_session_observer ? agent_session_observer(id) : 0;

    if (agent_session_delete(id, agent_session_delete_done, r) == 0) {
        return;
    }

    if (other) {
        agent_session_delete_done(r);

    } else {
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

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s}",
                                          "success", 1,
                                          "sessionId", (char *) r->data,
                                          "timestamp", agent_time_iso(stamp)));
}


static void
agent_session_delete_close(agent_request_t *r, int aborted)
{
    agent_session_forget(r);
    free(r->data);
}


int
agent_session_routes_of(agent_request_t *r, json_t *body, char *name,
    int *given)
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

    /* an empty one counts as absent, here and below */

    if (value && !json_is_null(value)
        && !(json_is_string(value) && json_string_length(value) == 0))
    {
        rc = agent_session_string(value, name);
        goto done;
    }

    for (i = 0; i < 2; i++) {
        header = agent_request_header(r, headers[i]);

        if (header && header[0]) {
            rc = agent_session_name_valid(header) ? 0 : -1;
            snprintf(name, 129, "%s", header);
            goto done;
        }
    }

    for (i = 0; i < 2; i++) {
        arg = agent_request_arg(r, args[i]);

        if (arg && arg[0] == '\0') {
            free(arg);
            continue;
        }

        if (arg) {
            rc = agent_session_name_valid(arg) ? 0 : -1;
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
                         "sessionId: " AGENT_SESSION_NAME_RULE);
    }

    return rc;
}


static int
agent_session_string(json_t *value, char *name)
{
    const char  *s;

    s = agent_json_string_of(value);

    if (s == NULL || !agent_session_name_valid(s)) {
        return -1;
    }

    strcpy(name, s);

    return 0;
}
