
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker_call.h"
#include "docker/ac_docker_json.h"
#include "ac_text.h"


#define AC_CALL_LINE_MAX  65536


static void ac_call_timer_handler(void *data);
static void ac_call_detach(ac_call_t *call);
static void ac_call_destroy(ac_call_t *call);
static void ac_call_finish(ac_call_t *call, ac_reply_t *reply);
static void ac_call_http_handler(void *data, ac_http_request_t *r);
static int ac_call_stream(ac_call_t *call, ac_http_result_t *res);
static void ac_call_done(ac_call_t *call, ac_http_result_t *res);
static void ac_call_success(ac_call_t *call, ac_http_result_t *res,
    ac_reply_t *reply);
static void ac_call_fail(ac_reply_t *reply, ac_error_e error,
    const char *message);


ac_call_t *
ac_call_create(ac_docker_t *d, ac_endpoint_t *ep, ac_call_kind_e kind,
    const char *method, char *path, unsigned ms, ac_reply_pt handler,
    void *data)
{
    unsigned    flags;
    ac_call_t  *call;

    call = path ? calloc(1, sizeof(ac_call_t)) : NULL;
    if (call == NULL) {
        free(path);
        return NULL;
    }

    flags = kind == AC_CALL_EVENTS || kind == AC_CALL_PROBE
            ? AC_BACKGROUND : 0;

    call->timer = d->loop->timer(d->loop, flags, ac_call_timer_handler, call);
    if (call->timer == NULL) {
        free(path);
        free(call);
        return NULL;
    }

    call->docker = d;
    call->ep = ep;
    call->kind = kind;
    call->method = method;
    call->path = path;
    call->ms = ms;
    call->handler = handler;
    call->data = data;

    call->turn = d->queue.turn;
    memset(&d->queue.turn, 0, sizeof(ac_turn_t));

    call->next = d->calls;
    d->calls = call;

    /* create has a body to add first */

    if (kind != AC_CALL_CREATE) {
        ac_call_run(call);
    }

    return call;
}


void
ac_call_run(ac_call_t *call)
{
    if (call->path[0] == '\0') {
        ac_call_post(call, AC_MALFORMED, "the name is not a valid one");
        return;
    }

    switch (call->kind) {

    case AC_CALL_PING:
    case AC_CALL_PROBE:
    case AC_CALL_EVENTS:
        ac_call_go(call);
        return;

    default:
        break;
    }

    if (ac_docker_away(call->docker)) {
        ac_call_go(call);
        return;
    }

    ac_queue_join(call);
}


void
ac_call_go(ac_call_t *call)
{
    unsigned  ms;

    /* events have no deadline, and no part of it has passed for the others */

    if (call->kind != AC_CALL_EVENTS) {
        ms = call->ms;

        if (call->docker->health && ms > AC_CALL_DOUBT) {
            ms = AC_CALL_DOUBT;
        }

        call->docker->loop->start(call->timer, ms);
    }

    if (ac_endpoint_stale(call->ep)
        || (call->kind != AC_CALL_PING && call->ep->version == 0))
    {
        ac_agree_join(call);
        return;
    }

    ac_call_send(call);
}


void
ac_call_send(ac_call_t *call)
{
    call->at = call->ep->at;
    call->http = ac_call_request(call->docker, call->ep, call, call->tried,
                                 ac_call_http_handler, call);

    if (call->http == NULL) {
        ac_call_post(call, AC_NOMEM, "out of memory");
    }
}


