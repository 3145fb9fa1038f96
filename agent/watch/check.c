
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/time.h"
#include "files/param.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "watch/check.h"
#include "watch/params.h"
#include "watch/watch.h"


/*
 * Whether something has changed since an earlier check: the watch is kept
 * between them, and its version is its id and the number of its events.
 */


typedef struct {
    agent_request_t       *r;
    agent_watch_waiter_t   waiter;
    char                   id[AGENT_WATCH_ID];   /* of "since", or "" */
    uint64_t               cursor;
    unsigned               created:1;
} agent_watch_check_t;


static int agent_watch_check_since(agent_watch_check_t *x, json_t *body,
    agent_fault_t *fault);
static int agent_watch_check_version(agent_watch_check_t *x, const char *s);
static void agent_watch_check_open(agent_watch_waiter_t *waiter,
    agent_watch_t *w, agent_fault_t *fault);
static void agent_watch_check_settled(agent_watch_waiter_t *waiter,
    agent_watch_t *w, agent_fault_t *fault);
static const char *agent_watch_check_resync(agent_watch_check_t *x,
    agent_watch_t *w);
static void agent_watch_check_close(agent_request_t *r, int aborted);


void
agent_watch_check(agent_request_t *r, json_t *body)
{
    agent_fault_t          fault;
    agent_watch_check_t   *x;
    agent_watch_params_t   params;

    x = calloc(1, sizeof(agent_watch_check_t));

    if (x == NULL) {
        (void) agent_fault_no_memory(&fault);
        agent_http_error_fault(r, &fault);
        return;
    }

    if (agent_watch_params_parse(&params, body, &fault) != 0
        || agent_watch_check_since(x, body, &fault) != 0)
    {
        agent_watch_params_free(&params);
        free(x);
        agent_http_error_fault(r, &fault);
        return;
    }

    x->r = r;
    x->waiter.done = agent_watch_check_open;
    x->waiter.data = x;

    r->data = x;
    r->on_close = agent_watch_check_close;

    agent_watch_open(&params, &x->waiter);
}


static int
agent_watch_check_since(agent_watch_check_t *x, json_t *body,
    agent_fault_t *fault)
{
    json_t      *value;
    const char  *s;

    value = json_object_get(body, "since");

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    s = agent_json_string_of(value);

    if (s == NULL || agent_watch_check_version(x, s) != 0) {
        return agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:O}", "since", value),
                               "since: must be the version of an earlier "
                               "check");
    }

    return 0;
}


/* "watch-<number>-<ms>:<cursor>" */

static int
agent_watch_check_version(agent_watch_check_t *x, const char *s)
{
    char        *end;
    size_t       i, len;
    const char  *p;

    static const char *const  before[] = { "watch-", "-", ":" };

    p = s;

    for (i = 0; i < 3; i++) {
        len = strlen(before[i]);

        if (strncmp(p, before[i], len) != 0) {
            return -1;
        }

        p += len;
        len = strspn(p, "0123456789");

        if (len == 0 || len > 16) {
            return -1;
        }

        if (i == 2) {
            (void) snprintf(x->id, sizeof(x->id), "%.*s", (int) (p - 1 - s),
                            s);
            x->cursor = strtoull(p, &end, 10);
        }

        p += len;
    }

    return *p == '\0' ? 0 : -1;
}


static void
agent_watch_check_open(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault)
{
    agent_watch_check_t  *x;

    x = waiter->data;

    if (fault) {
        agent_http_error_fault(x->r, fault);
        return;
    }

    x->created = waiter->created;
    waiter->done = agent_watch_check_settled;

    agent_watch_keep(w);
    agent_watch_settle(w, waiter);
}


static void
agent_watch_check_settled(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault)
{
    char                  version[AGENT_WATCH_ID + 24], stamp[32];
    json_t               *json;
    const char           *status, *reason;
    agent_watch_check_t  *x;

    x = waiter->data;

    if (strcmp(x->id, w->id) == 0 && x->cursor > w->log.last) {
        (void) snprintf(version, sizeof(version), "%s:%" PRIu64, w->id,
                        x->cursor);
        agent_http_error(x->r, 400, "VALIDATION_FAILED",
                         json_pack("{s:s}", "since", version),
                         "since: the watch has had no more than %" PRIu64
                         " events", w->log.last);
        return;
    }

    (void) snprintf(version, sizeof(version), "%s:%" PRIu64, w->id,
                    w->log.last);

    reason = agent_watch_check_resync(x, w);

    status = reason ? "resync"
             : x->id[0] && x->cursor != w->log.last ? "changed" : "unchanged";

    json = json_pack("{s:b, s:s, s:s, s:s}",
                     "success", 1,
                     "status", status,
                     "version", version,
                     "timestamp", agent_time_iso(stamp));

    if (json && reason) {
        (void) json_object_set_new(json, "reason", json_string(reason));
    }

    agent_response_json(x->r, 200, json);
}


/* why the client has to look for itself, or NULL */

static const char *
agent_watch_check_resync(agent_watch_check_t *x, agent_watch_t *w)
{
    if (x->id[0] == '\0') {
        return NULL;
    }

    if (strcmp(x->id, w->id) != 0) {
        return x->created ? "expired" : "restarted";
    }

    if (w->ended) {
        return "restarted";
    }

    if (w->lost || w->rescan || w->log.resync > x->cursor) {
        return "overflow";
    }

    return NULL;
}


static void
agent_watch_check_close(agent_request_t *r, int aborted)
{
    agent_watch_check_t  *x;

    x = r->data;

    agent_watch_forget(&x->waiter);
    free(x);
}
