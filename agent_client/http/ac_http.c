
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>

#include "http/ac_http_request.h"


#define AC_HTTP_IDLE_MAX   8
#define AC_HTTP_TOTAL_MAX  128


static void ac_http_add(ac_http_request_t *r);
static void ac_http_turn(void *data);
static void ac_http_deliver(ac_http_t *http);
static void ac_http_unwatched(void *private);


ac_http_t *
ac_http_create(ac_loop_t *loop)
{
    int         rc;
    unsigned    i;
    ac_http_t  *http;

    http = calloc(1, sizeof(ac_http_t));
    if (http == NULL) {
        return NULL;
    }

    for (i = 0; i <= AC_HTTP_LIST_TRASH; i++) {
        http->queues[i].last = &http->queues[i].first;
    }

    http->multi.turn = ac_http_turn;
    http->multi.fail = ac_http_unwatched;
    http->multi.data = http;

    rc = ac_http_socket_init(&http->multi, loop);

    http->kick = loop->timer(loop, AC_BACKGROUND, ac_http_turn, http);

    if (rc == -1 || http->kick == NULL) {
        ac_http_destroy(http);
        return NULL;
    }

    curl_multi_setopt(http->multi.handle, CURLMOPT_PIPELINING,
                      (long) CURLPIPE_NOTHING);
    curl_multi_setopt(http->multi.handle, CURLMOPT_MAXCONNECTS,
                      (long) AC_HTTP_IDLE_MAX);
    curl_multi_setopt(http->multi.handle, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long) AC_HTTP_TOTAL_MAX);

    return http;
}


void
ac_http_destroy(ac_http_t *http)
{
    unsigned            i;
    ac_http_request_t  *r;

    if (http->gone) {
        *http->gone = 1;
    }

    for (i = 0; i <= AC_HTTP_LIST_TRASH; i++) {

        while ((r = ac_http_request_pop(http, i)) != NULL) {
            ac_http_request_free(r);
        }
    }

    ac_http_socket_done(&http->multi);

    if (http->kick) {
        http->multi.loop->free_timer(http->kick);
    }

    free(http);
}


ac_http_request_t *
ac_http_start(ac_http_t *http, const ac_http_params_t *params,
    ac_http_pt handler, void *data)
{
    ac_http_request_t  *r;

    r = ac_http_request_create(http, params, handler, data);
    if (r == NULL) {
        return NULL;
    }

    if (http->multi.in_curl) {
        ac_http_request_push(r, AC_HTTP_LIST_PENDING);
        http->multi.loop->start(http->kick, 0);

    } else {
        ac_http_add(r);
    }

    return r;
}


ac_http_result_t *
ac_http_result(ac_http_request_t *r)
{
    return &r->result;
}


void
ac_http_consume(ac_http_request_t *r, size_t n)
{
    ac_http_result_t  *res;

    res = &r->result;

    if (n >= res->len) {
        n = res->len;
    }

    if (n) {
        memmove(res->body, res->body + n, res->len - n + 1);
        res->len -= n;
    }
}


void
ac_http_free(ac_http_request_t *r)
{
    ac_http_request_unlink(r);

    if (r->http->multi.in_curl) {

        /* a callback of libcurl has run a handler */

        ac_http_request_push(r, AC_HTTP_LIST_TRASH);
        r->http->multi.loop->start(r->http->kick, 0);
        return;
    }

    ac_http_request_free(r);
}


static void
ac_http_add(ac_http_request_t *r)
{
    CURLMcode         rc;
    ac_http_multi_t  *m;

    m = &r->http->multi;

    m->in_curl++;
    rc = curl_multi_add_handle(m->handle, r->easy);
    m->in_curl--;

    if (rc != CURLM_OK) {
        ac_http_request_fail(r, AC_NOMEM, curl_multi_strerror(rc));
        return;
    }

    r->added = 1;
}


/* runs after each call into libcurl, never from its callbacks */

static void
ac_http_turn(void *data)
{
    int                 left;
    char               *private;
    CURL               *easy;
    CURLMsg            *msg;
    CURLcode            code;
    ac_http_t          *http;
    ac_http_request_t  *r;

    http = data;

    while ((r = ac_http_request_pop(http, AC_HTTP_LIST_TRASH)) != NULL) {
        ac_http_request_free(r);
    }

    while ((r = ac_http_request_pop(http, AC_HTTP_LIST_PENDING)) != NULL) {
        ac_http_add(r);
    }

    while ((msg = curl_multi_info_read(http->multi.handle, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* removing the handle frees the message */

        easy = msg->easy_handle;
        code = msg->data.result;
        private = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        r = (ac_http_request_t *) private;

        http->multi.in_curl++;
        curl_multi_remove_handle(http->multi.handle, easy);
        http->multi.in_curl--;

        r->added = 0;

        ac_http_request_done(r, code);
    }

    ac_http_deliver(http);
}


static void
ac_http_deliver(ac_http_t *http)
{
    int                 gone, *outer;
    ac_http_request_t  *r;

    gone = 0;
    outer = http->gone;
    http->gone = &gone;

    while ((r = ac_http_request_pop(http, AC_HTTP_LIST_READY)) != NULL) {
        r->handler(r->data, r);

        if (gone) {

            if (outer) {
                *outer = 1;
            }

            return;
        }
    }

    http->gone = outer;
}


static void
ac_http_unwatched(void *private)
{
    ac_http_request_fail(private, AC_NOMEM,
                         "cannot watch the connection's socket");
}
