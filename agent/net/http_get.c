
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/loop.h"
#include "base/time.h"
#include "net/http_get.h"
#include "net/listeners.h"


#define AGENT_HTTP_GET_REQUEST  2560   /* bytes */


struct agent_http_get_s {
    uv_poll_t     poll;
    uv_timer_t    timer;
    int           fd;

    uint16_t      port;
    const char   *path;
    const char   *user_agent;
    void        (*on_done)(void *data, const agent_http_get_result_t *result);
    void         *data;

    uint64_t      began;
    uint64_t      connected;           /* 0: not yet */
    char          line[64];            /* the status line, perhaps cut */
    size_t        len;

    unsigned      closed:1;
    unsigned      handles:2;
};


static void agent_http_get_event(uv_poll_t *poll, int status, int events);
static void agent_http_get_send(agent_http_get_t *g);
static void agent_http_get_read(agent_http_get_t *g);
static void agent_http_get_late(uv_timer_t *timer);
static void agent_http_get_done(agent_http_get_t *g, agent_http_get_e outcome,
    int status);
static void agent_http_get_closed(uv_handle_t *handle);


agent_http_get_t *
agent_http_get(const agent_listeners_addr_t *addr, const char *path,
    const char *user_agent, unsigned timeout_ms,
    void (*on_done)(void *data, const agent_http_get_result_t *result),
    void *data)
{
    socklen_t                 len;
    agent_http_get_t         *g;
    struct sockaddr_storage   ss;

    g = calloc(1, sizeof(agent_http_get_t));

    if (g == NULL) {
        return NULL;
    }

    g->port = addr->port;
    g->path = path;
    g->user_agent = user_agent;
    g->on_done = on_done;
    g->data = data;
    g->began = agent_time_ms();

    len = agent_listeners_sockaddr(addr, &ss);

    g->fd = socket(ss.ss_family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (g->fd == -1) {
        free(g);
        return NULL;
    }

    if ((connect(g->fd, (struct sockaddr *) &ss, len) == -1
         && errno != EINPROGRESS)
        || uv_poll_init(agent_loop, &g->poll, g->fd) != 0)
    {
        close(g->fd);
        free(g);
        return NULL;
    }

    uv_timer_init(agent_loop, &g->timer);

    g->poll.data = g;
    g->timer.data = g;
    g->handles = 2;

    uv_poll_start(&g->poll, UV_WRITABLE, agent_http_get_event);
    uv_timer_start(&g->timer, agent_http_get_late, timeout_ms, 0);

    return g;
}


static void
agent_http_get_event(uv_poll_t *poll, int status, int events)
{
    agent_http_get_t  *g;

    g = poll->data;

    if (g->connected == 0) {
        agent_http_get_send(g);

    } else {
        agent_http_get_read(g);
    }
}


static void
agent_http_get_send(agent_http_get_t *g)
{
    int        err, n;
    char       text[AGENT_HTTP_GET_REQUEST];
    socklen_t  len;

    len = sizeof(int);

    if (getsockopt(g->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1 || err) {
        agent_http_get_done(g, AGENT_HTTP_GET_REFUSED, 0);
        return;
    }

    g->connected = agent_time_ms();

    n = snprintf(text, sizeof(text),
                 "GET %s%s HTTP/1.1\r\nHost: localhost:%d\r\n%s%s%s"
                 "Accept: */*\r\nConnection: close\r\n\r\n",
                 g->path[0] == '/' ? "" : "/", g->path, g->port,
                 g->user_agent ? "User-Agent: " : "",
                 g->user_agent ? g->user_agent : "",
                 g->user_agent ? "\r\n" : "");

    /* the send buffer of a new connection is empty, so nothing blocks */

    if (n >= (int) sizeof(text)
        || send(g->fd, text, n, MSG_NOSIGNAL|MSG_DONTWAIT) != n)
    {
        agent_http_get_done(g, AGENT_HTTP_GET_CLOSED, 0);
        return;
    }

    uv_poll_start(&g->poll, UV_READABLE, agent_http_get_event);
}


static void
agent_http_get_read(agent_http_get_t *g)
{
    int      status;
    ssize_t  n;

    n = recv(g->fd, g->line + g->len, sizeof(g->line) - 1 - g->len,
             MSG_DONTWAIT);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        agent_http_get_done(g, g->len ? AGENT_HTTP_GET_INVALID
                                      : AGENT_HTTP_GET_CLOSED, 0);
        return;
    }

    g->len += n;
    g->line[g->len] = '\0';

    if (memchr(g->line, '\n', g->len) == NULL
        && g->len < sizeof(g->line) - 1)
    {
        return;
    }

    if (sscanf(g->line, "HTTP/1.%*1[01] %3d", &status) == 1
        && status >= 100 && status <= 599)
    {
        agent_http_get_done(g, AGENT_HTTP_GET_OK, status);

    } else {
        agent_http_get_done(g, AGENT_HTTP_GET_INVALID, 0);
    }
}


static void
agent_http_get_late(uv_timer_t *timer)
{
    agent_http_get_t  *g;

    g = timer->data;

    agent_http_get_done(g, g->connected ? AGENT_HTTP_GET_UNANSWERED
                                        : AGENT_HTTP_GET_UNCONNECTED, 0);
}


static void
agent_http_get_done(agent_http_get_t *g, agent_http_get_e outcome, int status)
{
    uint64_t                  now;
    agent_http_get_result_t   result;

    now = agent_time_ms();

    result.outcome = outcome;
    result.status = status;
    result.connect_ms = (g->connected ? g->connected : now) - g->began;
    result.answer_ms = g->connected ? now - g->connected : 0;

    agent_http_get_cancel(g);

    g->on_done(g->data, &result);
}


void
agent_http_get_cancel(agent_http_get_t *g)
{
    if (g == NULL || g->closed) {
        return;
    }

    g->closed = 1;

    uv_close((uv_handle_t *) &g->poll, agent_http_get_closed);
    uv_close((uv_handle_t *) &g->timer, agent_http_get_closed);

    close(g->fd);
}


static void
agent_http_get_closed(uv_handle_t *handle)
{
    agent_http_get_t  *g;

    g = handle->data;

    if (--g->handles == 0) {
        free(g);
    }
}