void
ac_call_post(ac_call_t *call, ac_error_e error, const char *message)
{
    ac_agree_leave(call);

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
ac_call_timer_handler(void *data)
{
    ac_call_t   *call;
    ac_reply_t   reply;

    call = data;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (call->posted) {
        reply.error = call->error;
        (void) strcpy(reply.message, call->message);

    } else if (call->queued) {
        reply.error = AC_BUSY;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "its turn did not come within %u ms", call->ms);

    } else if (call->docker->health && !call->doubted
               && call->ms > AC_CALL_DOUBT)
    {
        call->doubted = 1;
        call->docker->loop->start(call->timer, call->ms - AC_CALL_DOUBT);

        ac_docker_doubt(call->docker, call->ep);
        return;

    } else {
        ac_call_lost(call->ep, AC_TIMEDOUT);

        if (!call->doubted) {
            ac_docker_doubt(call->docker, call->ep);
        }

        reply.error = AC_TIMEDOUT;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "%.319s: no answer within %u ms", call->ep->name,
                        call->ms);
    }

    ac_call_finish(call, &reply);
}


void
ac_call_cancel(ac_call_t *call)
{
    if (call->finished || call->cancelled) {
        return;
    }

    ac_call_detach(call);

    if (call->busy) {
        call->cancelled = 1;
        return;
    }

    ac_call_destroy(call);
}


static void
ac_call_detach(ac_call_t *call)
{
    ac_call_t  **p;

    for (p = &call->docker->calls; *p != call; p = &(*p)->next) {
        /* void */
    }

    *p = call->next;

    ac_agree_leave(call);

    if (call->http) {
        ac_http_free(call->http);
        call->http = NULL;
    }

    call->docker->loop->free_timer(call->timer);
    call->timer = NULL;

    ac_queue_leave(call);
}


static void
ac_call_destroy(ac_call_t *call)
{
    free(call->path);
    free(call->body);
    free(call);
}


static void
ac_call_finish(ac_call_t *call, ac_reply_t *reply)
{
    ac_call_detach(call);

    /* a handler that cancels its own call finds it still there */

    call->finished = 1;

    if (call->kind == AC_CALL_EVENTS) {
        call->on_event(call->data, NULL, reply);

    } else {
        call->handler(call->data, reply);
    }

    ac_call_destroy(call);
}


static void
ac_call_http_handler(void *data, ac_http_request_t *r)
{
    ac_call_t         *call;
    ac_http_result_t  *res;

    call = data;
    res = ac_http_result(r);

    if (call->kind == AC_CALL_EVENTS && res->status == 200
        && res->error != AC_TOO_BIG
        && ac_call_stream(call, res) == -1)
    {
        return;
    }

    if (res->done) {
        ac_call_done(call, res);
    }
}


/* -1: the call is over */

static int
ac_call_stream(ac_call_t *call, ac_http_result_t *res)
{
    char         *p, *end, *line;
    ac_event_t    event;
    ac_reply_t    reply;
    ac_error_e    error;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (strstr(res->content_type, "json") == NULL) {
        ac_call_fail(&reply, AC_MALFORMED, "the events are not JSON");
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
            ac_call_fail(&reply, error, "an event is not what the API "
                         "promises");
            goto failed;
        }

        line = p + 1;

        if (event.action[0] == '\0') {
            continue;
        }

        call->busy = 1;
        call->on_event(call->data, &event, NULL);
        call->busy = 0;

        if (call->cancelled) {
            ac_call_destroy(call);
            return -1;
        }
    }

    if (end - line > AC_CALL_LINE_MAX) {
        ac_call_fail(&reply, AC_TOO_BIG, "an event is too long");
        goto failed;
    }

    ac_http_consume(call->http, (size_t) (line - res->body));

    return 0;

failed:

    ac_call_finish(call, &reply);

    return -1;
}


