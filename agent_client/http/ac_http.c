
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "http/ac_http_request.h"
#include "ac_text.h"


#define AC_HTTP_IDLE_MAX   8
#define AC_HTTP_TOTAL_MAX  128


static void ac_http_unlink(ac_http_request_t *r);
static void ac_http_release(ac_http_request_t *r);
static void ac_http_add(ac_http_request_t *r);
static void ac_http_done(ac_http_request_t *r, CURLcode code);
static void ac_http_deliver(ac_http_t *http);
static void ac_http_kick_handler(void *data);


ac_http_t *
ac_http_create(ac_loop_t *loop)
{
    unsigned    i;
    ac_http_t  *http;

    http = calloc(1, sizeof(ac_http_t));
    if (http == NULL) {
        return NULL;
    }

    http->loop = loop;

    for (i = 0; i <= AC_HTTP_LIST_TRASH; i++) {
        http->queues[i].last = &http->queues[i].first;
    }

    http->timer = loop->timer(loop, AC_BACKGROUND, ac_http_timer_handler,
                              http);
    http->kick = loop->timer(loop, AC_BACKGROUND, ac_http_kick_handler, http);
    http->multi = curl_multi_init();

    if (http->timer == NULL || http->kick == NULL || http->multi == NULL) {
        ac_http_destroy(http);
        return NULL;
    }

    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION,
                      ac_http_on_interest);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION,
                      ac_http_on_timeout);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING,
                      (long) CURLPIPE_NOTHING);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
                      (long) AC_HTTP_IDLE_MAX);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
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

        while ((r = http->queues[i].first) != NULL) {
            ac_http_unlink(r);
            ac_http_release(r);
        }
    }

    if (http->multi) {
        http->in_curl++;
        curl_multi_cleanup(http->multi);
        http->in_curl--;
    }

    while (http->sockets) {
        ac_http_forget(http, http->sockets->fd);
    }

    if (http->timer) {
        http->loop->free_timer(http->timer);
    }

    if (http->kick) {
        http->loop->free_timer(http->kick);
    }

    free(http);
}


ac_http_request_t *
ac_http_start(ac_http_t *http, const ac_http_params_t *params,
    ac_http_pt handler, void *data)
{
    ac_http_request_t  *r;

    r = calloc(1, sizeof(ac_http_request_t));
    if (r == NULL) {
        return NULL;
    }

    r->http = http;
    r->handler = handler;
    r->data = data;
    r->body_max = params->body_max;
    r->stream = params->stream;

    if (ac_http_setup(r, params) == -1) {
        ac_http_release(r);
        return NULL;
    }

    if (http->in_curl) {
        ac_http_push(r, AC_HTTP_LIST_PENDING);
        http->loop->start(http->kick, 0);

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
    ac_http_unlink(r);

    if (r->http->in_curl) {

        /* the loop ran somebody's handler while it served libcurl */

        ac_http_push(r, AC_HTTP_LIST_TRASH);
        r->http->loop->start(r->http->kick, 0);
        return;
    }

    ac_http_release(r);
}


void
ac_http_push(ac_http_request_t *r, ac_http_list_e list)
{
    ac_http_queue_t  *queue;

    queue = &r->http->queues[list];

    r->list = list;
    r->next = NULL;

    *queue->last = r;
    queue->last = &r->next;
}


static void
ac_http_unlink(ac_http_request_t *r)
{
    ac_http_queue_t     *queue;
    ac_http_request_t  **p;

    if (r->list == AC_HTTP_LIST_NONE) {
        return;
    }

    queue = &r->http->queues[r->list];

    for (p = &queue->first; *p != r; p = &(*p)->next) { /* void */ }

    *p = r->next;

    if (queue->last == &r->next) {
        queue->last = p;
    }

    r->list = AC_HTTP_LIST_NONE;
}


static void
ac_http_release(ac_http_request_t *r)
{
    r->http->in_curl++;

    if (r->added) {
        curl_multi_remove_handle(r->http->multi, r->easy);
    }

    if (r->easy) {
        curl_easy_cleanup(r->easy);
    }

    r->http->in_curl--;

    curl_slist_free_all(r->headers);
    curl_slist_free_all(r->resolve);
    free(r->result.body);
    free(r);
}


static void
ac_http_add(ac_http_request_t *r)
{
    CURLMcode   rc;
    ac_http_t  *http;

    http = r->http;

    http->in_curl++;
    rc = curl_multi_add_handle(http->multi, r->easy);
    http->in_curl--;

    if (rc != CURLM_OK) {
        ac_http_fail(r, AC_NOMEM, curl_multi_strerror(rc));
        return;
    }

    r->added = 1;
}


void
ac_http_turn(ac_http_t *http)
{
    int                 left;
    char               *private;
    CURL               *easy;
    CURLMsg            *msg;
    CURLcode            code;
    ac_http_request_t  *r;

    while ((r = http->queues[AC_HTTP_LIST_TRASH].first) != NULL) {
        ac_http_unlink(r);
        ac_http_release(r);
    }

    while ((r = http->queues[AC_HTTP_LIST_PENDING].first) != NULL) {
        ac_http_unlink(r);
        ac_http_add(r);
    }

    while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* removing the handle takes the message away */

        easy = msg->easy_handle;
        code = msg->data.result;
        private = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        r = (ac_http_request_t *) private;

        http->in_curl++;
        curl_multi_remove_handle(http->multi, easy);
        http->in_curl--;

        r->added = 0;

        ac_http_done(r, code);
    }

    ac_http_deliver(http);
}


