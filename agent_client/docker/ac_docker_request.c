
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


/* given to an address that is not the last one */
#define AC_CALL_SKIP_MS     500

#define AC_CALL_PING_MAX    4096

#define AC_CALL_BODY_MAX    1048576
#define AC_CALL_LIST_MAX    (8 * 1048576)
#define AC_CALL_STREAM_MAX  (4 * 1048576)


ac_http_request_t *
ac_call_request(ac_docker_t *d, ac_endpoint_t *ep, const ac_call_t *call,
    unsigned tried, ac_http_pt handler, void *data)
{
    char               *url, resolve[400];
    size_t              size;
    ac_http_params_t    params;
    ac_http_request_t  *r;

    size = strlen(ep->base) + (call ? strlen(call->path) : 0) + 32;

    url = malloc(size);
    if (url == NULL) {
        return NULL;
    }

    memset(&params, 0, sizeof(ac_http_params_t));

    params.method = "GET";
    params.body_max = AC_CALL_PING_MAX;

    if (call == NULL || call->kind == AC_CALL_PING
        || call->kind == AC_CALL_PROBE)
    {
        (void) snprintf(url, size, "%s/_ping", ep->base);

    } else {
        (void) snprintf(url, size, "%s/v%d.%d%s", ep->base, ep->version >> 8,
                        ep->version & 0xff, call->path);

        params.method = call->method;
        params.body = call->body;
        params.body_max = AC_CALL_BODY_MAX;

        if (call->kind == AC_CALL_LIST) {
            params.body_max = AC_CALL_LIST_MAX;

        } else if (call->kind == AC_CALL_EVENTS) {
            params.body_max = AC_CALL_STREAM_MAX;
            params.stream = 1;
        }
    }

    params.url = url;
    params.unix_path = ep->unix_path;
    params.resolve = ac_endpoint_address(ep, resolve, sizeof(resolve));
    params.connect_ms = ep->connect_ms;

    /*
     * One address at a time: some versions of libcurl leave a dead one after
     * half of the time, and wait for the other half before they go on.
     */

    if (tried + 1 < ep->naddrs
        && (ep->connect_ms == 0 || ep->connect_ms > AC_CALL_SKIP_MS))
    {
        params.connect_ms = AC_CALL_SKIP_MS;
    }

    params.ca = ep->ca;
    params.cert = ep->cert;
    params.key = ep->key;

    r = ac_http_start(d->http, &params, handler, data);

    free(url);

    return r;
}


void
ac_call_lost(ac_endpoint_t *ep, ac_error_e error)
{
    if (error == AC_UNREACHABLE) {
        ep->version = 0;
    }

    if (error == AC_UNREACHABLE || error == AC_TIMEDOUT
        || error == AC_BROKEN)
    {
        ep->addrs_until = 0;
    }
}


void
ac_call_explain(const ac_endpoint_t *ep, const ac_http_result_t *res,
    char *dst, size_t size)
{
    (void) snprintf(dst, size, "%.240s: %s", ep->name,
                    res->message[0] ? res->message
                                    : ac_error_text(res->error));
}


int
ac_call_other_version(const char *message)
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

    /* newer than any that was known: what is used here has not changed yet */

    return (int) (major << 8 | minor);
}


ac_error_e
ac_call_version(const ac_http_result_t *res, int *version, char *message,
    size_t size)
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
        (void) snprintf(message, size, "the engine speaks API version "
                        "%u.%u, 1.40 or later is needed", major, minor);
        return AC_UNSUPPORTED;
    }

    return AC_OK;
}
