
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/time.h"
#include "files/fault.h"
#include "files/search.h"
#include "files/search_param.h"
#include "files/search_result.h"
#include "files/search_run.h"
#include "http/error.h"
#include "http/response.h"
#include "run/workspace.h"


/* how often timeouts are looked after, ms */
#define AGENT_SEARCH_TICK    250

/* bytes, of the first few searches and of the others */
#define AGENT_SEARCH_FEW     4
#define AGENT_SEARCH_NAMES   (256 * 1024)
#define AGENT_SEARCH_BUFFER  (64 * 1024)
#define AGENT_SEARCH_PIECE   (64 * 1024)
#define AGENT_SEARCH_SMALL   (16 * 1024)


TAILQ_HEAD(agent_searches_s, agent_search_s);


static void agent_search_start(agent_search_t *s);
static void agent_search_want(agent_search_t *s);
static void agent_search_turn(void);
static void agent_search_open(agent_search_t *s);
static void agent_search_release(agent_search_t *s);
static void agent_search_done(agent_thread_job_t *job);
static void agent_search_returned(agent_search_t *s);
static void agent_search_failed(agent_search_t *s, int err);
static void agent_search_send(agent_search_t *s);
static void agent_search_events(agent_search_t *s);
static agent_json_body_e agent_search_next(void *data,
    agent_json_body_segment_t *segment);
static void agent_search_drain(agent_request_t *r);
static void agent_search_drained(void *data);
static void agent_search_tick(uv_timer_t *timer);
static void agent_search_expire(agent_search_t *s);
static void agent_search_close(agent_request_t *r, int aborted);
static void agent_search_closed(void *data);
static void agent_search_free(agent_thread_job_t *job);


/* all, and those that wait for a thread in this order */

static struct agent_searches_s  agent_searches =
    TAILQ_HEAD_INITIALIZER(agent_searches);

static unsigned    agent_search_threads;
static unsigned    agent_search_opened;
static uv_timer_t  agent_search_timer;


