
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_ascii.h"
#include "base/time.h"
#include "files/param.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"
#include "watch/log.h"
#include "watch/params.h"
#include "watch/stream.h"
#include "watch/watch.h"


/* events are sent together, up to about this size */
#define AGENT_WATCH_STREAM_PIECE  16384


typedef struct {
    agent_request_t       *r;
    agent_sse_t           *sse;        /* NULL: the watch is not ready yet */
    agent_watch_waiter_t   waiter;
    agent_watch_reader_t   reader;
    unsigned               over:1;
} agent_watch_stream_t;


static void agent_watch_stream_ready(agent_watch_waiter_t *waiter,
    agent_watch_t *w, agent_fault_t *fault);
static void agent_watch_stream_begin(agent_watch_stream_t *x,
    agent_watch_t *w);
static void agent_watch_stream_wake(agent_watch_reader_t *reader);
static void agent_watch_stream_more(void *data);
static void agent_watch_stream_lost(agent_buffer_t *b, agent_watch_t *w);
static void agent_watch_stream_end(agent_buffer_t *b, agent_watch_t *w);
static void agent_watch_stream_text(agent_buffer_t *b, const char *text);
static void agent_watch_stream_close(void *data);
static void agent_watch_stream_left(agent_request_t *r, int aborted);


void
agent_watch_stream(agent_request_t *r, json_t *body)
{
    agent_fault_t          fault;
    agent_watch_params_t   params;
    agent_watch_stream_t  *x;

    if (agent_watch_params_parse(&params, body, &fault) != 0) {
        agent_watch_params_free(&params);
        agent_http_error_fault(r, &fault);
        return;
    }

    x = calloc(1, sizeof(agent_watch_stream_t));

    if (x == NULL) {
        agent_watch_params_free(&params);
        (void) agent_fault_no_memory(&fault);
        agent_http_error_fault(r, &fault);
        return;
    }

    x->r = r;
    x->waiter.done = agent_watch_stream_ready;
    x->waiter.data = x;
    x->reader.wake = agent_watch_stream_wake;
    x->reader.data = x;

    r->data = x;
    r->on_close = agent_watch_stream_left;

    agent_watch_open(&params, &x->waiter);
}


static void
agent_watch_stream_ready(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault)
{
    agent_fault_t          limit;
    agent_watch_stream_t  *x;

    x = waiter->data;

    if (fault == NULL && agent_watch_attach(w, &x->reader, &limit) != 0) {
        fault = &limit;
    }

    if (fault) {
        agent_http_error_fault(x->r, fault);
        return;
    }

    x->sse = agent_sse_create(x->r);

    if (x->sse == NULL) {
        agent_watch_detach(&x->reader);
        (void) agent_fault_no_memory(&limit);
        agent_http_error_fault(x->r, &limit);
        return;
    }

    x->sse->data = x;
    x->sse->on_drain = agent_watch_stream_more;
    x->sse->on_close = agent_watch_stream_close;

    agent_watch_stream_begin(x, w);
}


static void
agent_watch_stream_begin(agent_watch_stream_t *x, agent_watch_t *w)
{
    char            stamp[32];
    agent_buffer_t  b;

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_buffer_adds(&b, "{\"type\":\"watching\",\"path\":\"");
    agent_watch_stream_text(&b, w->path);
    agent_buffer_printf(&b, "\",\"watchId\":\"%s\"", w->id);

    if (w->nskipped) {
        agent_buffer_printf(&b, ",\"skipped\":%zu,\"errors\":[", w->nskipped);
        agent_buffer_add(&b, w->skipped.data, w->skipped.len);
        agent_buffer_adds(&b, "]");
    }

    agent_buffer_printf(&b, ",\"timestamp\":\"%s\"}", agent_time_iso(stamp));

    agent_sse_text(x->sse, &b);
}


static void
agent_watch_stream_wake(agent_watch_reader_t *reader)
{
    agent_watch_stream_more(reader->data);
}


static void
agent_watch_stream_more(void *data)
{
    uint64_t               cursor;
    agent_watch_t         *w;
    agent_buffer_t         b;
    agent_watch_stream_t  *x;
    agent_watch_record_t  *rec;

    x = data;
    w = x->reader.watch;
    cursor = x->reader.cursor;

    memset(&b, 0, sizeof(agent_buffer_t));

    while (!x->over && !agent_sse_full(x->sse)) {

        if (cursor < w->log.dropped) {
            cursor = w->log.dropped;
            agent_watch_stream_lost(&b, w);
        }

        for (rec = agent_watch_log_after(&w->log, cursor);
             rec && b.len < AGENT_WATCH_STREAM_PIECE;
             rec = TAILQ_NEXT(rec, link))
        {
            agent_buffer_adds(&b, "data: ");
            agent_watch_log_json(&b, rec, 0);
            agent_buffer_adds(&b, "\n\n");

            cursor = rec->seq;
        }

        if (rec == NULL && w->ended) {
            agent_watch_stream_end(&b, w);
            x->over = 1;
        }

        if (b.failed) {

            /* the client must see that it is not all */

            x->over = 1;
            agent_buffer_free(&b);
            agent_response_abort(x->r);
            return;
        }

        if (b.len) {
            agent_sse_bytes(x->sse, b.data, b.len);
            b.len = 0;
        }

        if (rec == NULL) {
            break;
        }
    }

    agent_buffer_free(&b);
    agent_watch_advance(&x->reader, cursor);

    if (x->over) {
        agent_sse_end(x->sse);
    }
}


/* the client is too slow: some events are no longer kept */

static void
agent_watch_stream_lost(agent_buffer_t *b, agent_watch_t *w)
{
    char  stamp[32];

    agent_buffer_adds(b, "data: {\"type\":\"resync\",\"path\":\"");
    agent_watch_stream_text(b, w->path);
    agent_buffer_printf(b, "\",\"reason\":\"slow\",\"timestamp\":\"%s\"}\n\n",
                        agent_time_iso(stamp));
}


static void
agent_watch_stream_end(agent_buffer_t *b, agent_watch_t *w)
{
    char  stamp[32];

    if (w->stopped) {
        agent_buffer_printf(b, "data: {\"type\":\"stopped\","
                            "\"reason\":\"%s\"", w->stopped);

    } else {
        agent_buffer_adds(b, "data: {\"type\":\"error\",\"error\":\"");
        agent_watch_stream_text(b, w->error ? w->error : "out of memory");
        agent_buffer_adds(b, "\"");
    }

    agent_buffer_printf(b, ",\"timestamp\":\"%s\"}\n\n",
                        agent_time_iso(stamp));
}


static void
agent_watch_stream_text(agent_buffer_t *b, const char *text)
{
    agent_json_ascii(b, text, strlen(text));
}


static void
agent_watch_stream_close(void *data)
{
    agent_watch_stream_t  *x;

    x = data;

    agent_watch_detach(&x->reader);
    free(x);
}


/* before there were events */

static void
agent_watch_stream_left(agent_request_t *r, int aborted)
{
    agent_watch_stream_t  *x;

    x = r->data;

    agent_watch_forget(&x->waiter);
    free(x);
}
