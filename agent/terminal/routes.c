
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/time.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "sys/signal.h"
#include "terminal/params.h"
#include "terminal/routes.h"
#include "terminal/terminal.h"
#include "terminal/viewer.h"


#define AGENT_TERMINAL_PATH      "/api/terminal/"
#define AGENT_TERMINAL_JSON_MAX  4096


static void agent_terminal_routes_list(agent_request_t *r);
static void agent_terminal_routes_get(agent_request_t *r);
static void agent_terminal_routes_delete(agent_request_t *r);
static void agent_terminal_routes_resize(agent_request_t *r, json_t *body);
static void agent_terminal_delete_ended(agent_terminal_waiter_t *w,
    agent_terminal_t *t);
static void agent_terminal_delete_close(agent_request_t *r, int aborted);
static agent_terminal_t *agent_terminal_routes_of(agent_request_t *r);
static json_t *agent_terminal_json(agent_terminal_t *t);
static json_t *agent_terminal_reply(agent_terminal_t *t);


const agent_route_t  agent_terminal_routes[] = {
    { "GET", "/pty", agent_viewer_get, NULL, 0 },
    { "GET", "/ws/pty", agent_viewer_get, NULL, 0 },
    { "GET", "/api/terminal/list", agent_terminal_routes_list, NULL, 0 },
    { "GET", "/api/terminal/:terminal", agent_terminal_routes_get, NULL, 0 },
    { "DELETE", "/api/terminal/:terminal",
      agent_terminal_routes_delete, NULL, 0 },
    { "POST", "/api/terminal/:terminal/resize",
      NULL, agent_terminal_routes_resize, AGENT_TERMINAL_JSON_MAX },
    { NULL, NULL, NULL, NULL, 0 }
};


static void
agent_terminal_routes_list(agent_request_t *r)
{
    json_t            *list;
    agent_terminal_t  *t;

    list = json_array();

    for (t = TAILQ_FIRST(&agent_terminal_list); t; t = TAILQ_NEXT(t, link)) {
        json_array_append_new(list, agent_terminal_json(t));
    }

    agent_response_success(r, "terminals", list);
}


static void
agent_terminal_routes_get(agent_request_t *r)
{
    agent_terminal_t  *t;

    t = agent_terminal_routes_of(r);

    if (t) {
        agent_response_json(r, 200, agent_terminal_reply(t));
    }
}


/* responds when the shell has exited and its tree is killed */

static void
agent_terminal_routes_delete(agent_request_t *r)
{
    agent_terminal_t         *t;
    agent_terminal_waiter_t  *w;

    t = agent_terminal_routes_of(r);

    if (t == NULL) {
        return;
    }

    w = calloc(1, sizeof(agent_terminal_waiter_t));

    if (w == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    w->ended = agent_terminal_delete_ended;
    w->data = r;

    r->data = w;
    r->on_close = agent_terminal_delete_close;

    agent_terminal_wait(t, w);
    agent_terminal_kill(t);
}


static void
agent_terminal_delete_ended(agent_terminal_waiter_t *w, agent_terminal_t *t)
{
    char     name[16];
    json_t  *json;

    json = agent_terminal_reply(t);

    if (json) {
        json_object_set_new(json, "exitCode", json_integer(t->exit.code));

        if (t->exit.signal) {
            json_object_set_new(json, "signal",
                                json_string(agent_signal_name(t->exit.signal,
                                                              name)));
        }
    }

    agent_response_json(w->data, 200, json);
}


static void
agent_terminal_delete_close(agent_request_t *r, int aborted)
{
    agent_terminal_forget(r->data);
    free(r->data);
}


static void
agent_terminal_routes_resize(agent_request_t *r, json_t *body)
{
    unsigned           cols, rows;
    agent_fault_t      fault;
    agent_terminal_t  *t;

    if (agent_terminal_params_size(body, &cols, &rows, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    t = agent_terminal_routes_of(r);

    if (t) {
        agent_terminal_resize(t, cols, rows);
        agent_response_json(r, 200, agent_terminal_reply(t));
    }
}


/* "/api/terminal/<session or id>…"; NULL after an error response */

static agent_terminal_t *
agent_terminal_routes_of(agent_request_t *r)
{
    char               name[AGENT_SESSION_NAME + 1];
    size_t             len;
    const char        *s;
    agent_terminal_t  *t;

    s = r->path + sizeof(AGENT_TERMINAL_PATH) - 1;
    len = strcspn(s, "/");

    if (len < sizeof(name)) {
        memcpy(name, s, len);
        name[len] = '\0';

        t = agent_terminal_find(name);

        if (t) {
            return t;
        }

        if (agent_session_name_valid(name)) {
            agent_http_error(r, 404, "TERMINAL_NOT_FOUND",
                             json_pack("{s:s}", "terminal", name),
                             "Terminal not found: %s", name);
            return NULL;
        }
    }

    agent_http_error(r, 404, "TERMINAL_NOT_FOUND", NULL,
                     "Terminal not found: invalid name");

    return NULL;
}


static json_t *
agent_terminal_json(agent_terminal_t *t)
{
    json_t  *json;

    json = json_pack("{s:s, s:i, s:i, s:i, s:I, s:I, s:s}",
                     "id", t->id,
                     "pid", (int) t->pid,
                     "cols", (int) t->cols,
                     "rows", (int) t->rows,
                     "viewers", (json_int_t) t->nviewers,
                     "offset", (json_int_t) t->end,
                     "startTime", t->started);

    if (json) {
        json_object_set_new(json, "sessionId", t->named
                                               ? json_string(t->session)
                                               : json_null());
    }

    return json;
}


static json_t *
agent_terminal_reply(agent_terminal_t *t)
{
    char  stamp[32];

    return json_pack("{s:b, s:o, s:s}",
                     "success", 1,
                     "terminal", agent_terminal_json(t),
                     "timestamp", agent_time_iso(stamp));
}
