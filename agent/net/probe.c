
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"
#include "net/listeners.h"
#include "net/probe.h"


#define AGENT_PROBE_LOOK     25        /* ms between checks */
#define AGENT_PROBE_SLOW     100       /* ms, after a long wait */
#define AGENT_PROBE_LONG     10000     /* ms */
#define AGENT_PROBE_TIMEOUT  5000      /* ms to wait for a response */


struct agent_probe_s {
    agent_probe_port_t       wanted;
    char                    *path;
    void                   (*on_ready)(void *data, int status);
    void                    *data;

    uint64_t                 began;
    uint64_t                 next;      /* time of the next request */
    uint64_t                 deadline;  /* deadline of the request */

    int                      rank;      /* 0: nothing listens */
    agent_listeners_addr_t   listener;

    uv_poll_t                poll;
    int                      fd;          /* -1: no request in progress */
    char                     answer[16];  /* "HTTP/1.1 200" */
    size_t                   answer_len;

    unsigned                 stopped:1;

    TAILQ_ENTRY(agent_probe_s)  link;
};


TAILQ_HEAD(agent_probes_s, agent_probe_s);


static void agent_probe_look(uv_timer_t *timer);
static int agent_probe_listener(const agent_listeners_addr_t *entry,
    void *data);
static int agent_probe_rank(const agent_listeners_addr_t *entry);
static void agent_probe_check(agent_probe_t *p);
static void agent_probe_ask(agent_probe_t *p);
static socklen_t agent_probe_address(agent_probe_t *p,
    struct sockaddr_storage *ss);
static void agent_probe_event(uv_poll_t *poll, int status, int events);
static void agent_probe_send(agent_probe_t *p);
static void agent_probe_read(agent_probe_t *p);
static void agent_probe_hang_up(agent_probe_t *p);
static void agent_probe_closed(uv_handle_t *handle);
static void agent_probe_free(agent_probe_t *p);


static struct agent_probes_s  agent_probes =
    TAILQ_HEAD_INITIALIZER(agent_probes);

static uv_timer_t  agent_probe_timer;
static int         agent_probe_inited;


agent_probe_t *
agent_probe_start(const agent_probe_port_t *wanted,
    void (*on_ready)(void *data, int status), void *data)
{
    agent_probe_t  *p;

    p = calloc(1, sizeof(agent_probe_t));

    if (p == NULL) {
        return NULL;
    }

    p->path = strdup(wanted->path);

    if (p->path == NULL) {
        free(p);
        return NULL;
    }

    p->wanted = *wanted;
    p->on_ready = on_ready;
    p->data = data;
    p->began = agent_time_ms();
    p->fd = -1;

    if (!agent_probe_inited) {
        uv_timer_init(agent_loop, &agent_probe_timer);
        agent_probe_inited = 1;
    }

    TAILQ_INSERT_TAIL(&agent_probes, p, link);

    uv_timer_start(&agent_probe_timer, agent_probe_look, 0, 0);

    return p;
}


void
agent_probe_stop(agent_probe_t *p)
{
    if (p == NULL || p->stopped) {
        return;
    }

    p->stopped = 1;

    TAILQ_REMOVE(&agent_probes, p, link);

    if (p->fd != -1) {
        agent_probe_hang_up(p);
        return;
    }

    /* the handle may still be closing */

    if (p->poll.data == NULL) {
        agent_probe_free(p);
    }
}


static void
agent_probe_look(uv_timer_t *timer)
{
    uint64_t        now, step;
    agent_probe_t  *p, *next;

    if (TAILQ_EMPTY(&agent_probes)) {
        return;
    }

    for (p = TAILQ_FIRST(&agent_probes); p; p = TAILQ_NEXT(p, link)) {
        p->rank = 0;
    }

    agent_listeners_scan(agent_probe_listener, NULL);

    now = agent_time_ms();
    step = AGENT_PROBE_SLOW;

    for (p = TAILQ_FIRST(&agent_probes); p; p = next) {
        next = TAILQ_NEXT(p, link);

        if (now - p->began < AGENT_PROBE_LONG) {
            step = AGENT_PROBE_LOOK;
        }

        agent_probe_check(p);
    }

    uv_timer_start(timer, agent_probe_look, step, 0);
}


static int
agent_probe_listener(const agent_listeners_addr_t *entry, void *data)
{
    int             rank;
    agent_probe_t  *p;

    for (p = TAILQ_FIRST(&agent_probes); p; p = TAILQ_NEXT(p, link)) {

        if (p->wanted.port != entry->port) {
            continue;
        }

        rank = agent_probe_rank(entry);

        if (rank > p->rank) {
            p->rank = rank;
            p->listener = *entry;
        }
    }

    return 0;
}


/* prefer the address that "localhost" resolves to */

