
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker_request.h"


/* ms to connect to an address that is not the last one */
#define AC_DOCKER_REQUEST_SKIP_MS   500

#define AC_DOCKER_REQUEST_PING_MAX  4096


ac_http_request_t *
ac_docker_request_start(ac_http_t *http, const ac_endpoint_t *ep,
    const ac_docker_request_t *req, ac_http_pt handler, void *data)
{
    char               *url, resolve[400];
    size_t              size;
    ac_http_params_t    params;
    ac_http_request_t  *r;

    size = strlen(ep->base) + (req->path ? strlen(req->path) : 0) + 32;

    url = malloc(size);
    if (url == NULL) {
        return NULL;
    }

    memset(&params, 0, sizeof(ac_http_params_t));

    if (req->path) {
        (void) snprintf(url, size, "%s/v%d.%d%s", ep->base, ep->version >> 8,
                        ep->version & 0xff, req->path);

        params.method = req->method;
        params.body = req->body;
        params.body_max = req->body_max;
        params.stream = req->stream;

    } else {
        (void) snprintf(url, size, "%s/_ping", ep->base);

        params.method = "GET";
        params.body_max = AC_DOCKER_REQUEST_PING_MAX;
    }

    params.url = url;
    params.unix_path = ep->unix_path;
    params.resolve = ac_docker_endpoint_address(ep, resolve, sizeof(resolve));
    params.connect_ms = ep->connect_ms;

    /*
     * One address at a time: some versions of libcurl give up a dead address
     * after half of the time, and let the other half pass before the next.
     */

    if (req->tried + 1 < ep->naddrs
        && (ep->connect_ms == 0
            || ep->connect_ms > AC_DOCKER_REQUEST_SKIP_MS))
    {
        params.connect_ms = AC_DOCKER_REQUEST_SKIP_MS;
    }

    params.ca = ep->ca;
    params.cert = ep->cert;
    params.key = ep->key;

    r = ac_http_start(http, &params, handler, data);

    free(url);

    return r;
}


void
ac_docker_request_explain(const ac_endpoint_t *ep,
    const ac_http_result_t *res, char *dst, size_t size)
{
    (void) snprintf(dst, size, "%.240s: %s", ep->name,
                    res->message[0] ? res->message
                                    : ac_error_text(res->error));
}
