
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_writer.h"
#include "base/loop.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "http/error.h"
#include "http/request.h"
#include "process/params.h"
#include "process/process.h"
#include "process/wait.h"
#include "process/wait_log.h"
#include "run/log_reader.h"
#include "sys/thread_job.h"


/* maximum length of a line in the response */
#define AGENT_SEARCH_LINE  4096


typedef struct agent_search_s  agent_search_t;


/*
 * The pattern and its position in the log.  Expressions run in a thread, only
 * one at a time for the whole agent, so that hostile expressions leave the
 * other threads of the pool to logs and files.
 */

typedef struct agent_search_job_s {
    agent_thread_job_t      thread;    /* first; owned by the search */
    agent_pattern_t        *pattern;
    agent_pattern_state_t   states[2];
    int                     stream;    /* stream of the data */
    char                    buf[AGENT_PATTERN_WINDOW];
    size_t                  len;       /* 0: end of the log */
    ssize_t                 at;
    unsigned                queued:1;
    TAILQ_ENTRY(agent_search_job_s)  link;
} agent_search_job_t;


TAILQ_HEAD(agent_search_jobs_s, agent_search_job_s);


/* wait-for-log: reads the log from an offset on, and then as it grows */

struct agent_search_s {
    agent_wait_t          wait;
    agent_search_job_t   *job;
    agent_log_reader_t   *reader;
    uv_idle_t             idle;
    int                   stream;      /* 0: both streams */
    int                   last;        /* streams that have ended */

    /* the incomplete line of each stream */
    char                 *line[2];
    size_t                line_len[2];

    unsigned              yielded:1;
};


static void agent_search_event(agent_process_observer_t *observer);
static void agent_search_ready(void *data);
static void agent_search_idle(uv_idle_t *idle);
static void agent_search_more(agent_search_t *x);
static void agent_search_run(agent_search_t *x, const char *buf, size_t len);
static void agent_search_next(void);
static void agent_search_work(agent_thread_job_t *thread);
static void agent_search_worked(agent_thread_job_t *thread);
static int agent_search_busy(agent_search_job_t *job);
static void agent_search_done(agent_search_t *x, const char *buf, size_t len,
    ssize_t at);
static void agent_search_keep(agent_search_t *x, int n, const char *buf,
    size_t len);
static void agent_search_found(agent_search_t *x, int stream,
    uint64_t offset);
static void agent_search_close(agent_wait_t *w);
static void agent_search_leave(agent_search_job_t *job);
static void agent_search_free(agent_thread_job_t *thread);


static struct agent_search_jobs_s  agent_search_jobs =
    TAILQ_HEAD_INITIALIZER(agent_search_jobs);

static agent_search_job_t  *agent_search_running;