static void
ac_call_done(ac_call_t *call, ac_http_result_t *res)
{
    ac_reply_t  reply;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (res->error == AC_UNREACHABLE
        && ac_endpoint_next(call->ep, call->at, call->tried))
    {
        /* nothing was sent: no connection was made */

        call->tried++;

        ac_http_free(call->http);
        call->http = NULL;

        ac_call_send(call);
        return;
    }

    if (res->error) {
        ac_call_lost(call->ep, res->error);

        reply.error = res->error;
        ac_call_explain(call->ep, res, reply.message,
                          sizeof(reply.message));

        if (res->error == AC_UNREACHABLE) {
            ac_health_verdict(call->docker, call->ep, res->error,
                              reply.message);

        } else {
            ac_docker_doubt(call->docker, call->ep);
        }

        ac_call_finish(call, &reply);
        return;
    }

    if (res->status >= 400) {
        ac_docker_json_message(res->body, res->len, reply.message,
                               sizeof(reply.message));

        if (res->status == 400 && !call->retried
            && strncmp(reply.message, "client version ", 15) == 0)
        {
            /* the engine was replaced by one of another age */

            call->retried = 1;
            call->ep->version = ac_call_other_version(reply.message);

            ac_http_free(call->http);
            call->http = NULL;

            ac_call_go(call);
            return;
        }

        if (reply.message[0] == '\0') {
            (void) snprintf(reply.message, sizeof(reply.message),
                            "the engine answered %d", res->status);
        }

        reply.status = res->status;

        /* Podman has no code of its own for a name that is taken */

        if (call->kind == AC_CALL_CREATE && res->status == 500
            && strstr(reply.message, "container name")
            && strstr(reply.message, "is already in use"))
        {
            reply.status = 409;
        }

    } else if (res->status == 304
               || (res->status >= 200 && res->status < 300))
    {
        reply.status = res->status;
        ac_call_success(call, res, &reply);
        return;

    } else {
        reply.error = AC_MALFORMED;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "the engine answered %d, which its API does not know",
                        res->status);
    }

    ac_call_finish(call, &reply);
}


static void
ac_call_success(ac_call_t *call, ac_http_result_t *res, ac_reply_t *reply)
{
    ac_image_t       image;
    ac_error_e       error;
    ac_container_t   one, *list;

    error = AC_OK;
    list = NULL;

    switch (call->kind) {

    case AC_CALL_PING:
    case AC_CALL_PROBE:
        error = ac_call_version(res, &reply->api_version, reply->message,
                                  sizeof(reply->message));
        if (error) {
            reply->error = error;
            reply->status = 0;
            ac_call_finish(call, reply);
            return;
        }

        call->ep->version = reply->api_version < AC_DOCKER_MAX_API
                            ? reply->api_version : AC_DOCKER_MAX_API;
        ac_health_verdict(call->docker, call->ep, AC_OK, "");
        /* fall through */

    case AC_CALL_ACTION:
    case AC_CALL_EVENTS:
        ac_call_finish(call, reply);
        return;

    default:
        break;
    }

    if (strstr(res->content_type, "json") == NULL) {
        ac_call_fail(reply, AC_MALFORMED, "the answer is not JSON");
        ac_call_finish(call, reply);
        return;
    }

    switch (call->kind) {

    case AC_CALL_INFO:
        error = ac_docker_json_info(res->body, res->len, &reply->ncpu,
                                    &reply->mem_total);
        break;

    case AC_CALL_IMAGE:
        error = ac_docker_json_image(res->body, res->len, &image);
        reply->image = &image;
        break;

    case AC_CALL_LIST:
        error = ac_docker_json_listed(res->body, res->len, &list,
                                      &reply->ncontainers);
        reply->containers = list;
        break;

    case AC_CALL_CREATE:
        error = ac_docker_json_created(res->body, res->len, &one);
        reply->containers = &one;
        reply->ncontainers = 1;
        break;

    default: /* AC_CALL_INSPECT */
        error = ac_docker_json_inspected(res->body, res->len, &one);
        reply->containers = &one;
        reply->ncontainers = 1;
        break;
    }

    if (error) {
        ac_call_fail(reply, error, error == AC_MALFORMED
                                   ? "the answer is not what the API promises"
                                   : ac_error_text(error));
    }

    ac_call_finish(call, reply);

    free(list);
}


static void
ac_call_fail(ac_reply_t *reply, ac_error_e error, const char *message)
{
    memset(reply, 0, sizeof(ac_reply_t));

    reply->error = error;
    (void) snprintf(reply->message, sizeof(reply->message), "%s", message);
}