static int
agent_probe_rank(const agent_listeners_addr_t *entry)
{
    in_addr_t  v4;

    if (entry->family == AF_INET) {
        v4 = entry->addr.v4.s_addr;
        return v4 == htonl(INADDR_LOOPBACK) || v4 == htonl(INADDR_ANY) ? 3
                                                                       : 1;
    }

    return IN6_IS_ADDR_LOOPBACK(&entry->addr.v6)
           || IN6_IS_ADDR_UNSPECIFIED(&entry->addr.v6) ? 2 : 1;
}


/* may free the probe */

static void
agent_probe_check(agent_probe_t *p)
{
    uint64_t  now;

    now = agent_time_ms();

    if (p->fd != -1) {

        if (now >= p->deadline) {
            agent_probe_hang_up(p);
        }

        return;
    }

    /* a closing handle must not be reused yet */

    if (p->rank == 0 || now < p->next || p->poll.data != NULL) {
        return;
    }

    if (!p->wanted.http) {
        p->on_ready(p->data, 0);
        return;
    }

    agent_probe_ask(p);
}


static void
agent_probe_ask(agent_probe_t *p)
{
    int                      fd;
    socklen_t                len;
    struct sockaddr_storage  ss;

    p->next = agent_time_ms() + p->wanted.interval_ms;
    p->deadline = agent_time_ms() + AGENT_PROBE_TIMEOUT;
    p->answer_len = 0;

    len = agent_probe_address(p, &ss);

    fd = socket(ss.ss_family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (fd == -1) {
        return;
    }

    if ((connect(fd, (struct sockaddr *) &ss, len) == -1
         && errno != EINPROGRESS)
        || uv_poll_init(agent_loop, &p->poll, fd) != 0)
    {
        close(fd);
        return;
    }

    p->fd = fd;
    p->poll.data = p;

    uv_poll_start(&p->poll, UV_WRITABLE, agent_probe_event);
}


static socklen_t
agent_probe_address(agent_probe_t *p, struct sockaddr_storage *ss)
{
    struct sockaddr_in   *sin;
    struct sockaddr_in6  *sin6;

    memset(ss, 0, sizeof(struct sockaddr_storage));

    if (p->listener.family == AF_INET) {
        sin = (struct sockaddr_in *) ss;

        sin->sin_family = AF_INET;
        sin->sin_port = htons(p->wanted.port);
        sin->sin_addr = p->listener.addr.v4;

        if (sin->sin_addr.s_addr == htonl(INADDR_ANY)) {
            sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        }

        return sizeof(struct sockaddr_in);
    }

    sin6 = (struct sockaddr_in6 *) ss;

    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(p->wanted.port);
    sin6->sin6_addr = p->listener.addr.v6;

    if (IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr)) {
        sin6->sin6_addr = in6addr_loopback;
    }

    return sizeof(struct sockaddr_in6);
}


static void
agent_probe_event(uv_poll_t *poll, int status, int events)
{
    agent_probe_t  *p;

    p = poll->data;

    if (p->fd == -1) {
        return;
    }

    if (status < 0) {
        agent_probe_hang_up(p);

    } else if (events & UV_WRITABLE) {
        agent_probe_send(p);

    } else {
        agent_probe_read(p);
    }
}


static void
agent_probe_send(agent_probe_t *p)
{
    int        n;
    char       request[2304];

    n = snprintf(request, sizeof(request),
                 "GET %s%s HTTP/1.1\r\nHost: localhost:%d\r\nAccept: */*\r\n"
                 "Connection: close\r\n\r\n", p->path[0] == '/' ? "" : "/",
                 p->path, p->wanted.port);

    /* the send buffer of a new connection is empty, so nothing blocks */

    if (send(p->fd, request, n, MSG_DONTWAIT|MSG_NOSIGNAL) != n) {
        agent_probe_hang_up(p);
        return;
    }

    uv_poll_start(&p->poll, UV_READABLE|UV_DISCONNECT,
                  agent_probe_event);
}


static void
agent_probe_read(agent_probe_t *p)
{
    int      status;
    ssize_t  n;

    n = recv(p->fd, p->answer + p->answer_len,
             sizeof(p->answer) - 1 - p->answer_len, MSG_DONTWAIT);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        agent_probe_hang_up(p);
        return;
    }

    p->answer_len += n;
    p->answer[p->answer_len] = '\0';

    if (p->answer_len < sizeof("HTTP/1.1 200") - 1) {
        return;
    }

    agent_probe_hang_up(p);

    if (sscanf(p->answer, "HTTP/1.%*1d %3d", &status) == 1
        && status >= p->wanted.status_min && status <= p->wanted.status_max)
    {
        p->on_ready(p->data, status);
    }
}


static void
agent_probe_hang_up(agent_probe_t *p)
{
    uv_poll_stop(&p->poll);
    close(p->fd);

    p->fd = -1;

    uv_close((uv_handle_t *) &p->poll, agent_probe_closed);
}


static void
agent_probe_closed(uv_handle_t *handle)
{
    agent_probe_t  *p;

    p = handle->data;
    p->poll.data = NULL;

    if (p->stopped) {
        agent_probe_free(p);
    }
}


static void
agent_probe_free(agent_probe_t *p)
{
    free(p->path);
    free(p);
}
