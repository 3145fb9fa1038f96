
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>

#include "docker/ac_docker_call.h"


/* ms for a ping, whatever the deadlines of the calls */
#define AC_AGREE_MS  5000


static void ac_agree_begin(ac_agree_t *agree);
static void ac_agree_resolve(ac_agree_t *agree);
static void ac_agree_ping(ac_agree_t *agree);
static void ac_agree_dns_handler(void *data, const ac_dns_result_t *result);
static void ac_agree_http_handler(void *data, ac_http_request_t *r);
static void ac_agree_timer_handler(void *data);
static void ac_agree_end(ac_agree_t *agree, ac_error_e error,
    const char *message);
static void ac_agree_destroy(ac_agree_t *agree);


void
ac_agree_join(ac_call_t *call)
{
    unsigned      gap;
    ac_agree_t   *agree;
    ac_error_e    error;
    ac_docker_t  *d;
    const char   *message;

    d = call->docker;

    if (call->kind != AC_CALL_PROBE && call->kind != AC_CALL_PING) {
        error = ac_health_known(d, call->ep, &message);

        if (error || call->kind == AC_CALL_PROBE) {
            ac_call_post(call, error, message);
            return;
        }
    }

    for (agree = d->agreements; agree; agree = agree->next) {

        if (agree->ep == call->ep) {
            call->agree = agree;
            call->wait_next = agree->waiting;
            agree->waiting = call;
            return;
        }
    }

    agree = calloc(1, sizeof(ac_agree_t));
    if (agree == NULL) {
        ac_call_post(call, AC_NOMEM, "out of memory");
        return;
    }

    agree->timer = d->loop->timer(d->loop, AC_BACKGROUND,
                                  ac_agree_timer_handler, agree);
    if (agree->timer == NULL) {
        free(agree);
        ac_call_post(call, AC_NOMEM, "out of memory");
        return;
    }

    agree->docker = d;
    agree->ep = call->ep;
    agree->waiting = call;

    call->agree = agree;
    call->wait_next = NULL;

    agree->next = d->agreements;
    d->agreements = agree;

    gap = ac_health_gap(d, call->ep);

    if (gap) {
        agree->delayed = 1;
        d->loop->start(agree->timer, gap);
        return;
    }

    ac_agree_begin(agree);
}


static void
ac_agree_begin(ac_agree_t *agree)
{
    ac_health_begin(agree->docker, agree->ep);

    if (ac_endpoint_stale(agree->ep)) {
        ac_agree_resolve(agree);

    } else {
        ac_agree_ping(agree);
    }
}


void
ac_agree_leave(ac_call_t *call)
{
    ac_call_t   **p;
    ac_agree_t   *agree;

    agree = call->agree;

    if (agree == NULL) {
        return;
    }

    for (p = &agree->waiting; *p != call; p = &(*p)->wait_next) {
        /* void */
    }

    *p = call->wait_next;
    call->agree = NULL;

    if (agree->waiting == NULL) {
        ac_agree_destroy(agree);
    }
}


static void
ac_agree_resolve(ac_agree_t *agree)
{
    agree->query = ac_dns_resolve(agree->docker->dns, agree->ep->host,
                                  ac_agree_dns_handler, agree);

    if (agree->query == NULL) {
        ac_agree_end(agree, AC_NOMEM, "out of memory");
    }
}


static void
ac_agree_dns_handler(void *data, const ac_dns_result_t *result)
{
    ac_agree_t  *agree;

    agree = data;

    agree->query = NULL;

    if (result->error) {
        ac_call_lost(agree->ep, result->error);
        ac_health_verdict(agree->docker, agree->ep, result->error,
                          result->message);
        ac_agree_end(agree, result->error, result->message);
        return;
    }

    ac_endpoint_resolved(agree->ep, result);

    ac_agree_ping(agree);
}


static void
ac_agree_ping(ac_agree_t *agree)
{
    ac_call_t  *call;

    for (call = agree->waiting; call; call = call->wait_next) {

        if (call->kind != AC_CALL_PING) {
            break;
        }
    }

    if (call == NULL || agree->ep->version) {

        /* somebody else has asked meanwhile, or nobody wants to know */

        ac_agree_end(agree, AC_OK, "");
        return;
    }

    agree->docker->loop->start(agree->timer, AC_AGREE_MS);

    agree->at = agree->ep->at;
    agree->http = ac_call_request(agree->docker, agree->ep, NULL,
                                  agree->tried, ac_agree_http_handler,
                                  agree);

    if (agree->http == NULL) {
        ac_agree_end(agree, AC_NOMEM, "out of memory");
    }
}


static void
ac_agree_http_handler(void *data, ac_http_request_t *r)
{
    int                version;
    char               message[512];
    ac_agree_t        *agree;
    ac_error_e         error;
    ac_http_result_t  *res;

    agree = data;
    res = ac_http_result(r);

    message[0] = '\0';

    if (res->error == AC_UNREACHABLE
        && ac_endpoint_next(agree->ep, agree->at, agree->tried))
    {
        agree->tried++;

        ac_http_free(agree->http);
        agree->http = NULL;

        ac_agree_ping(agree);
        return;
    }

    if (res->error) {
        error = res->error;
        ac_call_lost(agree->ep, error);
        ac_call_explain(agree->ep, res, message, sizeof(message));

    } else if (res->status != 200) {

        /* a 404 of the call itself would mean something else */

        error = AC_MALFORMED;
        (void) snprintf(message, sizeof(message),
                        "the engine answered %d to a ping", res->status);

    } else {
        error = ac_call_version(res, &version, message, sizeof(message));

        if (error == AC_OK) {
            agree->ep->version = version < AC_DOCKER_MAX_API
                                 ? version : AC_DOCKER_MAX_API;
        }
    }

    ac_health_verdict(agree->docker, agree->ep, error, message);
    ac_agree_end(agree, error, message);
}


/* a call without a deadline must not keep alive what others would join */

static void
ac_agree_timer_handler(void *data)
{
    char         message[64];
    ac_agree_t  *agree;

    agree = data;

    if (agree->delayed) {
        agree->delayed = 0;
        ac_agree_begin(agree);
        return;
    }

    (void) snprintf(message, sizeof(message),
                    "no answer to a ping within %d ms", AC_AGREE_MS);

    ac_call_lost(agree->ep, AC_TIMEDOUT);
    ac_health_verdict(agree->docker, agree->ep, AC_TIMEDOUT, message);
    ac_agree_end(agree, AC_TIMEDOUT, message);
}


/* calls no handler of a user: each call is sent, or tells later */

static void
ac_agree_end(ac_agree_t *agree, ac_error_e error, const char *message)
{
    ac_call_t  *call, *next;

    call = agree->waiting;
    agree->waiting = NULL;

    ac_agree_destroy(agree);

    for ( /* void */ ; call; call = next) {
        next = call->wait_next;
        call->agree = NULL;

        if (error || call->kind == AC_CALL_PROBE) {
            ac_call_post(call, error, message);

        } else if (call->counted || call->kind == AC_CALL_PING
                   || call->kind == AC_CALL_EVENTS)
        {
            ac_call_send(call);

        } else {
            ac_queue_join(call);
        }
    }
}


static void
ac_agree_destroy(ac_agree_t *agree)
{
    ac_agree_t  **p;

    for (p = &agree->docker->agreements; *p != agree; p = &(*p)->next) {
        /* void */
    }

    *p = agree->next;

    if (agree->query) {
        ac_dns_cancel(agree->query);
    }

    if (agree->http) {
        ac_http_free(agree->http);
    }

    agree->docker->loop->free_timer(agree->timer);

    free(agree);
}
