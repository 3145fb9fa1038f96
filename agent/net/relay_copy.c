
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/relay_copy.h"
#include "net/relay_int.h"


/* reads of a side per iteration of the loop, for fairness */
#define AGENT_RELAY_READS  8


static void agent_relay_pump(agent_relay_conn_t *c, agent_relay_side_t *from,
    agent_relay_side_t *to);
static ssize_t agent_relay_recv(agent_relay_conn_t *c,
    agent_relay_side_t *s);
static void agent_relay_settle(agent_relay_conn_t *c);
static void agent_relay_shut(agent_relay_side_t *s);


/* shared by all: nothing is kept in it between events */
char  agent_relay_copy_buffer[AGENT_RELAY_BUFFER];


void
agent_relay_copy(agent_relay_conn_t *c)
{
    c->state = AGENT_RELAY_COPYING;

    /* the request usually arrives together with the connection */

    agent_relay_pump(c, &c->client, &c->app);
    agent_relay_settle(c);
}


void
agent_relay_copy_event(agent_relay_conn_t *c, agent_relay_side_t *s)
{
    agent_relay_side_t  *other;

    other = (s == &c->client) ? &c->app : &c->client;

    if (s->out != NULL) {
        agent_relay_copy_flush(s);
    }

    if (c->state == AGENT_RELAY_DISCARDING) {
        (void) agent_relay_copy_drop(c, &c->client);

    } else {
        agent_relay_pump(c, s, other);

        if (other->failed) {
            agent_relay_pump(c, other, s);
        }
    }

    agent_relay_settle(c);
}


void
agent_relay_copy_check(agent_relay_conn_t *c, int expired)
{
    if (expired) {
        agent_relay_close(c);
        return;
    }

    /*
     * a side that has sent its EOF is not polled: check whether it has closed
     */

    if (c->client.eof && !c->client.gone) {
        c->client.gone = agent_relay_copy_is_gone(&c->client);
    }

    if (c->app.fd != -1 && c->app.eof && !c->app.gone) {
        c->app.gone = agent_relay_copy_is_gone(&c->app);
    }

    agent_relay_settle(c);
}


static void
agent_relay_pump(agent_relay_conn_t *c, agent_relay_side_t *from,
    agent_relay_side_t *to)
{
    int      i;
    ssize_t  n;

    for (i = 0; i < AGENT_RELAY_READS || from->failed; i++) {

        if (from->eof || to->out != NULL) {
            return;
        }

        n = agent_relay_recv(c, from);

        if (n <= 0) {
            return;
        }

        if (!to->gone
            && agent_relay_copy_send(to, agent_relay_copy_buffer, n) == -1)
        {
            to->gone = 1;
        }

        if (n < AGENT_RELAY_BUFFER && !from->failed) {
            return;
        }
    }
}


/* > 0: bytes; 0: the end; -1: none at present */

static ssize_t
agent_relay_recv(agent_relay_conn_t *c, agent_relay_side_t *s)
{
    ssize_t  n;

    do {
        n = recv(s->fd, agent_relay_copy_buffer,
                 agent_memory_piece(AGENT_RELAY_BUFFER), 0);
    } while (n == -1 && errno == EINTR);

    if (n > 0) {
        if (s == &c->client) {
            agent_relay_received += n;
        }

        return n;
    }

    if (n == -1 && errno == EAGAIN && !s->failed) {
        return -1;
    }

    s->eof = 1;

    /*
     * After EOF the peer may still read, unless the connection was reset or
     * the socket was closed rather than half-closed.
     */

    if (n == -1 || agent_relay_copy_is_gone(s)) {
        s->gone = 1;
        agent_relay_copy_free(s);
    }

    return 0;
}


int
agent_relay_copy_alloc(agent_relay_side_t *s, size_t size)
{
    s->out = malloc(size);
    if (s->out == NULL) {
        return -1;
    }

    s->pos = 0;
    s->last = size;
    s->size = size;
    agent_memory_use(size);

    return 0;
}


void
agent_relay_copy_free(agent_relay_side_t *s)
{
    free(s->out);
    s->out = NULL;

    agent_memory_release(s->size);
    s->size = 0;
}


