
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/loop.h"
#include "base/time.h"
#include "base/utf8.h"
#include "http/error.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/response.h"
#include "process/json.h"
#include "process/logs.h"
#include "process/params.h"
#include "process/process.h"
#include "process/routes.h"
#include "run/command.h"
#include "run/log.h"
#include "run/log_reader.h"


/*
 * Returns the log as two strings.  The log is read once for each member of the
 * response, so that only a piece of it is in memory at a time.
 */


/* how long to wait for the first output of a command just started */
#define AGENT_LOGS_YOUNG   250         /* ms */


enum {
    AGENT_LOGS_STDOUT = 0,
    AGENT_LOGS_STDERR,
    AGENT_LOGS_STDOUT64,
    AGENT_LOGS_STDERR64,
    AGENT_LOGS_CLOSE,
    AGENT_LOGS_END
};


typedef struct {
    agent_request_t           *r;
    agent_process_observer_t   observer;
    agent_log_reader_t        *reader;
    uv_timer_t                 timer;

    uint64_t                   from;
    uint64_t                   to;
    uint64_t                   limit;
    int                        phase;

    agent_json_body_t          body;
    agent_buffer_t             text;     /* between the members' values */

    unsigned                   seen[2];  /* results of the first pass */
    unsigned                   lossy[2];
    unsigned                   timed:1;
    unsigned                   young:1;
    unsigned                   gap:1;
} agent_logs_t;


static int agent_logs_range(agent_request_t *r, agent_process_t *p,
    agent_logs_t *x);
static int agent_logs_number(agent_request_t *r, const char *name,
    uint64_t *value);
static void agent_logs_wait(agent_logs_t *x);
static void agent_logs_output(agent_process_observer_t *w);
static void agent_logs_timer(uv_timer_t *timer);
static void agent_logs_answer(agent_logs_t *x);
static void agent_logs_send(agent_logs_t *x);
static void agent_logs_ready(void *data);
static void agent_logs_drain(agent_request_t *r);
static agent_json_body_e agent_logs_next(void *data,
    agent_json_body_segment_t *segment);
static agent_json_body_e agent_logs_read(agent_logs_t *x,
    agent_json_body_segment_t *segment);
static void agent_logs_member(agent_logs_t *x);
static void agent_logs_closing(agent_logs_t *x);
static void agent_logs_close(agent_request_t *r, int aborted);
static void agent_logs_closed(uv_handle_t *handle);


static const struct {
    int          stream;
    int          base64;
    const char  *open;
} agent_logs_phases[] = {
    { 1, 0, ",\"stdout\":\"" },
    { 2, 0, "\",\"stderr\":\"" },
    { 1, 1, ",\"stdoutBase64\":\"" },
    { 2, 1, ",\"stderrBase64\":\"" }
};


void
agent_process_logs(agent_request_t *r)
{
    agent_logs_t     *x;
    agent_process_t  *p;

    p = agent_process_routes_of(r);

    if (p == NULL) {
        return;
    }

    x = calloc(1, sizeof(agent_logs_t));

    if (x == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    x->r = r;

    if (agent_logs_range(r, p, x) != 0) {
        free(x);
        return;
    }

    x->observer.data = x;
    x->observer.on_output = agent_logs_output;
    x->observer.on_exit = agent_logs_output;

    agent_process_observe(p, &x->observer);

    r->data = x;
    r->on_drain = agent_logs_drain;
    r->on_close = agent_logs_close;

    /* include all output written before this request */

    if (p->cmd) {
        agent_command_read(p->cmd);
    }

    if (!agent_process_ended(p) && agent_run_log_end(p->log) == 0
        && agent_time_ms() - p->began < AGENT_LOGS_YOUNG)
    {
        agent_logs_wait(x);
        return;
    }

    agent_logs_answer(x);
}


/* 0, or -1 after an error response */

static int
agent_logs_range(agent_request_t *r, agent_process_t *p, agent_logs_t *x)
{
    x->from = 0;
    x->limit = UINT64_MAX;

    if (agent_logs_number(r, "offset", &x->from) != 0
        || agent_logs_number(r, "limit", &x->limit) != 0)
    {
        return -1;
    }

    if (x->from > agent_run_log_end(p->log)) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "offset: past the end of the log, %" PRIu64,
                         agent_run_log_end(p->log));
        return -1;
    }

    return 0;
}


