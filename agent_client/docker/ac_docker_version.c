
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ac_log.h"
#include "docker/ac_docker_version.h"


/* ms for a ping, whatever the deadlines of the calls */
#define AC_DOCKER_VERSION_PING_MS  5000


struct ac_docker_negotiation_s {
    ac_docker_negotiation_t  *next;
    ac_docker_version_t      *version;
    ac_endpoint_t            *ep;
    ac_docker_waiter_t       *waiting;
    ac_dns_query_t           *query;
    ac_http_request_t        *http;
    ac_timer_t               *timer;
    size_t                    at;            /* the address in use */
    unsigned                  tried;         /* how many have failed */
    unsigned                  delayed:1;     /* the ping is yet to be sent */
};


static ac_docker_negotiation_t *ac_docker_version_create(
    ac_docker_version_t *v, ac_endpoint_t *ep);
static void ac_docker_version_begin(ac_docker_negotiation_t *n);
static void ac_docker_version_resolve(ac_docker_negotiation_t *n);
static void ac_docker_version_dns_handler(void *data,
    const ac_dns_result_t *result);
static void ac_docker_version_ping(ac_docker_negotiation_t *n);
static void ac_docker_version_http_handler(void *data, ac_http_request_t *r);
static ac_error_e ac_docker_version_read(const ac_http_result_t *res,
    int *version, char *message, size_t size);
static void ac_docker_version_timer_handler(void *data);
static void ac_docker_version_end(ac_docker_negotiation_t *n,
    ac_error_e error, const char *message);
static void ac_docker_version_destroy(ac_docker_negotiation_t *n);


void
ac_docker_version_wait(ac_docker_version_t *v, ac_endpoint_t *ep,
    ac_docker_waiter_t *w)
{
    unsigned                  gap;
    ac_docker_negotiation_t  *n;

    for (n = v->negotiations; n; n = n->next) {

        if (n->ep == ep) {
            w->negotiation = n;
            w->next = n->waiting;
            n->waiting = w;
            return;
        }
    }

    n = ac_docker_version_create(v, ep);
    if (n == NULL) {
        w->ready(w->data, AC_NOMEM, "out of memory");
        return;
    }

    w->negotiation = n;
    w->next = NULL;
    n->waiting = w;

    gap = ac_docker_health_gap(v->health, ep);

    if (gap) {
        n->delayed = 1;
        v->loop->start(n->timer, gap);
        return;
    }

    ac_docker_version_begin(n);
}


void
ac_docker_version_cancel(ac_docker_waiter_t *w)
{
    ac_docker_waiter_t       **p;
    ac_docker_negotiation_t   *n;

    n = w->negotiation;

    if (n == NULL) {
        return;
    }

    for (p = &n->waiting; *p != w; p = &(*p)->next) { /* void */ }

    *p = w->next;
    w->negotiation = NULL;

    if (n->waiting == NULL) {
        ac_docker_version_destroy(n);
    }
}


static ac_docker_negotiation_t *
ac_docker_version_create(ac_docker_version_t *v, ac_endpoint_t *ep)
{
    ac_docker_negotiation_t  *n;

    n = calloc(1, sizeof(ac_docker_negotiation_t));
    if (n == NULL) {
        return NULL;
    }

    /* a waiter may have no deadline, so the negotiation has its own */

    n->timer = v->loop->timer(v->loop, AC_BACKGROUND,
                              ac_docker_version_timer_handler, n);
    if (n->timer == NULL) {
        free(n);
        return NULL;
    }

    n->version = v;
    n->ep = ep;

    n->next = v->negotiations;
    v->negotiations = n;

    return n;
}


static void
ac_docker_version_begin(ac_docker_negotiation_t *n)
{
    ac_docker_health_begin(n->version->health, n->ep);

    if (ac_docker_endpoint_stale(n->ep)) {
        ac_docker_version_resolve(n);

    } else {
        ac_docker_version_ping(n);
    }
}


static void
ac_docker_version_resolve(ac_docker_negotiation_t *n)
{
    ac_log_debug(n->version->loop, "engine %s: resolving its name",
                 n->ep->name);

    n->query = ac_dns_resolve(n->version->dns, n->ep->host,
                              ac_docker_version_dns_handler, n);

    if (n->query == NULL) {
        ac_docker_version_end(n, AC_NOMEM, "out of memory");
    }
}


static void
ac_docker_version_dns_handler(void *data, const ac_dns_result_t *result)
{
    ac_docker_negotiation_t  *n;

    n = data;

    n->query = NULL;

    if (result->error) {
        ac_docker_endpoint_failed(n->ep, result->error);
        ac_docker_health_verdict(n->version->health, n->ep, result->error,
                                 result->message);
        ac_docker_version_end(n, result->error, result->message);
        return;
    }

    ac_docker_endpoint_resolved(n->ep, result);

    ac_docker_version_ping(n);
}


