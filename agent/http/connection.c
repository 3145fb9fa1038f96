
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"
#include "http/connection.h"
#include "http/http_int.h"
#include "http/output.h"
#include "http/parser.h"
#include "http/response.h"
#include "http/server.h"


/* with more connections than that, the kernel's buffer of each is small */
#define AGENT_CONNECTION_MANY    64
#define AGENT_CONNECTION_SNDBUF  16384


static void agent_connection_event(uv_poll_t *poll, int status, int events);
static void agent_connection_read(agent_connection_t *c);
static void agent_connection_advance(agent_connection_t *c, char *buf,
    size_t len);
static int agent_connection_keep(agent_connection_t *c, const char *buf,
    size_t len);
static void agent_connection_forget(agent_connection_t *c);
static void agent_connection_close(agent_connection_t *c);
static void agent_connection_closed(uv_handle_t *handle);
static void agent_connection_deferred(uv_idle_t *idle);


static uv_idle_t            agent_connection_idle;
static agent_connection_t  *agent_connections;
static size_t               agent_nconnections;
static agent_connection_t  *agent_deferred;
static char                 agent_read_buf[AGENT_CONNECTION_READ];


void
agent_connection_init(void)
{
    uv_idle_init(agent_loop, &agent_connection_idle);
}


size_t
agent_connection_count(void)
{
    return agent_nconnections;
}


size_t
agent_connection_requests(void)
{
    size_t               n;
    agent_connection_t  *c;

    for (c = agent_connections, n = 0; c; c = c->next) {
        n += (c->http != NULL || c->in_len || c->queued);
    }

    return n;
}


void
agent_connection_review(void)
{
    agent_connection_t  *c;

    for (c = agent_connections; c; c = c->next) {
        agent_connection_defer(c);
    }
}


int
agent_connection_create(int fd)
{
    agent_connection_t  *c;

    c = calloc(1, sizeof(agent_connection_t));

    if (c == NULL) {
        return -1;
    }

    if (uv_poll_init(agent_loop, &c->poll, fd) != 0) {
        free(c);
        return -1;
    }

    c->fd = fd;
    c->poll.data = c;

    c->next = agent_connections;

    if (agent_connections) {
        agent_connections->prev = c;
    }

    agent_connections = c;
    agent_nconnections++;

    agent_connection_update(c);

    return 0;
}


static void
agent_connection_event(uv_poll_t *poll, int status, int events)
{
    agent_connection_t  *c;

    c = poll->data;

    if (status < 0) {
        agent_connection_close(c);
        return;
    }

    if (events & UV_WRITABLE) {
        agent_http_output_flush(c);
        agent_connection_advance(c, NULL, 0);

        if (c->closed) {
            return;
        }
    }

    if ((events & UV_READABLE) && (c->events & UV_READABLE)) {
        agent_connection_read(c);
        return;
    }

    if (events & UV_DISCONNECT) {
        agent_connection_close(c);
    }
}


static void
agent_connection_read(agent_connection_t *c)
{
    ssize_t  n;

    n = recv(c->fd, agent_read_buf, agent_memory_piece(sizeof(agent_read_buf)),
             0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        /* the client has disconnected, whatever it was waiting for */
        agent_connection_close(c);
        return;
    }

    agent_connection_advance(c, agent_read_buf, n);
}


/* parses buffered bytes and buf, and buffers what cannot be used yet */

static void
agent_connection_advance(agent_connection_t *c, char *buf, size_t len)
{
    size_t  used;

    if (c->closed) {
        return;
    }

    if (agent_http_output_drained(c) && !c->broken) {
        c->want_drain = 0;
        agent_parser_drained(c);
    }

    if (c->in_len || len == 0) {

        if (len && agent_connection_keep(c, buf, len) == -1) {
            agent_connection_close(c);
            return;
        }

        used = agent_parser_process(c, c->in ? c->in : agent_read_buf,
                                    c->in_len);

        if (used) {
            c->in_len -= used;
            memmove(c->in, c->in + used, c->in_len);
        }

    } else {
        used = agent_parser_process(c, buf, len);

        if (used < len && !c->broken
            && agent_connection_keep(c, buf + used, len - used) == -1)
        {
            agent_connection_close(c);
            return;
        }
    }

    if (c->in && c->in_len == 0) {
        agent_connection_forget(c);
    }

    if (!c->corked && c->queued) {
        agent_http_output_flush(c);
    }

    if (c->broken || (c->last && c->queued == 0)) {
        agent_connection_close(c);
        return;
    }

    agent_connection_update(c);
}