void
agent_search(agent_request_t *r, json_t *body,
    const agent_search_kind_t *kind)
{
    agent_fault_t    fault;
    agent_search_t  *s;

    s = calloc(1, kind->size);

    if (s == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    s->kind = kind;
    s->r = r;
    s->file.dir = -1;

    if (agent_search_param(s, body, &fault) != 0
        || kind->params(s, body, &fault) != 0)
    {
        agent_http_error_fault(r, &fault);
        agent_search_free(&s->job);
        return;
    }

    agent_search_start(s);
}


static void
agent_search_start(agent_search_t *s)
{
    s->job.run = agent_search_run_job;
    s->job.done = agent_search_done;
    s->job.free = agent_search_free;
    s->job.owner = s->r;
    s->job.as_user = 1;

    s->body.r = s->r;
    s->body.status = 200;
    s->body.next = agent_search_next;
    s->body.data = s;

    s->sent = 1;

    s->r->data = s;
    s->r->on_drain = agent_search_drain;
    s->r->on_close = agent_search_close;

    agent_json_writer_init(&s->errors_json, &s->errors);

    agent_workspace_make();

    if (agent_search_timer.loop == NULL) {
        uv_timer_init(agent_loop, &agent_search_timer);
    }

    if (TAILQ_EMPTY(&agent_searches)) {
        uv_timer_start(&agent_search_timer, agent_search_tick,
                       AGENT_SEARCH_TICK, AGENT_SEARCH_TICK);
    }

    TAILQ_INSERT_TAIL(&agent_searches, s, link);

    agent_search_want(s);
}


/* goes on when there is a thread for it */

static void
agent_search_want(agent_search_t *s)
{
    s->waits = 1;

    agent_search_turn();
}


static void
agent_search_turn(void)
{
    agent_search_t  *s, *next;

    for (s = TAILQ_FIRST(&agent_searches);
         s && agent_search_threads < AGENT_SEARCH_THREADS;
         s = next)
    {
        next = TAILQ_NEXT(s, link);

        if (!s->waits || (!s->open && agent_search_opened == AGENT_SEARCH_OPEN))
        {
            continue;
        }

        if (!s->open) {
            agent_search_open(s);
        }

        /* next time, the others come first */

        TAILQ_REMOVE(&agent_searches, s, link);
        TAILQ_INSERT_TAIL(&agent_searches, s, link);

        s->waits = 0;
        s->running = 1;
        agent_search_threads++;

        (void) agent_thread_job_start(&s->job);
    }
}


static void
agent_search_open(agent_search_t *s)
{
    if (agent_search_opened < AGENT_SEARCH_FEW
        && agent_memory_level() == AGENT_MEMORY_PLENTY)
    {
        s->memory = AGENT_SEARCH_NAMES;
        s->buffer = AGENT_SEARCH_BUFFER;
        s->piece = AGENT_SEARCH_PIECE;

    } else {
        s->memory = AGENT_SEARCH_SMALL;
        s->buffer = AGENT_SEARCH_SMALL;
        s->piece = AGENT_SEARCH_SMALL;
    }

    s->open = 1;
    agent_search_opened++;

    agent_memory_use(s->memory + s->buffer + s->piece);
}


static void
agent_search_release(agent_search_t *s)
{
    agent_search_run_close(s);

    if (s->open) {
        s->open = 0;
        agent_search_opened--;

        agent_memory_release(s->memory + s->buffer + s->piece);
    }
}


static void
agent_search_done(agent_thread_job_t *job)
{
    int              err;
    agent_search_t  *s;

    s = (agent_search_t *) job;
    err = job->error ? job->error : s->err;

    agent_search_returned(s);

    if (err || s->state == AGENT_SEARCH_ENDED) {
        agent_search_release(s);
    }

    agent_search_turn();

    if (err) {
        agent_search_failed(s, err);

    } else {
        s->sent = 0;
        agent_search_send(s);
    }
}


static void
agent_search_returned(agent_search_t *s)
{
    if (s->running) {
        s->running = 0;
        agent_search_threads--;
    }
}


static void
agent_search_failed(agent_search_t *s, int err)
{
    agent_fault_t  fault;

    s->state = AGENT_SEARCH_ENDED;

    (void) agent_files_fault_errno(&fault, err, s->kind->operation, s->path);

    if (!s->begun) {
        agent_http_error_fault(s->r, &fault);
        return;
    }

    if (s->sse) {
        agent_search_result_fault(s, &fault);
        agent_sse_bytes(s->sse, s->text.data, s->text.len);
        agent_sse_end(s->sse);

    } else {

        /* the client must see that it is not all */

        agent_response_abort(s->r);
    }

    agent_fault_clear(&fault);
}


/* sends the text, as soon as the client has read what was before it */

static void
agent_search_send(agent_search_t *s)
{
    if (s->streams && !s->begun) {
        s->sse = agent_sse_create(s->r);

        if (s->sse == NULL) {
            agent_search_failed(s, ENOMEM);
            return;
        }

        s->sse->data = s;
        s->sse->on_drain = agent_search_drained;
        s->sse->on_close = agent_search_closed;
    }

    s->begun = 1;

    if (s->sse) {
        agent_search_events(s);

    } else {
        agent_json_body_send(&s->body);
    }
}


static void
agent_search_events(agent_search_t *s)
{
    if (!s->sent && s->text.len) {
        agent_sse_bytes(s->sse, s->text.data, s->text.len);
    }

    s->sent = 1;

    if (s->state == AGENT_SEARCH_ENDED) {
        agent_sse_end(s->sse);

    } else if (!agent_sse_full(s->sse)) {
        agent_search_want(s);
    }
}


static agent_json_body_e
agent_search_next(void *data, agent_json_body_segment_t *segment)
{
    agent_search_t  *s;

    s = data;

    if (!s->sent) {
        s->sent = 1;
        segment->data = s->text.data;
        segment->len = s->text.len;

        return AGENT_JSON_BODY_LITERAL;
    }

    if (s->state == AGENT_SEARCH_ENDED) {
        return AGENT_JSON_BODY_END;
    }

    agent_search_want(s);

    return AGENT_JSON_BODY_WAIT;
}


static void
agent_search_drain(agent_request_t *r)
{
    agent_search_t  *s;

    s = r->data;

    if (s->begun && !s->waits && !s->running) {
        agent_json_body_send(&s->body);
    }
}


static void
agent_search_drained(void *data)
{
    agent_search_t  *s;

    s = data;

    if (!s->waits && !s->running) {
        agent_search_events(s);
    }
}


static void
agent_search_tick(uv_timer_t *timer)
{
    uint64_t         now;
    agent_search_t  *s, *next;

    now = agent_time_ms();

    for (s = TAILQ_FIRST(&agent_searches); s; s = next) {
        next = TAILQ_NEXT(s, link);

        if (!s->running && s->state != AGENT_SEARCH_ENDED && now >= s->until) {
            agent_search_expire(s);
        }
    }

    agent_search_turn();
}


/* it waits for a thread, or for a client that does not read */

static void
agent_search_expire(agent_search_t *s)
{
    if (s->sent) {
        s->text.len = 0;
    }

    agent_search_result_timeout(s);
    agent_search_release(s);

    s->waits = 0;
    s->sent = 0;

    agent_search_send(s);
}


static void
agent_search_close(agent_request_t *r, int aborted)
{
    agent_search_closed(r->data);
}


/* the request is over */

static void
agent_search_closed(void *data)
{
    agent_search_t  *s;

    s = data;

    TAILQ_REMOVE(&agent_searches, s, link);

    if (TAILQ_EMPTY(&agent_searches)) {
        uv_timer_stop(&agent_search_timer);
    }

    agent_thread_job_detach(&s->job);
}


static void
agent_search_free(agent_thread_job_t *job)
{
    agent_search_t  *s;

    s = (agent_search_t *) job;

    agent_search_returned(s);
    agent_search_release(s);

    if (s->kind->free) {
        s->kind->free(s);
    }

    agent_ignore_free(&s->include);
    agent_ignore_free(&s->exclude);
    agent_buffer_free(&s->text);
    agent_buffer_free(&s->errors);
    free(s->path);
    free(s);

    agent_search_turn();
}