void
agent_process_wait_log(agent_request_t *r, json_t *body)
{
    int                             i;
    char                            condition[160];
    agent_fault_t                   fault;
    agent_search_t                 *x;
    agent_process_params_search_t   search;

    if (agent_process_params_search(body, &search, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    i = snprintf(condition, sizeof(condition), "log line \"%.128s",
                 search.text);
    i -= (int) agent_utf8_incomplete(condition, i);
    snprintf(condition + i, sizeof(condition) - i, "\"");

    x = (agent_search_t *) agent_wait_create(r, sizeof(agent_search_t),
                                             search.timeout_ms, condition);

    if (x == NULL) {
        agent_pattern_free(search.pattern);
        return;
    }

    x->stream = search.stream;
    x->wait.observer.on_output = agent_search_event;
    x->wait.observer.on_exit = agent_search_event;
    x->wait.on_close = agent_search_close;

    uv_idle_init(agent_loop, &x->idle);
    x->idle.data = x;
    x->wait.handles++;

    x->line[0] = malloc(AGENT_SEARCH_LINE);
    x->line[1] = malloc(AGENT_SEARCH_LINE);
    x->job = calloc(1, sizeof(agent_search_job_t));
    x->reader = agent_log_reader_create(x->wait.observer.process->log,
                                        search.offset, agent_search_ready,
                                        x);

    if (x->job) {
        x->job->pattern = search.pattern;
        x->job->thread.run = agent_search_work;
        x->job->thread.done = agent_search_worked;
        x->job->thread.free = agent_search_free;
        x->job->thread.owner = x;

    } else {
        agent_pattern_free(search.pattern);
    }

    if (x->reader == NULL || x->job == NULL || x->line[0] == NULL
        || x->line[1] == NULL)
    {
        agent_wait_no_memory(&x->wait);
        return;
    }

    agent_search_more(x);
}


static void
agent_search_event(agent_process_observer_t *observer)
{
    agent_search_more(observer->data);
}


static void
agent_search_ready(void *data)
{
    agent_search_more(data);
}


static void
agent_search_idle(uv_idle_t *idle)
{
    agent_search_t  *x;

    x = idle->data;
    x->yielded = 0;

    uv_idle_stop(idle);

    agent_search_more(x);
}


/* one piece per iteration of the loop, for fairness */

static void
agent_search_more(agent_search_t *x)
{
    size_t                     n, len;
    agent_search_job_t        *job;
    agent_log_reader_piece_t   piece;

    job = x->job;

    if (x->wait.over || x->yielded || agent_search_busy(job)) {
        return;
    }

    switch (agent_log_reader_read(x->reader, &piece)) {

    case AGENT_LOG_READER_WAIT:
        return;

    case AGENT_LOG_READER_DATA:

        if (x->stream && x->stream != piece.stream) {
            break;
        }

        len = (size_t) (piece.end - piece.offset);

        if (agent_pattern_is_regex(job->pattern)
            && len > AGENT_PATTERN_WINDOW)
        {
            n = AGENT_PATTERN_WINDOW;
            n -= agent_utf8_incomplete(piece.data, n);

            agent_log_reader_unread(x->reader, len - n);
            len = n;
        }

        job->stream = piece.stream;
        agent_search_run(x, piece.data, len);
        return;

    case AGENT_LOG_READER_GAP:

        /* a line does not continue across a gap */

        agent_pattern_begin(&job->states[0]);
        agent_pattern_begin(&job->states[1]);
        x->line_len[0] = 0;
        x->line_len[1] = 0;
        break;

    default: /* AGENT_LOG_READER_OFF */

        if (!agent_process_ended(x->wait.observer.process)) {
            return;
        }

        /* the last lines may be unterminated */

        if (x->last == 2) {
            agent_wait_exited(&x->wait);
            return;
        }

        job->stream = ++x->last;
        agent_search_run(x, NULL, 0);
        return;
    }

    x->yielded = 1;
    uv_idle_start(&x->idle, agent_search_idle);
}


static void
agent_search_run(agent_search_t *x, const char *buf, size_t len)
{
    agent_search_job_t  *job;

    job = x->job;

    if (!agent_pattern_is_regex(job->pattern)) {
        agent_search_done(x, buf, len,
                          len ? agent_pattern_feed(job->pattern,
                                             &job->states[job->stream - 1],
                                             buf, len) : -1);
        return;
    }

    if (len) {
        memcpy(job->buf, buf, len);
    }

    job->len = len;
    job->queued = 1;

    TAILQ_INSERT_TAIL(&agent_search_jobs, job, link);

    agent_search_next();
}


static void
agent_search_next(void)
{
    agent_search_job_t  *job;

    job = TAILQ_FIRST(&agent_search_jobs);

    if (job == NULL || agent_search_running) {
        return;
    }

    TAILQ_REMOVE(&agent_search_jobs, job, link);

    job->queued = 0;
    agent_search_running = job;

    if (agent_thread_job_start(&job->thread) != 0) {
        agent_search_running = NULL;
        agent_wait_no_memory(job->thread.owner);
    }
}


static void
agent_search_work(agent_thread_job_t *thread)
{
    agent_search_job_t     *job;
    agent_pattern_state_t  *state;

    job = (agent_search_job_t *) thread;
    state = &job->states[job->stream - 1];

    if (job->len) {
        job->at = agent_pattern_feed(job->pattern, state, job->buf, job->len);

    } else {
        job->at = agent_pattern_end(job->pattern, state) ? 0 : -1;
    }
}


static void
agent_search_worked(agent_thread_job_t *thread)
{
    agent_search_t      *x;
    agent_search_job_t  *job;

    job = (agent_search_job_t *) thread;
    x = thread->owner;

    agent_search_leave(job);

    if (!x->wait.over) {
        agent_search_done(x, job->buf, job->len, job->at);
    }
}


/* 1: it is waiting for the thread, or running */

static int
agent_search_busy(agent_search_job_t *job)
{
    return job->queued || job->thread.busy;
}


/* let the next search run */

static void
agent_search_leave(agent_search_job_t *job)
{
    if (agent_search_running == job) {
        agent_search_running = NULL;
        agent_search_next();
    }
}


static void
agent_search_done(agent_search_t *x, const char *buf, size_t len, ssize_t at)
{
    int          n;
    size_t       end;
    const char  *p;

    n = x->job->stream - 1;

    if (at == -1) {
        agent_search_keep(x, n, buf, len);

        x->yielded = 1;
        uv_idle_start(&x->idle, agent_search_idle);
        return;
    }

    /* the line in which the match ends, as far as it has arrived */

    end = at;

    if (end && buf[end - 1] == '\n') {
        end--;
    }

    agent_search_keep(x, n, buf, end);

    p = len ? memchr(buf + end, '\n', len - end) : NULL;

    agent_search_keep(x, n, buf + end, p ? (size_t) (p - buf) - end
                                         : len - end);

    agent_search_found(x, n + 1, agent_log_reader_offset(x->reader) - len
                                 + at);
}


/* keeps the incomplete line of the data processed so far */

static void
agent_search_keep(agent_search_t *x, int n, const char *buf, size_t len)
{
    size_t       room;
    const char  *p;

    if (len == 0) {
        return;
    }

    p = memrchr(buf, '\n', len);

    if (p) {
        p++;
        len -= p - buf;
        buf = p;
        x->line_len[n] = 0;
    }

    room = AGENT_SEARCH_LINE - x->line_len[n];

    if (len > room) {
        len = room;
    }

    memcpy(x->line[n] + x->line_len[n], buf, len);
    x->line_len[n] += len;
}


static void
agent_search_found(agent_search_t *x, int stream, uint64_t offset)
{
    char                 *line;
    size_t                len;
    json_t               *json;
    agent_buffer_t        b;
    agent_json_writer_t   w;

    line = x->line[stream - 1];
    len = x->line_len[stream - 1];

    if (len == AGENT_SEARCH_LINE) {
        len -= agent_utf8_incomplete(line, len);
    }

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    /* invalid UTF-8 is replaced, as everywhere */

    agent_json_writer_object(&w, NULL);
    agent_json_writer_text(&w, "line", line, len);

    if (!agent_utf8_valid(line, len)) {
        agent_json_writer_base64(&w, "lineBase64", line, len);
    }

    agent_json_writer_object_end(&w);

    if (b.failed) {
        agent_buffer_free(&b);
        agent_wait_no_memory(&x->wait);
        return;
    }

    json = json_loadb(b.data, b.len, JSON_ALLOW_NUL, NULL);
    agent_buffer_free(&b);

    if (json) {
        json_object_set_new(json, "stream", json_string(stream == 1
                                                        ? "stdout"
                                                        : "stderr"));
        json_object_set_new(json, "offset",
                            json_integer((json_int_t) offset));
    }

    agent_wait_ready(&x->wait, json);
}


static void
agent_search_close(agent_wait_t *w)
{
    agent_search_t      *x;
    agent_search_job_t  *job;

    x = (agent_search_t *) w;
    job = x->job;

    agent_log_reader_free(x->reader);

    free(x->line[0]);
    free(x->line[1]);

    if (job) {

        if (job->queued) {
            TAILQ_REMOVE(&agent_search_jobs, job, link);
        }

        agent_thread_job_detach(&job->thread);
    }

    uv_close((uv_handle_t *) &x->idle, agent_wait_closed);
}


static void
agent_search_free(agent_thread_job_t *thread)
{
    agent_search_job_t  *job;

    job = (agent_search_job_t *) thread;

    agent_search_leave(job);

    agent_pattern_free(job->pattern);
    free(job);
}
