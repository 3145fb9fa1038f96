
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ac_clock.h"
#include "ac_log.h"
#include "ac_text.h"
#include "docker/ac_docker_call.h"
#include "docker/ac_docker_json.h"


/* ms without a response after which the engine is pinged */
#define AC_DOCKER_CALL_DOUBT       5000

/* ms after leaving the queue during which a call still counts as queued */
#define AC_DOCKER_CALL_RECENT      1000

#define AC_DOCKER_CALL_LINE_MAX    65536
#define AC_DOCKER_CALL_BODY_MAX    1048576
#define AC_DOCKER_CALL_LIST_MAX    (8 * 1048576)
#define AC_DOCKER_CALL_STREAM_MAX  (4 * 1048576)


#define ac_docker_call_log(call, format, ...)                                 \
    ac_log_debug((call)->docker->loop, "engine %s %.128s: " format,           \
                 (call)->params.method, (call)->params.path, __VA_ARGS__)


struct ac_call_s {
    ac_call_t           *next;
    ac_docker_t         *docker;
    ac_endpoint_t       *ep;
    ac_docker_params_t   params;

    ac_docker_entry_t    entry;        /* in the queue */
    ac_docker_waiter_t   waiter;       /* for addresses and version */
    ac_http_request_t   *http;
    ac_timer_t          *timer;
    size_t               at;           /* the address in use */
    unsigned             tried;        /* how many have failed */

    ac_error_e           error;        /* if posted, for the timer */
    char                 message[512];

    unsigned             posted:1;
    unsigned             doubted:1;    /* the engine was pinged */
    unsigned             busy:1;       /* a handler of its events runs */
    unsigned             cancelled:1;  /* by that handler */
    unsigned             finished:1;
    unsigned             retried:1;
};


static void ac_docker_call_run(ac_call_t *call);
static void ac_docker_call_enqueue(ac_call_t *call);
static void ac_docker_call_queue_ready(void *data, ac_error_e error,
    const char *message);
static void ac_docker_call_go(ac_call_t *call);
static void ac_docker_call_version_ready(void *data, ac_error_e error,
    const char *message);
static void ac_docker_call_send(ac_call_t *call);
static void ac_docker_call_post(ac_call_t *call, ac_error_e error,
    const char *message);
static void ac_docker_call_timer_handler(void *data);
static int ac_docker_call_may_doubt(const ac_call_t *call);
static void ac_docker_call_detach(ac_call_t *call);
static void ac_docker_call_destroy(ac_call_t *call);
static void ac_docker_call_finish(ac_call_t *call, ac_reply_t *reply);
static void ac_docker_call_http_handler(void *data, ac_http_request_t *r);
static int ac_docker_call_stream(ac_call_t *call, ac_http_result_t *res);
static void ac_docker_call_done(ac_call_t *call, ac_http_result_t *res);
static void ac_docker_call_failed(ac_call_t *call, ac_http_result_t *res);


ac_call_t *
ac_docker_call_start(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_docker_params_t *params)
{
    unsigned    flags;
    ac_call_t  *call;

    call = params->path ? calloc(1, sizeof(ac_call_t)) : NULL;
    if (call == NULL) {
        goto failed;
    }

    flags = params->kind == AC_DOCKER_EVENTS ? AC_BACKGROUND : 0;

    call->timer = d->loop->timer(d->loop, flags, ac_docker_call_timer_handler,
                                 call);
    if (call->timer == NULL) {
        goto failed;
    }

    call->docker = d;
    call->ep = ep;
    call->params = *params;

    call->entry.lane = d->turn.lane;
    call->entry.owner = d->turn.owner;
    call->entry.begun = d->turn.begun;
    call->entry.ready = ac_docker_call_queue_ready;
    call->entry.data = call;

    call->waiter.ready = ac_docker_call_version_ready;
    call->waiter.data = call;

    memset(&d->turn, 0, sizeof(ac_docker_turn_t));

    call->next = d->calls;
    d->calls = call;

    ac_docker_call_run(call);

    return call;

failed:

    free(params->path);
    free(params->body);
    free(call);

    return NULL;
}


int
ac_docker_call_waits(const ac_call_t *call)
{
    return call->entry.queued
           || (call->entry.given
               && ac_clock_ms() - call->entry.given < AC_DOCKER_CALL_RECENT);
}


static void
ac_docker_call_run(ac_call_t *call)
{
    if (call->params.path[0] == '\0') {
        ac_docker_call_post(call, AC_MALFORMED, "invalid name");
        return;
    }

    /* while the engine is away, calls join the queue when it is back */

    if (call->params.kind == AC_DOCKER_EVENTS
        || ac_docker_health_away(&call->docker->health))
    {
        ac_docker_call_go(call);
        return;
    }

    ac_docker_call_enqueue(call);
}


static void
ac_docker_call_enqueue(ac_call_t *call)
{
    ac_docker_queue_join(&call->docker->queue, &call->entry);

    if (call->entry.queued) {
        ac_docker_call_log(call, "queued for at most %u ms", call->params.ms);

        call->docker->loop->start(call->timer, call->params.ms);
    }
}


