
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"
#include "context/code.h"
#include "context/context.h"
#include "context/params.h"
#include "context/routes.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "run/command.h"


#define AGENT_CONTEXT_PATH  "/api/contexts/"


/* a request that waits until a kernel is ready; freed with it */

typedef struct {
    agent_context_observer_t   o;
    agent_request_t           *r;
    unsigned                   created:1;
} agent_context_wait_t;


static void agent_context_routes_create(agent_request_t *r, json_t *body);
static void agent_context_routes_list(agent_request_t *r);
static void agent_context_routes_get(agent_request_t *r);
static void agent_context_routes_delete(agent_request_t *r);
static void agent_context_routes_interrupt(agent_request_t *r);
static void agent_context_routes_restart(agent_request_t *r);
static void agent_context_routes_health(agent_request_t *r);
static void agent_context_wait(agent_request_t *r, agent_context_t *c,
    int created);
static void agent_context_wait_ready(agent_context_observer_t *o,
    agent_context_t *c, agent_fault_t *fault);
static void agent_context_wait_close(agent_request_t *r, int aborted);
static agent_context_t *agent_context_of(agent_request_t *r);
static json_t *agent_context_json(agent_context_t *c);
static json_t *agent_context_reply(agent_context_t *c);


const agent_route_t  agent_context_routes[] = {
    { "POST", "/api/contexts",
      NULL, agent_context_routes_create, AGENT_CONTEXT_PARAMS_JSON_MAX },
    { "GET", "/api/contexts", agent_context_routes_list, NULL, 0 },
    { "GET", "/api/contexts/:context", agent_context_routes_get, NULL, 0 },
    { "DELETE", "/api/contexts/:context",
      agent_context_routes_delete, NULL, 0 },
    { "POST", "/api/contexts/:context/interrupt",
      agent_context_routes_interrupt, NULL, 0 },
    { "POST", "/api/contexts/:context/restart",
      agent_context_routes_restart, NULL, 0 },
    { "POST", "/api/execute/code",
      NULL, agent_code_post, AGENT_CONTEXT_PARAMS_JSON_MAX },
    { "GET", "/api/interpreter/health", agent_context_routes_health, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};


static void
agent_context_routes_create(agent_request_t *r, json_t *body)
{
    char                     cwd[AGENT_COMMAND_CWD];
    json_t                  *env;
    uint64_t                 timeout;
    agent_fault_t            fault;
    agent_context_t         *c;
    const agent_language_t  *language;

    if (agent_context_params_language(body, &language, &fault) != 0
        || agent_json_path(body, "cwd", AGENT_WORKSPACE, cwd, sizeof(cwd),
                           &fault)
           != 0
        || agent_json_ms(body, "timeout_ms", &timeout, &fault) != 0
        || agent_context_params_env(body, &env, &fault) != 0)
    {
        agent_http_error_fault(r, &fault);
        return;
    }

    /* a kernel of the pool will do */

    if (strcmp(cwd, AGENT_WORKSPACE) == 0) {
        cwd[0] = '\0';
    }

    c = agent_context_create(NULL,
                             language ? language : &agent_language_list[0],
                             cwd[0] ? cwd : NULL, env, timeout, &fault);

    if (c == NULL) {
        agent_http_error_fault(r, &fault);
        return;
    }

    agent_context_wait(r, c, 1);
}


static void
agent_context_routes_list(agent_request_t *r)
{
    json_t           *list;
    agent_context_t  *c;

    list = json_array();

    for (c = TAILQ_FIRST(&agent_context_list); c; c = TAILQ_NEXT(c, link)) {
        json_array_append_new(list, agent_context_json(c));
    }

    agent_response_success(r, "contexts", list);
}


static void
agent_context_routes_get(agent_request_t *r)
{
    agent_context_t  *c;

    c = agent_context_of(r);

    if (c) {
        agent_response_success(r, "context", agent_context_json(c));
    }
}


static void
agent_context_routes_delete(agent_request_t *r)
{
    json_t           *json;
    agent_context_t  *c;

    c = agent_context_of(r);

    if (c) {
        json = agent_context_reply(c);
        agent_context_delete(c);
        agent_response_json(r, 200, json);
    }
}


static void
agent_context_routes_interrupt(agent_request_t *r)
{
    json_t           *json;
    agent_context_t  *c;

    c = agent_context_of(r);

    if (c) {
        json = agent_context_reply(c);
        json_object_set_new(json, "interrupted",
                            json_boolean(agent_context_interrupt(c)));
        agent_response_json(r, 200, json);
    }
}


static void
agent_context_routes_restart(agent_request_t *r)
{
    agent_context_t  *c;

    c = agent_context_of(r);

    if (c) {
        agent_context_restart(c);
        agent_context_wait(r, c, 0);
    }
}


static void
agent_context_routes_health(agent_request_t *r)
{
    char              stamp[32];
    json_t           *json;
    agent_context_t  *c;

    json = json_pack("{s:b, s:s, s:s}", "success", 1, "status", "healthy",
                     "timestamp", agent_time_iso(stamp));

    for (c = TAILQ_FIRST(&agent_context_list); c; c = TAILQ_NEXT(c, link)) {
        if (c->kernel == NULL) {
            json_object_set_new(json, "status", json_string("degraded"));
        }
    }

    agent_response_json(r, 200, json);
}


static void
agent_context_wait(agent_request_t *r, agent_context_t *c, int created)
{
    agent_context_wait_t  *w;

    w = calloc(1, sizeof(agent_context_wait_t));

    if (w == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    w->o.ready = agent_context_wait_ready;
    w->r = r;
    w->created = created;

    r->data = w;
    r->on_close = agent_context_wait_close;

    (void) agent_context_observe(c, &w->o);
}


static void
agent_context_wait_ready(agent_context_observer_t *o, agent_context_t *c,
    agent_fault_t *fault)
{
    json_t                *json;
    agent_fault_t          copy;
    agent_context_wait_t  *w;

    w = (agent_context_wait_t *) o;

    if (fault == NULL) {
        json = agent_context_reply(c);

        if (w->created) {
            json_object_set_new(json, "language",
                                json_string(c->language->name));
            json_object_set_new(json, "cwd",
                                json_string(c->cwd ? c->cwd
                                                   : AGENT_WORKSPACE));
        } else {
            json_object_set_new(json, "restarted", json_true());
        }

        agent_response_json(w->r, 200, json);
        return;
    }

    copy = *fault;
    json_incref(copy.context);

    /* a context that never worked is of no use */

    if (w->created) {
        agent_context_delete(c);
    }

    agent_http_error_fault(w->r, &copy);
}


static void
agent_context_wait_close(agent_request_t *r, int aborted)
{
    agent_context_wait_t  *w;

    w = r->data;

    agent_context_unobserve(&w->o);
    free(w);
}


/* "/api/contexts/<id>…" */

static agent_context_t *
agent_context_of(agent_request_t *r)
{
    char              id[AGENT_CONTEXT_ID + 1];
    size_t            i, len;
    const char       *s;
    agent_context_t  *c;

    s = r->path + sizeof(AGENT_CONTEXT_PATH) - 1;
    len = strcspn(s, "/");

    if (len < sizeof(id)) {
        memcpy(id, s, len);
        id[len] = '\0';

        c = agent_context_find(id);

        if (c) {
            return c;
        }

        for (i = 0; i < len; i++) {
            if (id[i] <= ' ' || id[i] > '~') {
                break;
            }
        }

        if (i == len) {
            agent_http_error(r, 404, "CONTEXT_NOT_FOUND",
                             json_pack("{s:s}", "contextId", id),
                             "Context not found: %s. A context ends when it "
                             "is deleted, and when its sandbox sleeps.", id);
            return NULL;
        }
    }

    agent_http_error(r, 404, "CONTEXT_NOT_FOUND", NULL,
                     "Context not found: invalid context id");

    return NULL;
}


static json_t *
agent_context_json(agent_context_t *c)
{
    const char  *status;

    status = c->kernel == NULL ? "failed"
             : !c->kernel->ready ? "starting"
             : c->busy ? "busy" : "idle";

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}",
                     "id", c->id,
                     "language", c->language->name,
                     "cwd", c->cwd ? c->cwd : AGENT_WORKSPACE,
                     "status", status,
                     "createdAt", c->created,
                     "executionCount", (json_int_t) c->count,
                     "restarts", (json_int_t) c->restarts);
}


static json_t *
agent_context_reply(agent_context_t *c)
{
    char  stamp[32];

    return json_pack("{s:b, s:s, s:s}",
                     "success", 1,
                     "contextId", c->id,
                     "timestamp", agent_time_iso(stamp));
}
