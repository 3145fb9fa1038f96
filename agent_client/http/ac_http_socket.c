
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

#include "http/ac_http_socket.h"


/*
 * libcurl may close a connecting socket without notice, and then open another
 * with the same number: the loop watches a duplicate that only we close.
 */
struct ac_http_socket_s {
    ac_http_socket_t   *next;
    ac_http_multi_t    *multi;
    ac_watch_t         *watch;
    int                 own;             /* the duplicate */
    curl_socket_t       fd;
    unsigned            events;
};


static int ac_http_socket_interest(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socket);
static int ac_http_socket_timeout(CURLM *multi, long ms, void *data);
static curl_socket_t ac_http_socket_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr);
static int ac_http_socket_close(void *data, curl_socket_t fd);
static int ac_http_socket_watch(ac_http_socket_t *s);
static void ac_http_socket_unwatch(ac_http_socket_t *s);
static void ac_http_socket_forget(ac_http_multi_t *m, curl_socket_t fd);
static void ac_http_socket_handler(void *data, int fd, unsigned events);
static void ac_http_socket_timer_handler(void *data);


int
ac_http_socket_init(ac_http_multi_t *m, ac_loop_t *loop)
{
    m->loop = loop;

    m->timer = loop->timer(loop, AC_BACKGROUND, ac_http_socket_timer_handler,
                           m);
    m->handle = curl_multi_init();

    if (m->timer == NULL || m->handle == NULL) {
        return -1;
    }

    curl_multi_setopt(m->handle, CURLMOPT_SOCKETFUNCTION,
                      ac_http_socket_interest);
    curl_multi_setopt(m->handle, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->handle, CURLMOPT_TIMERFUNCTION,
                      ac_http_socket_timeout);
    curl_multi_setopt(m->handle, CURLMOPT_TIMERDATA, m);

    return 0;
}


void
ac_http_socket_done(ac_http_multi_t *m)
{
    if (m->handle) {
        m->in_curl++;
        curl_multi_cleanup(m->handle);
        m->in_curl--;
    }

    while (m->sockets) {
        ac_http_socket_forget(m, m->sockets->fd);
    }

    if (m->timer) {
        m->loop->free_timer(m->timer);
    }
}


CURLcode
ac_http_socket_setup(ac_http_multi_t *m, CURL *easy)
{
    CURLcode  rc;

    /* connections, and so these callbacks, outlive the transfer */

    rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                          ac_http_socket_open);

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, m);
    }

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                              ac_http_socket_close);
    }

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m);
    }

    return rc;
}


static int
ac_http_socket_interest(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket)
{
    char              *private;
    ac_http_multi_t   *m;
    ac_http_socket_t  *s;

    m = data;

    if (what == CURL_POLL_REMOVE) {
        ac_http_socket_forget(m, fd);
        return 0;
    }

    for (s = m->sockets; s && s->fd != fd; s = s->next) { /* void */ }

    if (s == NULL) {
        s = calloc(1, sizeof(ac_http_socket_t));
        if (s == NULL) {
            goto failed;
        }

        s->multi = m;
        s->fd = fd;

        s->next = m->sockets;
        m->sockets = s;
    }

    s->events = 0;

    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
        s->events |= AC_READ;
    }

    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
        s->events |= AC_WRITE;
    }

    if (ac_http_socket_watch(s) == 0) {
        return 0;
    }

    ac_http_socket_forget(m, fd);

failed:

    /* returning an error would make libcurl abort all transfers */

    private = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) == CURLE_OK
        && private)
    {
        m->fail(private);
    }

    return 0;
}


static int
ac_http_socket_timeout(CURLM *multi, long ms, void *data)
{
    ac_http_multi_t  *m;

    m = data;

    if (ms < 0) {
        m->loop->stop(m->timer);

    } else {
        m->loop->start(m->timer, (unsigned) ms);
    }

    return 0;
}


static curl_socket_t
ac_http_socket_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr)
{
    curl_socket_t      fd;
    ac_http_multi_t   *m;
    ac_http_socket_t  *s;

    m = data;

    fd = socket(addr->family, addr->socktype|SOCK_CLOEXEC, addr->protocol);

    if (fd == -1) {
        return CURL_SOCKET_BAD;
    }

    for (s = m->sockets; s; s = s->next) {

        if (s->fd != fd) {
            continue;
        }

        /* the old socket was closed without notice: watch the new one */

        ac_http_socket_unwatch(s);

        if (ac_http_socket_watch(s) == -1) {
            (void) close(fd);
            return CURL_SOCKET_BAD;
        }

        break;
    }

    return fd;
}


static int
ac_http_socket_close(void *data, curl_socket_t fd)
{
    ac_http_socket_forget(data, fd);

    return close(fd);
}


static int
ac_http_socket_watch(ac_http_socket_t *s)
{
    ac_loop_t  *loop;

    loop = s->multi->loop;

    if (s->watch == NULL) {
        s->own = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
        if (s->own == -1) {
            return -1;
        }

        s->watch = loop->watch(loop, s->own, ac_http_socket_handler, s);
        if (s->watch == NULL) {
            (void) close(s->own);
            return -1;
        }
    }

    return loop->events(s->watch, s->events);
}


static void
ac_http_socket_unwatch(ac_http_socket_t *s)
{
    if (s->watch) {
        s->multi->loop->unwatch(s->watch);
        s->watch = NULL;

        (void) close(s->own);
    }
}


static void
ac_http_socket_forget(ac_http_multi_t *m, curl_socket_t fd)
{
    ac_http_socket_t  *s, **p;

    for (p = &m->sockets; *p; p = &(*p)->next) {
        s = *p;

        if (s->fd == fd) {
            *p = s->next;
            ac_http_socket_unwatch(s);
            free(s);
            return;
        }
    }
}


static void
ac_http_socket_handler(void *data, int fd, unsigned events)
{
    int                mask, running;
    ac_http_multi_t   *m;
    ac_http_socket_t  *s;

    s = data;
    m = s->multi;

    mask = 0;

    if (events & AC_READ) {
        mask |= CURL_CSELECT_IN;
    }

    if (events & AC_WRITE) {
        mask |= CURL_CSELECT_OUT;
    }

    /* this may free s */

    m->in_curl++;
    curl_multi_socket_action(m->handle, s->fd, mask, &running);
    m->in_curl--;

    m->turn(m->data);
}


static void
ac_http_socket_timer_handler(void *data)
{
    int               running;
    ac_http_multi_t  *m;

    m = data;

    m->in_curl++;
    curl_multi_socket_action(m->handle, CURL_SOCKET_TIMEOUT, 0, &running);
    m->in_curl--;

    m->turn(m->data);
}
