
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/loop.h"
#include "base/time.h"
#include "base/utf8.h"
#include "http/error.h"
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


#define AGENT_LOGS_BUFFER  65536
#define AGENT_LOGS_PIECE   4096        /* bytes of output per step */

/* how long to wait for the first output of a command just started */
#define AGENT_LOGS_YOUNG   250         /* ms */


enum {
    AGENT_LOGS_STDOUT = 0,
    AGENT_LOGS_STDERR,
    AGENT_LOGS_STDOUT64,
    AGENT_LOGS_STDERR64,
    AGENT_LOGS_CLOSE
};


typedef struct {
    agent_request_t           *r;
    agent_process_observer_t   watch;
    agent_log_reader_t        *reader;
    uv_timer_t                 timer;

    uint64_t                   from;
    uint64_t                   to;
    uint64_t                   limit;
    int                        phase;

    agent_log_reader_piece_t   piece;
    size_t                     piece_len;  /* what is left of it */
    char                       rest[2];    /* rest of a base64 group */
    size_t                     nrest;

    unsigned                   seen[2];    /* results of the first pass */
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
static void agent_logs_ready(void *data);
static void agent_logs_drain(agent_request_t *r);
static void agent_logs_more(agent_logs_t *x);
static int agent_logs_pass(agent_logs_t *x);
static void agent_logs_piece(agent_logs_t *x);
static void agent_logs_next(agent_logs_t *x);
static void agent_logs_put(agent_logs_t *x, const char *text);
static void agent_logs_room(agent_logs_t *x, size_t n);
static void agent_logs_flush(agent_logs_t *x);
static void agent_logs_closing(agent_logs_t *x);
static void agent_logs_close(agent_request_t *r, int aborted);
static void agent_logs_closed(uv_handle_t *handle);


static char    agent_logs_buf[AGENT_LOGS_BUFFER];
static size_t  agent_logs_len;


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

    x->watch.data = x;
    x->watch.on_output = agent_logs_output;
    x->watch.on_exit = agent_logs_output;

    agent_process_observe(p, &x->watch);

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
    agent_run_log_t    *log;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    if (x->young) {
        x->young = 0;
        uv_timer_stop(&x->timer);
    }

    log = x->watch.process->log;

    if (x->from < agent_run_log_begin(log)) {
        x->from = agent_run_log_begin(log);
        x->gap = 1;
    }

    x->to = agent_run_log_end(log);

    if (x->limit < x->to - x->from) {
        x->to = x->from + x->limit;
    }

    x->phase = -1;

    agent_response_begin(x->r, 200, headers, -1);

    agent_logs_put(x, "{\"success\":true,\"processId\":\"");
    agent_logs_put(x, x->watch.process->id);
    agent_logs_put(x, "\"");

    agent_logs_next(x);
    agent_logs_more(x);
}


static void
agent_logs_ready(void *data)
{
    agent_logs_more(data);
}


static void
agent_logs_drain(agent_request_t *r)
{
    agent_logs_t  *x;

    x = r->data;

    if (!x->young) {
        agent_logs_more(x);
    }
}


static void
agent_logs_more(agent_logs_t *x)
{
    while (x->phase != AGENT_LOGS_CLOSE) {

        if (agent_response_queued(x->r) > AGENT_HTTP_HIGH
            || !agent_logs_pass(x))
        {
            agent_logs_flush(x);
            return;
        }
    }

    agent_logs_closing(x);
}


/* 0: on_ready follows */

static int
agent_logs_pass(agent_logs_t *x)
{
    int                        stream;
    size_t                     tail;
    agent_log_reader_e         rc;
    agent_log_reader_piece_t  *piece;

    if (agent_log_reader_offset(x->reader) >= x->to) {
        agent_logs_next(x);
        return 1;
    }

    piece = &x->piece;

    rc = agent_log_reader_read(x->reader, piece);

    switch (rc) {

    case AGENT_LOG_READER_WAIT:
        return 0;

    case AGENT_LOG_READER_OFF:
        agent_logs_next(x);
        return 1;

    case AGENT_LOG_READER_GAP:
        x->gap = 1;
        return 1;

    default:
        break;
    }

    x->piece_len = (size_t) (piece->end - piece->offset);
    stream = piece->stream;

    if (piece->end > x->to) {
        x->piece_len = (size_t) (x->to - piece->offset);
        tail = agent_utf8_incomplete(piece->data, x->piece_len);

        /* do not split a character, unless nothing else is left */

        if (x->phase == AGENT_LOGS_STDOUT && piece->offset + x->piece_len
                                             - tail > x->from)
        {
            x->piece_len -= tail;
            x->to -= tail;
        }
    }

    if (x->phase == AGENT_LOGS_STDOUT) {
        x->seen[stream - 1] = 1;

        if (!agent_utf8_valid(piece->data, x->piece_len)) {
            x->lossy[stream - 1] = 1;
        }
    }

    if (stream != agent_logs_phases[x->phase].stream) {
        x->piece_len = 0;
    }

    /* valid until the next call; used at once */

    while (x->piece_len) {
        agent_logs_piece(x);
    }

    return 1;
}