static void
ac_docker_version_ping(ac_docker_negotiation_t *n)
{
    ac_docker_request_t  req;

    if (n->ep->version) {

        /* the version is known: only the name had to be resolved */

        ac_docker_version_end(n, AC_OK, "");
        return;
    }

    ac_log_debug(n->version->loop, "engine %s: ping", n->ep->name);

    n->version->loop->start(n->timer, AC_DOCKER_VERSION_PING_MS);

    memset(&req, 0, sizeof(ac_docker_request_t));
    req.tried = n->tried;

    n->at = n->ep->at;
    n->http = ac_docker_request_start(n->version->http, n->ep, &req,
                                      ac_docker_version_http_handler, n);

    if (n->http == NULL) {
        ac_docker_version_end(n, AC_NOMEM, "out of memory");
    }
}


static void
ac_docker_version_http_handler(void *data, ac_http_request_t *r)
{
    int                       version;
    char                      message[512];
    ac_error_e                error;
    ac_http_result_t         *res;
    ac_docker_negotiation_t  *n;

    n = data;
    res = ac_http_result(r);

    message[0] = '\0';

    if (res->error == AC_UNREACHABLE
        && ac_docker_endpoint_next(n->ep, n->at, n->tried))
    {
        n->tried++;

        ac_http_free(n->http);
        n->http = NULL;

        ac_docker_version_ping(n);
        return;
    }

    if (res->error) {
        error = res->error;
        ac_docker_endpoint_failed(n->ep, error);
        ac_docker_request_explain(n->ep, res, message, sizeof(message));

    } else if (res->status != 200) {

        /* not passed on: a 404 would mean something else to the call */

        error = AC_MALFORMED;
        (void) snprintf(message, sizeof(message),
                        "the engine answered %d to a ping", res->status);

    } else {
        error = ac_docker_version_read(res, &version, message,
                                       sizeof(message));

        if (error == AC_OK) {
            n->ep->version = version < AC_DOCKER_MAX_API
                             ? version : AC_DOCKER_MAX_API;
        }
    }

    ac_docker_health_verdict(n->version->health, n->ep, error, message);
    ac_docker_version_end(n, error, message);
}


static ac_error_e
ac_docker_version_read(const ac_http_result_t *res, int *version,
    char *message, size_t size)
{
    int       n;
    unsigned  major, minor;

    n = 0;

    if (sscanf(res->api_version, "%3u.%3u%n", &major, &minor, &n) != 2
        || res->api_version[n] != '\0' || major > 127 || minor > 255)
    {
        (void) snprintf(message, size, "the engine names no API version");
        return AC_UNSUPPORTED;
    }

    *version = (int) (major << 8 | minor);

    if (*version < AC_DOCKER_MIN_API) {
        (void) snprintf(message, size, "the engine supports API version %u.%u,"
                        " 1.40 or later is required", major, minor);
        return AC_UNSUPPORTED;
    }

    return AC_OK;
}


static void
ac_docker_version_timer_handler(void *data)
{
    char                      message[64];
    ac_docker_negotiation_t  *n;

    n = data;

    if (n->delayed) {
        n->delayed = 0;
        ac_docker_version_begin(n);
        return;
    }

    (void) snprintf(message, sizeof(message),
                    "no answer to a ping within %d ms",
                    AC_DOCKER_VERSION_PING_MS);

    ac_docker_endpoint_failed(n->ep, AC_TIMEDOUT);
    ac_docker_health_verdict(n->version->health, n->ep, AC_TIMEDOUT, message);
    ac_docker_version_end(n, AC_TIMEDOUT, message);
}


static void
ac_docker_version_end(ac_docker_negotiation_t *n, ac_error_e error,
    const char *message)
{
    ac_docker_waiter_t  *w, *next;

    if (error) {
        ac_log_debug(n->version->loop, "engine %s: not available: %.200s",
                     n->ep->name, message);

    } else {
        ac_log_debug(n->version->loop, "engine %s: API version %d.%d",
                     n->ep->name, n->ep->version >> 8,
                     n->ep->version & 0xff);
    }

    w = n->waiting;
    n->waiting = NULL;

    ac_docker_version_destroy(n);

    for ( /* void */ ; w; w = next) {
        next = w->next;

        w->negotiation = NULL;
        w->ready(w->data, error, message);
    }
}


static void
ac_docker_version_destroy(ac_docker_negotiation_t *n)
{
    ac_docker_negotiation_t  **p;

    for (p = &n->version->negotiations; *p != n; p = &(*p)->next) {
        /* void */
    }

    *p = n->next;

    if (n->query) {
        ac_dns_cancel(n->query);
    }

    if (n->http) {
        ac_http_free(n->http);
    }

    n->version->loop->free_timer(n->timer);

    free(n);
}


int
ac_docker_version_demanded(const char *message)
{
    unsigned     major, minor;
    const char  *p;

    static const char  minimum[] = "Minimum supported API version is ";

    p = strstr(message, minimum);

    if (p == NULL
        || sscanf(p + sizeof(minimum) - 1, "%3u.%3u", &major, &minor) != 2
        || major != AC_DOCKER_MAX_API >> 8 || minor > 255
        || (major << 8 | minor) <= AC_DOCKER_MAX_API)
    {
        return 0;
    }

    /* beyond the maximum: the calls used here have not changed so far */

    return (int) (major << 8 | minor);
}