int
agent_relay_copy_send(agent_relay_side_t *s, const char *buf, size_t len)
{
    ssize_t  n;

    do {
        n = send(s->fd, buf, len, MSG_NOSIGNAL);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        if (errno != EAGAIN) {
            return -1;
        }

        n = 0;
    }

    if ((size_t) n == len) {
        return 0;
    }

    if (agent_relay_copy_alloc(s, len - n) == -1) {
        return -1;
    }

    memcpy(s->out, buf + n, s->last);

    return 0;
}


void
agent_relay_copy_flush(agent_relay_side_t *s)
{
    ssize_t  n;

    if (!s->gone) {
        do {
            n = send(s->fd, s->out + s->pos, s->last - s->pos, MSG_NOSIGNAL);
        } while (n == -1 && errno == EINTR);

        if (n == -1) {
            if (errno == EAGAIN) {
                return;
            }

            s->gone = 1;

        } else {
            s->pos += n;

            if (s->pos < s->last) {
                return;
            }
        }
    }

    agent_relay_copy_free(s);
}


size_t
agent_relay_copy_drop(agent_relay_conn_t *c, agent_relay_side_t *s)
{
    int      i;
    size_t   total;
    ssize_t  n;

    total = 0;

    for (i = 0; !s->eof && (i < AGENT_RELAY_READS || s->failed); i++) {
        n = agent_relay_recv(c, s);

        if (n <= 0) {
            break;
        }

        total += n;

        if (n < AGENT_RELAY_BUFFER && !s->failed) {
            break;
        }
    }

    return total;
}


int
agent_relay_copy_is_gone(agent_relay_side_t *s)
{
    struct pollfd  pfd;

    pfd.fd = s->fd;
    pfd.events = 0;
    pfd.revents = 0;

    return poll(&pfd, 1, 0) == 1 && (pfd.revents & (POLLHUP | POLLERR)) != 0;
}


/* to be called after every change: propagates EOF, and updates the events */

static void
agent_relay_settle(agent_relay_conn_t *c)
{
    int                  client, app;
    agent_relay_side_t  *cl, *ap;

    cl = &c->client;
    ap = &c->app;

    if (cl->gone) {

        /* the client has gone: flush pending bytes to the app, then close */

        agent_relay_copy_free(cl);

        if (ap->out == NULL && (cl->eof || ap->fd == -1)) {
            agent_relay_close(c);
            return;
        }

        ap->eof = 1;

        if (c->deadline == 0) {
            agent_relay_deadline(c, AGENT_RELAY_DRAIN);
        }
    }

    if (ap->gone) {
        agent_relay_copy_free(ap);
    }

    if (cl->eof && ap->out == NULL) {
        agent_relay_shut(ap);
    }

    if (ap->eof && cl->out == NULL) {
        agent_relay_shut(cl);

        if (cl->eof && ap->out == NULL) {
            agent_relay_close(c);
            return;
        }

        if (ap->gone && c->state == AGENT_RELAY_COPYING) {
            agent_relay_copy_discard(c);
            return;
        }
    }

    if ((cl->eof || ap->eof) && !c->timed) {
        agent_relay_deadline(c, 0);
    }

    client = 0;
    app = 0;

    if (!cl->eof && (ap->out == NULL || c->state == AGENT_RELAY_DISCARDING)) {
        client |= UV_READABLE;
    }

    if (!ap->eof && cl->out == NULL) {
        app |= UV_READABLE;
    }

    if (cl->out != NULL) {
        client |= UV_WRITABLE;
    }

    if (ap->out != NULL) {
        app |= UV_WRITABLE;
    }

    if (agent_relay_wait(c, client, app) == -1) {
        agent_relay_close(c);
    }
}


void
agent_relay_copy_discard(agent_relay_conn_t *c)
{
    c->state = AGENT_RELAY_DISCARDING;

    /* nothing more is read from the app, if there was a connection to it */

    c->app.eof = 1;
    c->app.gone = 1;

    agent_relay_deadline(c, AGENT_RELAY_DRAIN);
    agent_relay_settle(c);
}


static void
agent_relay_shut(agent_relay_side_t *s)
{
    if (!s->shut) {
        s->shut = 1;

        if (s->fd != -1) {
            (void) shutdown(s->fd, SHUT_WR);
        }
    }
}