static void
ac_http_done(ac_http_request_t *r, CURLcode code)
{
    long         status, err;
    ac_error_e   error;
    const char  *text;

    if (r->result.done) {
        return;
    }

    text = r->error[0] ? r->error : curl_easy_strerror(code);

    switch (code) {

    case CURLE_OK:
        error = AC_OK;

        if (!r->headers_end) {
            error = AC_BROKEN;
            text = "the connection was closed within the headers";
        }

        break;

    case CURLE_OUT_OF_MEMORY:
        error = AC_NOMEM;
        break;

    case CURLE_FILESIZE_EXCEEDED:
        error = AC_TOO_BIG;
        text = "the answer is too long";
        break;

    case CURLE_COULDNT_CONNECT:
        error = AC_UNREACHABLE;
        err = 0;

        if (curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &err) == CURLE_OK
            && err)
        {
            text = strerror((int) err);
        }

        break;

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:        /* of connecting: no other is set */
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        error = AC_UNREACHABLE;
        break;

    default:
        error = AC_BROKEN;
        break;
    }

    if (r->result.error) {

        /* a callback of ours has ended it and said why */

        error = r->result.error;
        text = NULL;
    }

    if (error) {
        ac_http_fail(r, error, text);
        return;
    }

    status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);

    r->result.status = (int) status;
    r->result.done = 1;

    if (r->list == AC_HTTP_LIST_NONE) {
        ac_http_push(r, AC_HTTP_LIST_READY);
    }
}


void
ac_http_fail(ac_http_request_t *r, ac_error_e error, const char *text)
{
    ac_http_t  *http;

    if (r->result.done) {
        return;
    }

    http = r->http;

    r->result.error = error;
    r->result.done = 1;

    if (text) {
        ac_text_copy(r->result.message, sizeof(r->result.message), text,
                     strlen(text));
    }

    if (r->list == AC_HTTP_LIST_NONE) {
        ac_http_push(r, AC_HTTP_LIST_READY);
    }

    http->loop->start(http->kick, 0);
}


static void
ac_http_deliver(ac_http_t *http)
{
    int                 gone, *outer;
    ac_http_request_t  *r;

    gone = 0;
    outer = http->gone;
    http->gone = &gone;

    while ((r = http->queues[AC_HTTP_LIST_READY].first) != NULL) {
        ac_http_unlink(r);
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
ac_http_kick_handler(void *data)
{
    ac_http_turn(data);
}
