
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_ascii.h"
#include "base/time.h"
#include "files/param.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "watch/check.h"
#include "watch/log.h"
#include "watch/params.h"
#include "watch/routes.h"
#include "watch/stream.h"
#include "watch/watch.h"
#include "watch/watcher.h"


#define AGENT_WATCH_ROUTES_PATH   "/api/watchers/"

/* events of one response: their number, and bytes about */
#define AGENT_WATCH_ROUTES_LIMIT      1000
#define AGENT_WATCH_ROUTES_LIMIT_MAX  10000
#define AGENT_WATCH_ROUTES_SIZE       (256 * 1024)


typedef struct {
    agent_request_t       *r;
    agent_watch_waiter_t   waiter;
    agent_watcher_t       *watcher;    /* NULL: it is to be created */
    uint64_t               expire;
    uint64_t               since;
    uint64_t               limit;
    unsigned               has_since:1;
} agent_watch_routes_t;


static void agent_watch_routes_create(agent_request_t *r, json_t *body);
static void agent_watch_routes_created(agent_watch_waiter_t *waiter,
    agent_watch_t *w, agent_fault_t *fault);
static void agent_watch_routes_list(agent_request_t *r);
static void agent_watch_routes_get(agent_request_t *r);
static void agent_watch_routes_delete(agent_request_t *r);
static void agent_watch_routes_events(agent_request_t *r);
static int agent_watch_routes_args(agent_watch_routes_t *x);
static int agent_watch_routes_number(agent_request_t *r, const char *name,
    uint64_t *value);
static void agent_watch_routes_settled(agent_watch_waiter_t *waiter,
    agent_watch_t *w, agent_fault_t *fault);
static void agent_watch_routes_text(agent_buffer_t *b,
    agent_watch_routes_t *x);
static agent_watch_routes_t *agent_watch_routes_wait(agent_request_t *r);
static void agent_watch_routes_close(agent_request_t *r, int aborted);
static agent_watcher_t *agent_watch_routes_of(agent_request_t *r);
static json_t *agent_watch_routes_json(agent_watcher_t *x);
static json_t *agent_watch_routes_path(const char *path);