static void
agent_logs_piece(agent_logs_t *x)
{
    char        *out, three[3];
    size_t       n, len;
    const char  *data;

    data = x->piece.data;
    len = x->piece_len;

    agent_logs_room(x, AGENT_LOGS_PIECE * AGENT_JSON_TEXT_ESCAPE);

    out = agent_logs_buf + agent_logs_len;

    if (!agent_logs_phases[x->phase].base64) {

        if (len > AGENT_LOGS_PIECE) {
            len = AGENT_LOGS_PIECE;
            len -= agent_utf8_incomplete(data, len);
        }

        n = len;
        agent_logs_len += agent_json_text_escape(out, data, n);

    } else if (x->nrest) {

        /* complete a base64 group */

        memcpy(three, x->rest, x->nrest);

        for (n = 0; x->nrest + n < 3 && n < len; n++) {
            three[x->nrest + n] = data[n];
        }

        if (x->nrest + n == 3) {
            agent_logs_len += agent_base64(out, three, 3);
            x->nrest = 0;

        } else {
            memcpy(x->rest, three, x->nrest + n);
            x->nrest += n;
        }

    } else {
        n = len > AGENT_LOGS_PIECE ? AGENT_LOGS_PIECE : len;
        n = n / 3 * 3;

        agent_logs_len += agent_base64(out, data, n);

        if (n == 0) {
            n = len;
            memcpy(x->rest, data, n);
            x->nrest = n;
        }
    }

    x->piece.data += n;
    x->piece_len -= n;
}


/* a member of the response is complete: continue with the next */

static void
agent_logs_next(agent_logs_t *x)
{
    int   stream;
    char  last[5];

    if (x->phase >= 0 && agent_logs_phases[x->phase].base64) {
        last[agent_base64(last, x->rest, x->nrest)] = '\0';
        x->nrest = 0;
        agent_logs_put(x, last);
        agent_logs_put(x, "\"");
    }

    agent_log_reader_free(x->reader);
    x->reader = NULL;

    for ( ;; ) {

        if (++x->phase == AGENT_LOGS_STDOUT64) {
            agent_logs_put(x, "\"");
        }

        if (x->phase == AGENT_LOGS_CLOSE) {
            return;
        }

        stream = agent_logs_phases[x->phase].stream;

        if (!agent_logs_phases[x->phase].base64) {
            agent_logs_put(x, agent_logs_phases[x->phase].open);

            if (x->phase == AGENT_LOGS_STDOUT || x->seen[stream - 1]) {
                break;
            }

        } else if (x->lossy[stream - 1]) {
            agent_logs_put(x, agent_logs_phases[x->phase].open);
            break;
        }
    }

    x->reader = agent_log_reader_create(x->watch.process->log, x->from,
                                        agent_logs_ready, x);

    if (x->reader == NULL) {
        agent_response_abort(x->r);
        x->phase = AGENT_LOGS_CLOSE;
    }
}


static void
agent_logs_put(agent_logs_t *x, const char *text)
{
    size_t  n;

    n = strlen(text);

    agent_logs_room(x, n);

    memcpy(agent_logs_buf + agent_logs_len, text, n);
    agent_logs_len += n;
}


static void
agent_logs_room(agent_logs_t *x, size_t n)
{
    if (n > AGENT_LOGS_BUFFER - agent_logs_len) {
        agent_logs_flush(x);
    }
}


static void
agent_logs_flush(agent_logs_t *x)
{
    agent_response_write(x->r, agent_logs_buf, agent_logs_len);
    agent_logs_len = 0;
}


static void
agent_logs_closing(agent_logs_t *x)
{
    int               err;
    char              text[512], stamp[32];
    uint64_t          lost;
    agent_process_t  *p;

    p = x->watch.process;

    snprintf(text, sizeof(text), ",\"offset\":%" PRIu64 ",\"nextOffset\":%"
             PRIu64 ",\"logStart\":%" PRIu64 ",\"logEnd\":%" PRIu64
             ",\"truncated\":%s", x->from, x->to, agent_run_log_begin(p->log),
             agent_run_log_end(p->log), x->gap ? "true" : "false");

    agent_logs_put(x, text);

    err = agent_run_log_error(p->log, &lost);

    if (err) {
        snprintf(text, sizeof(text), ",\"lost\":{\"offset\":%" PRIu64
                 ",\"reason\":\"%s\"}", lost, strerror(err));
        agent_logs_put(x, text);
    }

    snprintf(text, sizeof(text), ",\"status\":\"%s\",\"timestamp\":\"%s\"}",
             agent_process_json_status(p->status), agent_time_iso(stamp));

    agent_logs_put(x, text);
    agent_logs_flush(x);

    if (agent_process_ended(p)) {
        agent_process_reported(p);
    }

    agent_response_end(x->r);
}


static void
agent_logs_close(agent_request_t *r, int aborted)
{
    agent_logs_t  *x;

    x = r->data;

    agent_log_reader_free(x->reader);
    agent_process_unobserve(&x->watch);

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