static void
ac_docker_call_queue_ready(void *data, ac_error_e error, const char *message)
{
    if (error) {
        ac_docker_call_post(data, error, message);
        return;
    }

    ac_docker_call_go(data);
}


static void
ac_docker_call_go(ac_call_t *call)
{
    unsigned       ms;
    ac_error_e     error;
    ac_docker_t   *d;
    const char    *message;

    d = call->docker;

    /* the deadline starts here: it excludes the time in the queue */

    if (call->params.kind != AC_DOCKER_EVENTS) {
        ms = ac_docker_call_may_doubt(call) ? AC_DOCKER_CALL_DOUBT
                                            : call->params.ms;
        d->loop->start(call->timer, ms);
    }

    if (!ac_docker_endpoint_stale(call->ep) && call->ep->version) {
        ac_docker_call_send(call);
        return;
    }

    error = ac_docker_health_known(&d->health, call->ep, &message);

    if (error) {
        ac_docker_call_post(call, error, message);
        return;
    }

    ac_docker_call_log(call, "waits for %s of the engine",
                       call->ep->version ? "the address" : "a ping");

    ac_docker_version_wait(&d->version, call->ep, &call->waiter);
}


/* runs no user handler: the negotiation has other waiters to tell */

static void
ac_docker_call_version_ready(void *data, ac_error_e error,
    const char *message)
{
    ac_call_t  *call;

    call = data;

    if (error) {
        ac_docker_call_post(call, error, message);

    } else if (call->entry.counted
               || call->params.kind == AC_DOCKER_EVENTS)
    {
        ac_docker_call_send(call);

    } else {
        ac_docker_call_enqueue(call);
    }
}


static void
ac_docker_call_send(ac_call_t *call)
{
    ac_docker_request_t  req;

    memset(&req, 0, sizeof(ac_docker_request_t));

    req.method = call->params.method;
    req.path = call->params.path;
    req.body = call->params.body;
    req.body_max = AC_DOCKER_CALL_BODY_MAX;
    req.tried = call->tried;

    if (call->params.kind == AC_DOCKER_LIST) {
        req.body_max = AC_DOCKER_CALL_LIST_MAX;

    } else if (call->params.kind == AC_DOCKER_EVENTS) {
        req.body_max = AC_DOCKER_CALL_STREAM_MAX;
        req.stream = 1;
    }

    ac_docker_call_log(call, "sent, deadline %u ms", call->params.ms);

    call->at = call->ep->at;
    call->http = ac_docker_request_start(call->docker->http, call->ep, &req,
                                         ac_docker_call_http_handler, call);

    if (call->http == NULL) {
        ac_docker_call_post(call, AC_NOMEM, "out of memory");
    }
}


/* ends the call with an error, from the next turn of the loop */

static void
ac_docker_call_post(ac_call_t *call, ac_error_e error, const char *message)
{
    ac_docker_version_cancel(&call->waiter);

    if (call->http) {
        ac_http_free(call->http);
        call->http = NULL;
    }

    call->posted = 1;
    call->error = error;
    ac_text_copy(call->message, sizeof(call->message), message,
                 strlen(message));

    call->docker->loop->start(call->timer, 0);
}


static void
ac_docker_call_timer_handler(void *data)
{
    ac_call_t   *call;
    ac_reply_t   reply;

    call = data;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (call->posted) {
        reply.error = call->error;
        (void) strcpy(reply.message, call->message);

    } else if (call->entry.queued) {
        reply.error = AC_BUSY;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "still queued after %u ms", call->params.ms);

    } else if (!call->doubted && ac_docker_call_may_doubt(call)) {
        ac_docker_call_log(call, "no response after %d ms",
                           AC_DOCKER_CALL_DOUBT);

        call->doubted = 1;
        call->docker->loop->start(call->timer,
                                  call->params.ms - AC_DOCKER_CALL_DOUBT);

        ac_docker_probe_doubt(&call->docker->probe, call->ep);
        return;

    } else {
        ac_docker_endpoint_failed(call->ep, AC_TIMEDOUT);

        if (!call->doubted) {
            ac_docker_probe_doubt(&call->docker->probe, call->ep);
        }

        reply.error = AC_TIMEDOUT;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "%.319s: no answer within %u ms", call->ep->name,
                        call->params.ms);
    }

    ac_docker_call_finish(call, &reply);
}


void
ac_docker_call_cancel(ac_call_t *call)
{
    if (call->finished || call->cancelled) {
        return;
    }

    ac_docker_call_detach(call);

    if (call->busy) {
        call->cancelled = 1;
        return;
    }

    ac_docker_call_destroy(call);
}


/* 1: the engine is pinged before the deadline has passed */

static int
ac_docker_call_may_doubt(const ac_call_t *call)
{
    return call->docker->health.ep
           && call->params.ms > AC_DOCKER_CALL_DOUBT;
}