static int
agent_connection_keep(agent_connection_t *c, const char *buf, size_t len)
{
    char  *in;

    in = realloc(c->in, c->in_len + len);

    if (in == NULL) {
        return -1;
    }

    memcpy(in + c->in_len, buf, len);

    c->in = in;
    c->in_len += len;

    agent_memory_release(c->in_size);
    c->in_size = c->in_len;
    agent_memory_use(c->in_size);

    return 0;
}


static void
agent_connection_forget(agent_connection_t *c)
{
    free(c->in);
    c->in = NULL;
    c->in_len = 0;

    agent_memory_release(c->in_size);
    c->in_size = 0;
}


void
agent_connection_fit(agent_connection_t *c)
{
    int        size;
    unsigned   small;
    socklen_t  len;

    static int  normal;

    small = (agent_nconnections > AGENT_CONNECTION_MANY);

    if (small == c->small) {
        return;
    }

    if (normal == 0) {
        len = sizeof(int);

        if (getsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &normal, &len) == -1) {
            return;
        }
    }

    /* the kernel doubles what is set */

    size = small ? AGENT_CONNECTION_SNDBUF : normal / 2;

    if (setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(int)) == 0) {
        c->small = small;
    }
}


/*
 * Always watch for a disconnect: a command must be killed when its client has
 * gone.
 */

void
agent_connection_update(agent_connection_t *c)
{
    int  events;

    if (c->closed) {
        return;
    }

    events = UV_DISCONNECT;

    if (!c->last && c->in_len < AGENT_CONNECTION_READ
        && agent_parser_wants(c))
    {
        events |= UV_READABLE;
    }

    if (c->queued && !c->corked) {
        events |= UV_WRITABLE;
    }

    if (events != c->events) {
        c->events = events;
        uv_poll_start(&c->poll, events, agent_connection_event);
    }
}


static void
agent_connection_close(agent_connection_t *c)
{
    if (c->closed) {
        return;
    }

    c->closed = 1;
    c->broken = 1;

    agent_parser_gone(c);

    if (c->prev) {
        c->prev->next = c->next;

    } else {
        agent_connections = c->next;
    }

    if (c->next) {
        c->next->prev = c->prev;
    }

    agent_nconnections--;

    uv_close((uv_handle_t *) &c->poll, agent_connection_closed);

    agent_server_closed();
}


static void
agent_connection_closed(uv_handle_t *handle)
{
    agent_connection_t  *c, **d;

    c = handle->data;

    if (c->deferred) {

        for (d = &agent_deferred; *d; d = &(*d)->deferred_next) {

            if (*d == c) {
                *d = c->deferred_next;
                break;
            }
        }
    }

    close(c->fd);

    agent_http_output_free(c);
    agent_connection_forget(c);
    free(c);
}


void
agent_connection_defer(agent_connection_t *c)
{
    if (c->deferred || c->closed) {
        return;
    }

    c->deferred = 1;
    c->deferred_next = agent_deferred;
    agent_deferred = c;

    uv_idle_start(&agent_connection_idle, agent_connection_deferred);
}


static void
agent_connection_deferred(uv_idle_t *idle)
{
    agent_connection_t  *c, *list;

    list = agent_deferred;
    agent_deferred = NULL;

    uv_idle_stop(idle);

    while (list) {
        c = list;
        list = c->deferred_next;

        /* from here on, it may be deferred again */

        c->deferred = 0;
        agent_connection_advance(c, NULL, 0);
    }
}