const agent_route_t  agent_watch_routes[] = {
    { "POST", "/api/watch",
      NULL, agent_watch_stream, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/watch/check",
      NULL, agent_watch_check, AGENT_FILES_PARAM_JSON_MAX },
    { "GET", "/api/watchers", agent_watch_routes_list, NULL, 0 },
    { "POST", "/api/watchers",
      NULL, agent_watch_routes_create, AGENT_FILES_PARAM_JSON_MAX },
    { "GET", "/api/watchers/:watcher", agent_watch_routes_get, NULL, 0 },
    { "DELETE", "/api/watchers/:watcher", agent_watch_routes_delete, NULL, 0 },
    { "GET", "/api/watchers/:watcher/events",
      agent_watch_routes_events, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};


static void
agent_watch_routes_create(agent_request_t *r, json_t *body)
{
    uint64_t               expire;
    agent_fault_t          fault;
    agent_watch_params_t   params;
    agent_watch_routes_t  *x;

    expire = AGENT_WATCHER_EXPIRE;

    if (agent_watch_params_parse(&params, body, &fault) != 0
        || agent_json_integer(body, "expiresAfterMs", AGENT_WATCHER_EXPIRE_MIN,
                              AGENT_WATCHER_EXPIRE_MAX, &expire, &fault)
           != 0)
    {
        agent_watch_params_free(&params);
        agent_http_error_fault(r, &fault);
        return;
    }

    x = agent_watch_routes_wait(r);

    if (x == NULL) {
        agent_watch_params_free(&params);
        return;
    }

    x->expire = expire;
    x->waiter.done = agent_watch_routes_created;

    agent_watch_open(&params, &x->waiter);
}


static void
agent_watch_routes_created(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault)
{
    char                   stamp[32];
    json_t                *json;
    agent_fault_t          limit;
    agent_watcher_t       *watcher;
    agent_watch_routes_t  *x;

    x = waiter->data;
    watcher = NULL;

    if (fault == NULL) {
        fault = &limit;
        watcher = agent_watcher_create(w, x->expire, fault);
    }

    if (watcher == NULL) {
        agent_http_error_fault(x->r, fault);
        return;
    }

    json = agent_watch_routes_json(watcher);

    if (json) {
        (void) json_object_set_new(json, "success", json_true());
        (void) json_object_set_new(json, "skipped",
                                   json_integer((json_int_t) w->nskipped));
        (void) json_object_set_new(json, "timestamp",
                                   json_string(agent_time_iso(stamp)));
    }

    agent_response_json(x->r, 200, json);
}


static void
agent_watch_routes_list(agent_request_t *r)
{
    char              stamp[32];
    json_t           *list;
    agent_watcher_t  *x;

    list = json_array();

    for (x = TAILQ_FIRST(&agent_watcher_list); x; x = TAILQ_NEXT(x, link)) {
        (void) json_array_append_new(list, agent_watch_routes_json(x));
    }

    agent_response_json(r, 200, json_pack("{s:b, s:o, s:s}",
                                          "success", 1,
                                          "watchers", list,
                                          "timestamp", agent_time_iso(stamp)));
}


static void
agent_watch_routes_get(agent_request_t *r)
{
    char              stamp[32];
    agent_watcher_t  *x;

    x = agent_watch_routes_of(r);

    if (x) {
        agent_response_json(r, 200, json_pack("{s:b, s:o, s:s}",
                                              "success", 1,
                                              "watcher",
                                              agent_watch_routes_json(x),
                                              "timestamp",
                                              agent_time_iso(stamp)));
    }
}


static void
agent_watch_routes_delete(agent_request_t *r)
{
    char              stamp[32];
    json_t           *json;
    agent_watcher_t  *x;

    x = agent_watch_routes_of(r);

    if (x) {
        json = json_pack("{s:b, s:s, s:s}", "success", 1, "watcherId", x->id,
                         "timestamp", agent_time_iso(stamp));

        agent_watcher_remove(x);
        agent_response_json(r, 200, json);
    }
}


static void
agent_watch_routes_events(agent_request_t *r)
{
    agent_watcher_t       *watcher;
    agent_watch_routes_t  *x;

    watcher = agent_watch_routes_of(r);

    if (watcher == NULL) {
        return;
    }

    x = agent_watch_routes_wait(r);

    if (x == NULL) {
        return;
    }

    x->watcher = watcher;
    agent_watcher_enter(watcher);

    if (agent_watch_routes_args(x) != 0) {
        return;
    }

    x->waiter.done = agent_watch_routes_settled;

    agent_watch_settle(watcher->reader.watch, &x->waiter);
}


/* 0, or -1 after an error response */

static int
agent_watch_routes_args(agent_watch_routes_t *x)
{
    int  rc;

    x->limit = AGENT_WATCH_ROUTES_LIMIT;

    rc = agent_watch_routes_number(x->r, "since", &x->since);

    if (rc == -1) {
        agent_http_error(x->r, 400, "VALIDATION_FAILED", NULL,
                         "since: must be the cursor of earlier events");
        return -1;
    }

    x->has_since = rc;

    if (agent_watch_routes_number(x->r, "limit", &x->limit) == -1
        || x->limit == 0 || x->limit > AGENT_WATCH_ROUTES_LIMIT_MAX)
    {
        agent_http_error(x->r, 400, "VALIDATION_FAILED", NULL,
                         "limit: must be an integer from 1 to %d",
                         AGENT_WATCH_ROUTES_LIMIT_MAX);
        return -1;
    }

    return 0;
}


/* 1: the argument is there, 0: it is not, -1: it is not a number */

static int
agent_watch_routes_number(agent_request_t *r, const char *name,
    uint64_t *value)
{
    int     rc;
    char   *arg;
    size_t  len;

    arg = agent_request_arg(r, name);

    if (arg == NULL) {
        return 0;
    }

    len = strlen(arg);
    rc = -1;

    if (len > 0 && len < 17 && strspn(arg, "0123456789") == len) {
        *value = strtoull(arg, NULL, 10);
        rc = 1;
    }

    free(arg);

    return rc;
}


static void
agent_watch_routes_settled(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault)
{
    agent_buffer_t         b;
    agent_watch_routes_t  *x;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    x = waiter->data;

    if (x->watcher->removed) {
        agent_http_error(x->r, 404, "WATCH_NOT_FOUND", NULL,
                         "Watcher not found: %s", x->watcher->id);
        return;
    }

    if (x->has_since && x->since > w->log.last) {
        agent_http_error(x->r, 400, "VALIDATION_FAILED", NULL,
                         "since: the watcher has had no more than %" PRIu64
                         " events", w->log.last);
        return;
    }

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_watch_routes_text(&b, x);

    if (b.failed) {
        agent_response_json(x->r, 500, NULL);

    } else {
        agent_response_begin(x->r, 200, headers, (int64_t) b.len);
        (void) agent_response_write(x->r, b.data, b.len);
        agent_response_end(x->r);
    }

    agent_buffer_free(&b);
}


static void
agent_watch_routes_text(agent_buffer_t *b, agent_watch_routes_t *x)
{
    int                    resync;
    char                   stamp[32];
    uint64_t               cursor, n;
    const char            *end;
    agent_watch_t         *w;
    agent_watch_reader_t  *reader;
    agent_watch_record_t  *rec;

    reader = &x->watcher->reader;
    w = reader->watch;

    /* what it has seen is not needed again */

    cursor = x->has_since ? x->since : reader->cursor;
    agent_watch_advance(reader, cursor);

    resync = (cursor < w->log.dropped);

    if (resync) {
        cursor = w->log.dropped;
    }

    agent_buffer_printf(b, "{\"success\":true,\"watcherId\":\"%s\","
                        "\"events\":[", x->watcher->id);
    n = 0;

    for (rec = agent_watch_log_after(&w->log, cursor);
         rec && n < x->limit && b->len < AGENT_WATCH_ROUTES_SIZE;
         rec = TAILQ_NEXT(rec, link))
    {
        cursor = rec->seq;

        if (rec->kind == AGENT_WATCH_RESYNC) {
            resync = 1;
            continue;
        }

        if (n++) {
            agent_buffer_adds(b, ",");
        }

        agent_watch_log_json(b, rec, 1);
    }

    agent_buffer_printf(b, "],\"cursor\":%" PRIu64 ",\"resync\":%s,"
                        "\"more\":%s,\"ended\":%s,",
                        cursor, resync ? "true" : "false",
                        rec ? "true" : "false", w->ended ? "true" : "false");

    if (w->ended) {
        end = w->stopped ? w->stopped : w->error;

        agent_buffer_adds(b, "\"reason\":\"");

        if (end) {
            agent_json_ascii(b, end, strlen(end));
        }

        agent_buffer_adds(b, "\",");
    }

    agent_buffer_printf(b, "\"timestamp\":\"%s\"}", agent_time_iso(stamp));
}


/* a request that is answered later; NULL after an error response */

static agent_watch_routes_t *
agent_watch_routes_wait(agent_request_t *r)
{
    agent_watch_routes_t  *x;

    x = calloc(1, sizeof(agent_watch_routes_t));

    if (x == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return NULL;
    }

    x->r = r;
    x->waiter.data = x;

    r->data = x;
    r->on_close = agent_watch_routes_close;

    return x;
}


static void
agent_watch_routes_close(agent_request_t *r, int aborted)
{
    agent_watch_routes_t  *x;

    x = r->data;

    agent_watch_forget(&x->waiter);

    if (x->watcher) {
        agent_watcher_leave(x->watcher);
    }

    free(x);
}


/* "/api/watchers/<id>…"; NULL after an error response */

static agent_watcher_t *
agent_watch_routes_of(agent_request_t *r)
{
    char              id[AGENT_WATCHER_ID];
    size_t            len;
    const char       *s;
    agent_watcher_t  *x;

    s = r->path + sizeof(AGENT_WATCH_ROUTES_PATH) - 1;
    len = strcspn(s, "/");
    x = NULL;

    if (len < sizeof(id)) {
        memcpy(id, s, len);
        id[len] = '\0';
        x = agent_watcher_find(id);
    }

    if (x == NULL) {
        agent_http_error(r, 404, "WATCH_NOT_FOUND", NULL,
                         "Watcher not found: there is none of this id, or it "
                         "has expired");
    }

    return x;
}


static json_t *
agent_watch_routes_json(agent_watcher_t *x)
{
    agent_watch_t  *w;

    w = x->reader.watch;

    return json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:b, s:s}",
                     "watcherId", x->id,
                     "watchId", w->id,
                     "path", agent_watch_routes_path(w->path),
                     "recursive", (int) w->params.recursive,
                     "cursor", (json_int_t) x->reader.cursor,
                     "expiresAfterMs", (json_int_t) x->expire,
                     "ended", (int) w->ended,
                     "created", x->created);
}


/* what is not UTF-8 in it becomes U+FFFD */

static json_t *
agent_watch_routes_path(const char *path)
{
    char            *text;
    json_t          *json;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_buffer_adds(&b, "\"");
    agent_json_ascii(&b, path, strlen(path));
    agent_buffer_adds(&b, "\"");

    text = agent_buffer_take(&b);
    json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    free(text);

    return json;
}
