
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "sys/listener.h"
#include "sys/peer.h"


#define AGENT_LISTENER_ACCEPTS  64     /* per iteration of the loop */


static void agent_listener_event(uv_poll_t *poll, int status, int events);
static int agent_listener_accept(agent_listener_t *l);
static void agent_listener_pause(agent_listener_t *l);
static void agent_listener_retry(uv_timer_t *timer);
static void agent_listener_closed(uv_handle_t *handle);


int
agent_listener_start(agent_listener_t *l, int fd)
{
    int  rc;

    l->fd = fd;
    l->open = 1;
    l->handles = 1;
    l->polling = 0;

    (void) uv_timer_init(agent_loop, &l->timer);
    l->timer.data = l;

    rc = uv_poll_init(agent_loop, &l->poll, fd);

    if (rc == 0) {
        l->poll.data = l;
        l->handles++;

        rc = uv_poll_start(&l->poll, UV_READABLE, agent_listener_event);
    }

    if (rc != 0) {
        agent_listener_close(l);
        return rc;
    }

    l->polling = 1;

    return 0;
}


void
agent_listener_resume(agent_listener_t *l)
{
    if (!l->open || l->polling || (l->full && l->full(l))) {
        return;
    }

    l->polling = 1;

    uv_timer_stop(&l->timer);
    uv_poll_start(&l->poll, UV_READABLE, agent_listener_event);
}


static void
agent_listener_event(uv_poll_t *poll, int status, int events)
{
    int                i;
    agent_listener_t  *l;

    l = poll->data;

    for (i = 0; i < AGENT_LISTENER_ACCEPTS && l->open; i++) {

        if (l->full && l->full(l)) {
            agent_listener_pause(l);
            return;
        }

        if (agent_listener_accept(l) == -1) {

            if (errno != EAGAIN) {
                agent_listener_pause(l);
            }

            return;
        }
    }
}


/* 0, or -1 with errno: EAGAIN if no connection is queued */

static int
agent_listener_accept(agent_listener_t *l)
{
    int  fd;

    do {
        fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);
    } while (fd == -1 && (errno == EINTR || errno == ECONNABORTED));

    if (fd == -1) {
        return -1;
    }

    if (agent_peer_outside(fd)) {
        l->on_accept(l, fd);

    } else {
        close(fd);
    }

    return 0;
}


static void
agent_listener_pause(agent_listener_t *l)
{
    l->polling = 0;

    uv_poll_stop(&l->poll);
    uv_timer_start(&l->timer, agent_listener_retry, l->pause_ms, l->pause_ms);
}


static void
agent_listener_retry(uv_timer_t *timer)
{
    agent_listener_resume(timer->data);
}


void
agent_listener_shut(agent_listener_t *l)
{
    if (l->open) {
        (void) shutdown(l->fd, SHUT_RD);
    }
}


void
agent_listener_drain(agent_listener_t *l, int accept)
{
    int  fd;

    if (!l->open) {
        return;
    }

    agent_listener_shut(l);

    if (accept) {
        while (agent_listener_accept(l) == 0) { /* void */ }

    } else {
        while ((fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC)) != -1) {
            close(fd);
        }
    }

    agent_listener_close(l);
}


void
agent_listener_close(agent_listener_t *l)
{
    if (!l->open) {
        return;
    }

    l->open = 0;
    l->polling = 0;

    if (l->handles == 2) {
        uv_close((uv_handle_t *) &l->poll, agent_listener_closed);
    }

    uv_close((uv_handle_t *) &l->timer, agent_listener_closed);

    close(l->fd);
    l->fd = -1;
}


static void
agent_listener_closed(uv_handle_t *handle)
{
    agent_listener_t  *l;

    l = handle->data;

    if (--l->handles == 0 && l->on_close) {
        l->on_close(l);
    }
}