static void
ac_docker_call_detach(ac_call_t *call)
{
    ac_call_t  **p;

    for (p = &call->docker->calls; *p != call; p = &(*p)->next) {
        /* void */
    }

    *p = call->next;

    ac_docker_version_cancel(&call->waiter);

    if (call->http) {
        ac_http_free(call->http);
        call->http = NULL;
    }

    call->docker->loop->free_timer(call->timer);
    call->timer = NULL;

    ac_docker_queue_leave(&call->docker->queue, &call->entry);
}


static void
ac_docker_call_destroy(ac_call_t *call)
{
    free(call->params.path);
    free(call->params.body);
    free(call);
}


static void
ac_docker_call_finish(ac_call_t *call, ac_reply_t *reply)
{
    if (reply->error) {
        ac_docker_call_log(call, "%s: %.200s", ac_error_text(reply->error),
                           reply->message);

    } else {
        ac_docker_call_log(call, "%d%s%.200s", reply->status,
                           reply->message[0] ? " " : "", reply->message);
    }

    ac_docker_call_detach(call);

    /* the handler may try to cancel its own call */

    call->finished = 1;

    if (call->params.kind == AC_DOCKER_EVENTS) {
        call->params.on_event(call->params.data, NULL, reply);

    } else {
        call->params.handler(call->params.data, reply);
    }

    ac_docker_call_destroy(call);
}


static void
ac_docker_call_http_handler(void *data, ac_http_request_t *r)
{
    ac_call_t         *call;
    ac_http_result_t  *res;

    call = data;
    res = ac_http_result(r);

    if (call->params.kind == AC_DOCKER_EVENTS && res->status == 200
        && res->error != AC_TOO_BIG
        && ac_docker_call_stream(call, res) == -1)
    {
        return;
    }

    if (res->done) {
        ac_docker_call_done(call, res);
    }
}


/* -1: the call is over */

static int
ac_docker_call_stream(ac_call_t *call, ac_http_result_t *res)
{
    char         *p, *end, *line;
    ac_event_t    event;
    ac_reply_t    reply;
    ac_error_e    error;

    if (strstr(res->content_type, "json") == NULL) {
        ac_docker_reply_error(&reply, AC_MALFORMED, "the events are not JSON");
        goto failed;
    }

    line = res->body;
    end = res->body + res->len;

    while (line < end) {
        p = memchr(line, '\n', (size_t) (end - line));
        if (p == NULL) {
            break;
        }

        error = AC_OK;
        event.action[0] = '\0';

        if (p != line && !(p == line + 1 && *line == '\r')) {
            error = ac_docker_json_event(line, (size_t) (p - line), &event);
        }

        if (error) {
            ac_docker_reply_error(&reply, error,
                                  "an event does not conform to the API");
            goto failed;
        }

        line = p + 1;

        if (event.action[0] == '\0') {
            continue;
        }

        call->busy = 1;
        call->params.on_event(call->params.data, &event, NULL);
        call->busy = 0;

        if (call->cancelled) {
            ac_docker_call_destroy(call);
            return -1;
        }
    }

    if (end - line > AC_DOCKER_CALL_LINE_MAX) {
        ac_docker_reply_error(&reply, AC_TOO_BIG, "an event is too long");
        goto failed;
    }

    ac_http_consume(call->http, (size_t) (line - res->body));

    return 0;

failed:

    ac_docker_call_finish(call, &reply);

    return -1;
}


static void
ac_docker_call_done(ac_call_t *call, ac_http_result_t *res)
{
    ac_docker_reply_t  rep;

    if (res->error == AC_UNREACHABLE
        && ac_docker_endpoint_next(call->ep, call->at, call->tried))
    {
        /* nothing was sent yet: try the next address */

        call->tried++;

        ac_http_free(call->http);
        call->http = NULL;

        ac_docker_call_send(call);
        return;
    }

    if (res->error) {
        ac_docker_call_failed(call, res);
        return;
    }

    ac_docker_reply_read(&rep, call->params.kind, res);

    if (rep.reply.status == 400 && !call->retried
        && strncmp(rep.reply.message, "client version ", 15) == 0)
    {
        /* the engine was replaced by another version */

        call->retried = 1;
        call->ep->version = ac_docker_version_demanded(rep.reply.message);

        ac_http_free(call->http);
        call->http = NULL;

        ac_docker_call_go(call);
        return;
    }

    ac_docker_call_finish(call, &rep.reply);

    ac_docker_reply_free(&rep);
}


static void
ac_docker_call_failed(ac_call_t *call, ac_http_result_t *res)
{
    ac_reply_t  reply;

    ac_docker_endpoint_failed(call->ep, res->error);

    ac_docker_reply_error(&reply, res->error, "");
    ac_docker_request_explain(call->ep, res, reply.message,
                              sizeof(reply.message));

    if (res->error == AC_UNREACHABLE) {
        ac_docker_health_verdict(&call->docker->health, call->ep, res->error,
                                 reply.message);

    } else {
        ac_docker_probe_doubt(&call->docker->probe, call->ep);
    }

    ac_docker_call_finish(call, &reply);
}
