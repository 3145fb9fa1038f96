
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "http/ac_http_request.h"


/* libcurl's sockets and its timer, on the loop */


static int ac_http_watch(ac_http_socket_t *s);
static void ac_http_unwatch(ac_http_socket_t *s);
static void ac_http_socket_handler(void *data, int fd, unsigned events);


int
ac_http_on_interest(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket)
{
    char              *private;
    ac_http_t         *http;
    ac_http_socket_t  *s;

    http = data;

    if (what == CURL_POLL_REMOVE) {
        ac_http_forget(http, fd);
        return 0;
    }

    for (s = http->sockets; s && s->fd != fd; s = s->next) { /* void */ }

    if (s == NULL) {
        s = calloc(1, sizeof(ac_http_socket_t));
        if (s == NULL) {
            goto failed;
        }

        s->http = http;
        s->fd = fd;

        s->next = http->sockets;
        http->sockets = s;
    }

    s->events = 0;

    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
        s->events |= AC_READ;
    }

    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
        s->events |= AC_WRITE;
    }

    if (ac_http_watch(s) == 0) {
        return 0;
    }

    ac_http_forget(http, fd);

failed:

    /* an error returned to libcurl would end every other transfer too */

    private = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) == CURLE_OK
        && private)
    {
        ac_http_fail((ac_http_request_t *) private, AC_NOMEM,
                     "the connection could not be watched");
    }

    return 0;
}


static int
ac_http_watch(ac_http_socket_t *s)
{
    if (s->watch == NULL) {
        s->own = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
        if (s->own == -1) {
            return -1;
        }

        s->watch = s->http->loop->watch(s->http->loop, s->own,
                                        ac_http_socket_handler, s);
        if (s->watch == NULL) {
            (void) close(s->own);
            return -1;
        }
    }

    return s->http->loop->events(s->watch, s->events);
}


static void
ac_http_unwatch(ac_http_socket_t *s)
{
    if (s->watch) {
        s->http->loop->unwatch(s->watch);
        s->watch = NULL;

        (void) close(s->own);
    }
}


int
ac_http_on_timeout(CURLM *multi, long ms, void *data)
{
    ac_http_t  *http;

    http = data;

    if (ms < 0) {
        http->loop->stop(http->timer);

    } else {
        http->loop->start(http->timer, (unsigned) ms);
    }

    return 0;
}


curl_socket_t
ac_http_on_open(void *data, curlsocktype purpose, struct curl_sockaddr *addr)
{
    ac_http_t         *http;
    curl_socket_t      fd;
    ac_http_socket_t  *s;

    http = data;

    fd = socket(addr->family, addr->socktype|SOCK_CLOEXEC, addr->protocol);

    if (fd == -1) {
        return CURL_SOCKET_BAD;
    }

    for (s = http->sockets; s; s = s->next) {

        if (s->fd != fd) {
            continue;
        }

        /* libcurl takes it for the one that it has closed and told us of */

        ac_http_unwatch(s);

        if (ac_http_watch(s) == -1) {
            (void) close(fd);
            return CURL_SOCKET_BAD;
        }

        break;
    }

    return fd;
}


int
ac_http_on_close(void *data, curl_socket_t fd)
{
    ac_http_forget(data, fd);

    return close(fd);
}


void
ac_http_forget(ac_http_t *http, curl_socket_t fd)
{
    ac_http_socket_t  *s, **p;

    for (p = &http->sockets; *p; p = &(*p)->next) {
        s = *p;

        if (s->fd == fd) {
            *p = s->next;
            ac_http_unwatch(s);
            free(s);
            return;
        }
    }
}


static void
ac_http_socket_handler(void *data, int fd, unsigned events)
{
    int                mask, running;
    ac_http_t         *http;
    ac_http_socket_t  *s;

    s = data;
    http = s->http;

    mask = 0;

    if (events & AC_READ) {
        mask |= CURL_CSELECT_IN;
    }

    if (events & AC_WRITE) {
        mask |= CURL_CSELECT_OUT;
    }

    /* s may be gone afterwards */

    http->in_curl++;
    curl_multi_socket_action(http->multi, s->fd, mask, &running);
    http->in_curl--;

    ac_http_turn(http);
}


void
ac_http_timer_handler(void *data)
{
    int         running;
    ac_http_t  *http;

    http = data;

    http->in_curl++;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    http->in_curl--;

    ac_http_turn(http);
}