static int
agent_logs_number(agent_request_t *r, const char *name, uint64_t *value)
{
    int    rc;
    char  *arg;

    arg = agent_request_arg(r, name);

    if (arg == NULL) {
        return 0;
    }

    rc = agent_process_params_offset(arg, value);

    free(arg);

    if (rc != 0) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "%s: must be a number of bytes", name);
    }

    return rc;
}


/*
 * It was started a moment ago and has not written anything yet: clients expect
 * the output of a short command here.
 */

static void
agent_logs_wait(agent_logs_t *x)
{
    x->young = 1;
    x->timed = 1;

    uv_timer_init(agent_loop, &x->timer);
    x->timer.data = x;

    uv_update_time(agent_loop);
    uv_timer_start(&x->timer, agent_logs_timer, AGENT_LOGS_YOUNG, 0);
}


static void
agent_logs_output(agent_process_observer_t *w)
{
    agent_logs_t  *x;

    x = w->data;

    if (x->young) {
        agent_logs_answer(x);
    }
}


static void
agent_logs_timer(uv_timer_t *timer)
{
    agent_logs_answer(timer->data);
}


static void
agent_logs_answer(agent_logs_t *x)
{
    agent_run_log_t  *log;

    if (x->young) {
        x->young = 0;
        uv_timer_stop(&x->timer);
    }

    log = x->observer.process->log;

    if (x->from < agent_run_log_begin(log)) {
        x->from = agent_run_log_begin(log);
        x->gap = 1;
    }

    x->to = agent_run_log_end(log);

    if (x->limit < x->to - x->from) {
        x->to = x->from + x->limit;
    }

    x->phase = -1;

    x->body.r = x->r;
    x->body.status = 200;
    x->body.next = agent_logs_next;
    x->body.data = x;
    x->body.chunked = 1;

    agent_logs_send(x);
}


static void
agent_logs_send(agent_logs_t *x)
{
    agent_json_body_send(&x->body);

    if (x->reader) {
        agent_log_reader_rest(x->reader);
    }
}


static void
agent_logs_ready(void *data)
{
    agent_logs_send(data);
}


static void
agent_logs_drain(agent_request_t *r)
{
    agent_logs_t  *x;

    x = r->data;

    if (!x->young) {
        agent_logs_send(x);
    }
}


static agent_json_body_e
agent_logs_next(void *data, agent_json_body_segment_t *segment)
{
    agent_logs_t       *x;
    agent_json_body_e   kind;

    x = data;

    if (x->phase == AGENT_LOGS_END) {
        return AGENT_JSON_BODY_END;
    }

    if (x->reader) {
        kind = agent_logs_read(x, segment);

        if (kind != AGENT_JSON_BODY_END) {
            return kind;
        }
    }

    agent_logs_member(x);

    if (x->text.failed) {
        agent_response_abort(x->r);
        return AGENT_JSON_BODY_END;
    }

    segment->data = x->text.data;
    segment->len = x->text.len;

    return AGENT_JSON_BODY_LITERAL;
}


/* what follows of the member that is being read; END: nothing */

