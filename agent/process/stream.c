
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "http/error.h"
#include "http/request.h"
#include "http/sse.h"
#include "process/json.h"
#include "process/params.h"
#include "process/process.h"
#include "process/routes.h"
#include "process/stream.h"
#include "process/wait.h"
#include "run/log.h"
#include "run/log_reader.h"


/*
 * Streams the log as events, followed by the exit.  The id of an event is the
 * offset after its data: a client that reconnects with it misses nothing and
 * gets nothing twice.
 */


typedef struct {
    agent_sse_t               *sse;
    agent_process_observer_t   observer;
    agent_log_reader_t        *reader;
    unsigned                   over:1;
} agent_stream_t;


static int agent_stream_offset(agent_request_t *r, agent_process_t *p,
    uint64_t *offset);
static void agent_stream_begin(agent_stream_t *x, uint64_t offset);
static void agent_stream_event(agent_process_observer_t *w);
static void agent_stream_more(void *data);
static void agent_stream_gap(agent_stream_t *x,
    agent_log_reader_piece_t *piece);
static void agent_stream_exit(agent_stream_t *x);
static void agent_stream_close(void *data);


void
agent_process_stream(agent_request_t *r)
{
    uint64_t          offset;
    agent_stream_t   *x;
    agent_process_t  *p;

    p = agent_process_routes_of(r);

    if (p == NULL || agent_stream_offset(r, p, &offset) != 0) {
        return;
    }

    x = calloc(1, sizeof(agent_stream_t));

    if (x) {
        x->reader = agent_log_reader_create(p->log, offset, agent_stream_more,
                                            x);
    }

    if (x == NULL || x->reader == NULL) {
        goto no_memory;
    }

    if (agent_process_wait_enter(r) != 0) {
        goto failed;
    }

    x->sse = agent_sse_create(r);

    if (x->sse == NULL) {
        agent_process_wait_leave();
        goto no_memory;
    }

    x->sse->data = x;
    x->sse->on_drain = agent_stream_more;
    x->sse->on_close = agent_stream_close;

    x->observer.data = x;
    x->observer.on_output = agent_stream_event;
    x->observer.on_exit = agent_stream_event;

    agent_process_observe(p, &x->observer);

    if (strcmp(r->method, "HEAD") == 0) {
        x->over = 1;
        agent_sse_end(x->sse);
        return;
    }

    agent_stream_begin(x, offset);
    agent_stream_more(x);

    return;

no_memory:

    agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");

failed:

    if (x) {
        agent_log_reader_free(x->reader);
    }

    free(x);
}


/* Last-Event-ID, ?offset=, or the beginning; -1 after an error response */

static int
agent_stream_offset(agent_request_t *r, agent_process_t *p, uint64_t *offset)
{
    int          rc;
    char        *arg;
    uint64_t     end;
    const char  *last;

    *offset = 0;
    rc = 0;

    last = agent_request_header(r, "Last-Event-ID");

    if (last) {
        rc = agent_process_params_offset(last, offset);

    } else {
        arg = agent_request_arg(r, "offset");

        if (arg) {
            rc = agent_process_params_offset(arg, offset);
            free(arg);
        }
    }

    if (rc != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "%s: must be an offset", last ? "Last-Event-ID"
                                                   : "offset");
        return -1;
    }

    end = agent_run_log_end(p->log);

    if (*offset > end) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "%s: past the end of the log, %" PRIu64,
                         last ? "Last-Event-ID" : "offset", end);
        return -1;
    }

    return 0;
}


static void
agent_stream_begin(agent_stream_t *x, uint64_t offset)
{
    char              stamp[32];
    agent_process_t  *p;

    p = x->observer.process;

    agent_sse_json(x->sse, NULL,
                   json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}",
                             "type", "process_info",
                             "processId", p->id,
                             "command", p->command,
                             "status", agent_process_json_status(p->status),
                             "pid", (json_int_t) p->pid,
                             "offset", (json_int_t) offset,
                             "timestamp", agent_time_iso(stamp)));
}


static void
agent_stream_event(agent_process_observer_t *w)
{
    agent_stream_more(w->data);
}


static void
agent_stream_more(void *data)
{
    uint64_t                   id;
    agent_stream_t            *x;
    agent_process_t           *p;
    agent_log_reader_piece_t   piece;

    x = data;
    p = x->observer.process;

    if (x->over) {
        return;
    }

    /* a slow reader does not block the process: its log is on disk */

    while (!agent_sse_full(x->sse)) {

        switch (agent_log_reader_read(x->reader, &piece)) {

        case AGENT_LOG_READER_DATA:
            id = piece.end;
            agent_sse_output(x->sse, &id, p->id, piece.stream, piece.data,
                             (size_t) (piece.end - piece.offset));
            break;

        case AGENT_LOG_READER_GAP:
            agent_stream_gap(x, &piece);
            break;

        case AGENT_LOG_READER_WAIT:
            return;

        default: /* AGENT_LOG_READER_OFF */

            if (agent_process_ended(p)) {
                agent_stream_exit(x);
            }

            return;
        }
    }

    agent_log_reader_rest(x->reader);
}


/*
 * the requested part, or the part a slow reader has missed, is no longer kept
 */

static void
agent_stream_gap(agent_stream_t *x, agent_log_reader_piece_t *piece)
{
    char              stamp[32];
    uint64_t          id;
    agent_process_t  *p;

    p = x->observer.process;
    id = piece->end;

    agent_sse_json(x->sse, &id,
                   json_pack("{s:s, s:s, s:I, s:I, s:s}",
                             "type", "truncated",
                             "processId", p->id,
                             "from", (json_int_t) piece->offset,
                             "to", (json_int_t) piece->end,
                             "timestamp", agent_time_iso(stamp)));
}


static void
agent_stream_exit(agent_stream_t *x)
{
    char              data[128], stamp[32];
    json_t           *json;
    agent_process_t  *p;

    p = x->observer.process;
    x->over = 1;

    snprintf(data, sizeof(data), "Process %s with exit code %d",
             agent_process_json_status(p->status), p->exit.code);

    json = json_pack("{s:s, s:s, s:s, s:s, s:s}",
                     "type", "exit",
                     "processId", p->id,
                     "status", agent_process_json_status(p->status),
                     "data", data,
                     "timestamp", agent_time_iso(stamp));

    agent_process_json_end(json, p);

    agent_sse_json(x->sse, NULL, json);
    agent_sse_end(x->sse);
}


static void
agent_stream_close(void *data)
{
    agent_stream_t  *x;

    x = data;

    agent_log_reader_free(x->reader);
    agent_process_unobserve(&x->observer);
    agent_process_wait_leave();

    free(x);
}
