
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

/* RFC 8446, section 5.1: content type and legacy_record_version */

#define AGENT_HTTP_GET_ALERT      21
#define AGENT_HTTP_GET_HANDSHAKE  22
#define AGENT_HTTP_GET_MAJOR      3


struct agent_http_get_s {
    uv_poll_t     poll;
    uv_timer_t    timer;
    int           fd;

    uint16_t      port;
    const char   *path;                /* NULL: send a ClientHello */
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


static agent_http_get_t *agent_http_get_start(
    const agent_listeners_addr_t *addr, const char *path,
    const char *user_agent, unsigned timeout_ms,
    void (*on_done)(void *data, const agent_http_get_result_t *result),
    void *data);
static int agent_http_get_request(agent_http_get_t *g, char *buf,
    size_t size);
static void agent_http_get_event(uv_poll_t *poll, int status, int events);
static void agent_http_get_send(agent_http_get_t *g);
static void agent_http_get_read(agent_http_get_t *g);
static void agent_http_get_late(uv_timer_t *timer);
static void agent_http_get_done(agent_http_get_t *g, agent_http_get_e outcome,
    int status);
static void agent_http_get_closed(uv_handle_t *handle);


/*
 * A ClientHello of TLS 1.2 for "localhost", RFC 5246, section 7.4.1.2.  A
 * server that supports none of it still answers with an alert.
 */

static const char  agent_http_get_hello[] =
    "\x16\x03\x01\x00\x6f"                       /* record */
    "\x01\x00\x00\x6b\x03\x03"                   /* ClientHello */
    "nginx-sandbox diagnoses the port"             /* random */
    "\x00"                                         /* session_id */
    "\x00\x10\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\x00\x9c\x00\x2f"
    "\x01\x00"                                     /* compression_methods */
    "\x00\x32"                                     /* extensions */
    "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09" "localhost"
    "\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"    /* supported_groups */
    "\x00\x0b\x00\x02\x01\x00"                     /* ec_point_formats */
    "\x00\x0d\x00\x0c\x00\x0a\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05";


agent_http_get_t *
agent_http_get(const agent_listeners_addr_t *addr, const char *path,
    const char *user_agent, unsigned timeout_ms,
    void (*on_done)(void *data, const agent_http_get_result_t *result),
    void *data)
{
    return agent_http_get_start(addr, path, user_agent, timeout_ms, on_done,
                                data);
}


agent_http_get_t *
agent_http_get_tls(const agent_listeners_addr_t *addr, unsigned timeout_ms,
    void (*on_done)(void *data, const agent_http_get_result_t *result),
    void *data)
{
    return agent_http_get_start(addr, NULL, NULL, timeout_ms, on_done, data);
}


static agent_http_get_t *
agent_http_get_start(const agent_listeners_addr_t *addr, const char *path,
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

    n = agent_http_get_request(g, text, sizeof(text));

    /* the send buffer of a new connection is empty, so nothing blocks */

    if (n >= (int) sizeof(text)
        || send(g->fd, text, n, MSG_NOSIGNAL|MSG_DONTWAIT) != n)
    {
        agent_http_get_done(g, AGENT_HTTP_GET_CLOSED, 0);
        return;
    }

    uv_poll_start(&g->poll, UV_READABLE, agent_http_get_event);
}


static int
agent_http_get_request(agent_http_get_t *g, char *buf, size_t size)
{
    if (g->path == NULL) {
        memcpy(buf, agent_http_get_hello, sizeof(agent_http_get_hello) - 1);

        return (int) sizeof(agent_http_get_hello) - 1;
    }

    return snprintf(buf, size,
                    "GET %s%s HTTP/1.1\r\nHost: localhost:%d\r\n%s%s%s"
                    "Accept: */*\r\nConnection: close\r\n\r\n",
                    g->path[0] == '/' ? "" : "/", g->path, g->port,
                    g->user_agent ? "User-Agent: " : "",
                    g->user_agent ? g->user_agent : "",
                    g->user_agent ? "\r\n" : "");
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

    if (g->len >= 2
        && (g->line[0] == AGENT_HTTP_GET_ALERT
            || g->line[0] == AGENT_HTTP_GET_HANDSHAKE)
        && g->line[1] == AGENT_HTTP_GET_MAJOR)
    {
        agent_http_get_done(g, AGENT_HTTP_GET_TLS, 0);
        return;
    }

    if (g->len >= 2 && g->path == NULL) {
        agent_http_get_done(g, AGENT_HTTP_GET_INVALID, 0);
        return;
    }

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