static agent_json_body_e
agent_logs_read(agent_logs_t *x, agent_json_body_segment_t *segment)
{
    int                        stream;
    size_t                     len, partial;
    agent_log_reader_piece_t   piece;

    while (agent_log_reader_offset(x->reader) < x->to) {

        switch (agent_log_reader_read(x->reader, &piece)) {

        case AGENT_LOG_READER_WAIT:
            return AGENT_JSON_BODY_WAIT;

        case AGENT_LOG_READER_OFF:
            return AGENT_JSON_BODY_END;

        case AGENT_LOG_READER_GAP:
            x->gap = 1;
            continue;

        default: /* AGENT_LOG_READER_DATA */
            break;
        }

        len = (size_t) (piece.end - piece.offset);
        stream = piece.stream;

        if (piece.end > x->to) {
            len = (size_t) (x->to - piece.offset);
            partial = agent_utf8_incomplete(piece.data, len);

            /* do not split a character, unless it is all that is left */

            if (x->phase == AGENT_LOGS_STDOUT
                && piece.offset + len - partial > x->from)
            {
                len -= partial;
                x->to -= partial;
            }
        }

        if (x->phase == AGENT_LOGS_STDOUT) {
            x->seen[stream - 1] = 1;

            if (!agent_utf8_valid(piece.data, len)) {
                x->lossy[stream - 1] = 1;
            }
        }

        if (stream == agent_logs_phases[x->phase].stream && len) {
            segment->data = piece.data;
            segment->len = len;

            return agent_logs_phases[x->phase].base64 ? AGENT_JSON_BODY_BASE64
                                                      : AGENT_JSON_BODY_TEXT;
        }
    }

    return AGENT_JSON_BODY_END;
}


/* ends a member of the response, and begins the next one that is needed */

static void
agent_logs_member(agent_logs_t *x)
{
    int  stream;

    x->text.len = 0;

    if (x->phase == -1) {
        agent_buffer_printf(&x->text, "{\"success\":true,\"processId\":\"%s\"",
                            x->observer.process->id);

    } else if (agent_logs_phases[x->phase].base64) {
        agent_buffer_adds(&x->text, "\"");
    }

    agent_log_reader_free(x->reader);
    x->reader = NULL;

    for ( ;; ) {

        if (++x->phase == AGENT_LOGS_STDOUT64) {
            agent_buffer_adds(&x->text, "\"");
        }

        if (x->phase == AGENT_LOGS_CLOSE) {
            agent_logs_closing(x);
            x->phase = AGENT_LOGS_END;
            return;
        }

        stream = agent_logs_phases[x->phase].stream;

        if (!agent_logs_phases[x->phase].base64) {
            agent_buffer_printf(&x->text, "%s",
                                agent_logs_phases[x->phase].open);

            if (x->phase == AGENT_LOGS_STDOUT || x->seen[stream - 1]) {
                break;
            }

        } else if (x->lossy[stream - 1]) {
            agent_buffer_printf(&x->text, "%s",
                                agent_logs_phases[x->phase].open);
            break;
        }
    }

    x->reader = agent_log_reader_create(x->observer.process->log, x->from,
                                        agent_logs_ready, x);

    if (x->reader == NULL) {
        x->text.failed = 1;
    }
}


static void
agent_logs_closing(agent_logs_t *x)
{
    int               err;
    char              stamp[32];
    uint64_t          lost;
    agent_process_t  *p;

    p = x->observer.process;

    agent_buffer_printf(&x->text, ",\"offset\":%" PRIu64 ",\"nextOffset\":%"
                        PRIu64 ",\"logStart\":%" PRIu64 ",\"logEnd\":%" PRIu64
                        ",\"truncated\":%s", x->from, x->to,
                        agent_run_log_begin(p->log),
                        agent_run_log_end(p->log), x->gap ? "true" : "false");

    err = agent_run_log_error(p->log, &lost);

    if (err) {
        agent_buffer_printf(&x->text, ",\"lost\":{\"offset\":%" PRIu64
                            ",\"reason\":\"%s\"}", lost, strerror(err));
    }

    agent_buffer_printf(&x->text, ",\"status\":\"%s\",\"timestamp\":\"%s\"}",
                        agent_process_json_status(p->status),
                        agent_time_iso(stamp));

    if (agent_process_ended(p)) {
        agent_process_reported(p);
    }
}


static void
agent_logs_close(agent_request_t *r, int aborted)
{
    agent_logs_t  *x;

    x = r->data;

    agent_log_reader_free(x->reader);
    agent_process_unobserve(&x->observer);
    agent_buffer_free(&x->text);

    if (x->timed) {
        uv_close((uv_handle_t *) &x->timer, agent_logs_closed);
        return;
    }

    free(x);
}


static void
agent_logs_closed(uv_handle_t *handle)
{
    free(handle->data);
}
