
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
#include "base/path.h"
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
#define AGENT_SESSION_PATH      "/session/"


/* an id that was made, and the directory of the new session */

typedef struct {
    char          id[AGENT_SESSION_NAME + 1];
    char          cwd[AGENT_COMMAND_CWD];
} agent_session_made_t;


static void agent_session_routes_list(agent_request_t *r);
static void agent_session_routes_short_delete(agent_request_t *r);
static void agent_session_routes_create(agent_request_t *r, json_t *body);
static void agent_session_routes_short_create(agent_request_t *r,
    json_t *body);
static void agent_session_short_fault(agent_request_t *r,
    agent_fault_t *fault);
static unsigned long long agent_session_now(void);
static int agent_session_make(json_t *body, agent_session_made_t *made,
    agent_fault_t *fault);
static int agent_session_remove(agent_request_t *r, const char *id,
    agent_fault_t *fault);
static void agent_session_routes_delete(agent_request_t *r, json_t *body);
static void agent_session_delete_done(void *data);
static void agent_session_delete_close(agent_request_t *r, int aborted);
static int agent_session_string(json_t *value, char *name);


static int  (*agent_session_observer)(const char *name);


const agent_route_t  agent_session_routes[] = {
    { "POST", "/api/session/create",
      NULL, agent_session_routes_create, AGENT_SESSION_JSON_MAX },
    { "GET", "/api/session/list", agent_session_routes_list, NULL, 0 },
    { "POST", "/api/session/delete",
      NULL, agent_session_routes_delete, AGENT_SESSION_JSON_MAX },
    { "POST", "/session",
      NULL, agent_session_routes_short_create, AGENT_SESSION_JSON_MAX },
    { "DELETE", "/session/:session",
      agent_session_routes_short_delete, NULL, 0 },
    { "GET", "/api/env", agent_env_routes_get, NULL, 0 },
    { "POST", "/api/env",
      NULL, agent_env_routes_post, AGENT_ENV_ROUTES_JSON_MAX },
    { NULL, NULL, NULL, NULL, 0 }
};


void
agent_session_routes_observe(int (*deleted)(const char *name))
{
    agent_session_observer = deleted;
}


static void
agent_session_routes_create(agent_request_t *r, json_t *body)
{
    char                  random[13], stamp[32];
    agent_fault_t         fault;
    agent_session_made_t  made;

    agent_random_hex(random, sizeof(random));

    snprintf(made.id, sizeof(made.id), "session_%llu_%s",
             agent_session_now(), random);

    if (agent_session_make(body, &made, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    /* variables are omitted: they may be secrets */

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s, s:s, s:{s:s, s:s},"
                                          " s:n, s:s}",
                                          "success", 1,
                                          "id", made.id,
                                          "sessionId", made.id,
                                          "message", "Session created",
                                          "data",
                                          "id", made.id,
                                          "cwd", made.cwd,
                                          "containerPlacementId",
                                          "timestamp", agent_time_iso(stamp)));
}


/* the short routes: POST /session and DELETE /session/:session */

static void
agent_session_routes_short_create(agent_request_t *r, json_t *body)
{
    agent_fault_t         fault;
    agent_session_made_t  made;

    snprintf(made.id, sizeof(made.id), "session-%llu", agent_session_now());

    if (agent_json_path(body, "cwd", AGENT_WORKSPACE, made.cwd,
                        sizeof(made.cwd), &fault)
        != 0)
    {
        agent_session_short_fault(r, &fault);
        return;
    }

    if (made.cwd[0] && !agent_path_in_workspace(made.cwd)) {
        agent_http_error(r, 403, "invalid_request", NULL,
                         "cwd: must be within " AGENT_WORKSPACE);
        return;
    }

    if (agent_session_make(body, &made, &fault) != 0) {
        agent_session_short_fault(r, &fault);
        return;
    }

    agent_response_json(r, 200, json_pack("{s:s}", "id", made.id));
}


static void
agent_session_routes_short_delete(agent_request_t *r)
{
    const char     *name;
    agent_fault_t   fault;

    name = r->path + sizeof(AGENT_SESSION_PATH) - 1;

    if (!agent_session_name_valid(name)) {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "The session in the path " AGENT_SESSION_NAME_RULE);
        return;
    }

    if (agent_session_remove(r, name, &fault) != 0) {
        agent_session_short_fault(r, &fault);
    }
}


/* their clients tell a bad request from a session that fails */

static void
agent_session_short_fault(agent_request_t *r, agent_fault_t *fault)
{
    if (fault->status == 400) {
        fault->code = "invalid_request";

    } else {
        fault->status = 502;
        fault->code = "session_error";
    }

    agent_http_error_fault(r, fault);
}


static unsigned long long
agent_session_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (unsigned long long) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* made->id is used unless the body names one */

static int
agent_session_make(json_t *body, agent_session_made_t *made,
    agent_fault_t *fault)
{
    int                       rc;
    json_t                   *value;
    uint64_t                  timeout;
    const char              **env;
    agent_session_options_t   options;

    value = json_object_get(body, "id");

    if (value && !json_is_null(value)
        && agent_session_string(value, made->id) != 0)
    {
        return agent_fault_invalid(fault, "id: " AGENT_SESSION_NAME_RULE);
    }

    if (strcmp(made->id, AGENT_SESSION_NONE) == 0) {
        return agent_fault_invalid(fault, "id: this name is reserved for "
                                   "requests without a session");
    }

    memset(&options, 0, sizeof(agent_session_options_t));

    if (agent_json_path(body, "cwd", AGENT_WORKSPACE, made->cwd,
                        sizeof(made->cwd), fault)
        != 0
        || agent_json_ms(body, "commandTimeoutMs", &timeout, fault) != 0
        || agent_env_parse(body, &env, fault) != 0)
    {
        return -1;
    }

    options.name = made->id;
    options.cwd = made->cwd[0] ? made->cwd : NULL;
    options.env = env;
    options.timeout_ms = timeout;
    options.timed = json_is_number(json_object_get(body, "commandTimeoutMs"));

    rc = agent_session_create(&options, fault);

    free(env);

    if (options.cwd == NULL) {
        strcpy(made->cwd, AGENT_WORKSPACE);
    }

    return rc;
}


static void
agent_session_routes_list(agent_request_t *r)
{
    agent_response_success(r, "data", agent_session_list());
}


static void
agent_session_routes_delete(agent_request_t *r, json_t *body)
{
    char           id[AGENT_SESSION_NAME + 1];
    agent_fault_t  fault;

    if (agent_session_string(json_object_get(body, "sessionId"), id) != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "sessionId: " AGENT_SESSION_NAME_RULE);
        return;
    }

    if (agent_session_remove(r, id, &fault) != 0) {
        agent_http_error_fault(r, &fault);
    }
}


/* responds once its processes are gone */

static int
agent_session_remove(agent_request_t *r, const char *id, agent_fault_t *fault)
{
    int    other;
    char  *name;

    name = strdup(id);

    if (name == NULL) {
        return agent_fault_no_memory(fault);
    }

    r->data = name;
    r->on_close = agent_session_delete_close;

    other = agent_session_observer ? agent_session_observer(id) : 0;

    if (agent_session_delete(id, agent_session_delete_done, r) == 0) {
        return 0;
    }

    if (other) {
        agent_session_delete_done(r);
        return 0;
    }

    return agent_fault_set(fault, 404, "SESSION_NOT_FOUND",
                           json_pack("{s:s}", "sessionId", id),
                           "Session '%s' not found", id);
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
