
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/listeners.h"
#include "net/relay.h"
#include "net/relay_connect.h"
#include "net/relay_copy.h"
#include "net/relay_error.h"
#include "net/relay_int.h"
#include "sys/listener.h"


#define AGENT_RELAY_MAX       16384     /* connections */
#define AGENT_RELAY_TICK      1000      /* ms */

/* with more connections than that, the kernel's buffer of each is small */
#define AGENT_RELAY_MANY      64
#define AGENT_RELAY_SNDBUF    4096


static int agent_relay_init(uv_loop_t *loop);
static agent_relay_t *agent_relay_find(uint16_t port);
static void agent_relay_accept(agent_listener_t *l, int fd);
static int agent_relay_full(agent_listener_t *l);
static void agent_relay_listener_close(agent_relay_t *relay);
static void agent_relay_listener_closed(agent_listener_t *l);
static void agent_relay_tick(uv_timer_t *timer);
static void agent_relay_poll(agent_relay_conn_t *c, agent_relay_side_t *s,
    int events, int *rc);
static void agent_relay_event(uv_poll_t *poll, int status, int events);
static void agent_relay_side_close(agent_relay_conn_t *c,
    agent_relay_side_t *s);
static void agent_relay_closed(uv_handle_t *handle);
static int agent_relay_mark(const agent_listeners_addr_t *entry, void *data);


typedef struct {
    uint16_t  *ports;
    size_t     n;
    size_t     max;
} agent_relay_ports_t;


uint64_t                    agent_relay_received;
const agent_relay_hooks_t  *agent_relay_hooks;

static agent_relay_t               *agent_relays;
static size_t                       agent_relay_connections;

static struct agent_relay_conns_s   agent_relay_timed;
static uv_timer_t                   agent_relay_tick_timer;
static uv_loop_t                   *agent_relay_loop;


static int
agent_relay_init(uv_loop_t *loop)
{
    int  rc;

    if (agent_relay_loop != NULL) {
        return 0;
    }

    rc = agent_relay_connect_init(loop);
    if (rc == 0) {
        rc = uv_timer_init(loop, &agent_relay_tick_timer);
    }

    if (rc == 0) {
        uv_unref((uv_handle_t *) &agent_relay_tick_timer);
        agent_relay_loop = loop;
    }

    return rc;
}


void
agent_relay_hooks_set(const agent_relay_hooks_t *hooks)
{
    agent_relay_hooks = hooks;
}


int
agent_relay_listen(uv_loop_t *loop, uint16_t port, int fd)
{
    int                rc;
    agent_relay_t     *relay;
    agent_listener_t  *l;

    rc = agent_relay_init(loop);
    if (rc != 0) {
        (void) close(fd);
        return rc;
    }

    (void) fcntl(fd, F_SETFD, FD_CLOEXEC);

    l = calloc(1, sizeof(agent_listener_t));
    if (l == NULL) {
        (void) close(fd);
        return UV_ENOMEM;
    }

    relay = agent_relay_find(port);

    if (relay == NULL) {
        relay = calloc(1, sizeof(agent_relay_t));
        if (relay == NULL) {
            free(l);
            (void) close(fd);
            return UV_ENOMEM;
        }

        relay->loop = loop;
        relay->port = port;
        LIST_INIT(&relay->conns);

        relay->next = agent_relays;
        agent_relays = relay;
    }

    l->on_accept = agent_relay_accept;
    l->full = agent_relay_full;
    l->on_close = agent_relay_listener_closed;
    l->pause_ms = AGENT_RELAY_TICK;
    l->data = relay;

    rc = agent_listener_start(l, fd);
    if (rc != 0) {
        return rc;
    }

    agent_relay_listener_close(relay);
    relay->listener = l;

    return 0;
}


int
agent_relay_unlisten(uint16_t port)
{
    agent_relay_t       *relay, **p;
    agent_relay_conn_t  *c;

    for (p = &agent_relays; *p != NULL; p = &(*p)->next) {
        if ((*p)->port == port) {
            break;
        }
    }

    relay = *p;
    if (relay == NULL) {
        return -1;
    }

    *p = relay->next;

    agent_relay_listener_close(relay);

    while ((c = LIST_FIRST(&relay->conns)) != NULL) {
        agent_relay_close(c);
    }

    free(relay);

    return 0;
}


size_t
agent_relay_active(void)
{
    return agent_relay_connections;
}


uint64_t
agent_relay_bytes(void)
{
    return agent_relay_received;
}


void
agent_relay_drain(void)
{
    agent_relay_t  *relay;

    for (relay = agent_relays; relay != NULL; relay = relay->next) {
        if (relay->listener == NULL) {
            continue;
        }

        agent_listener_drain(relay->listener, 1);
        relay->listener = NULL;
    }
}


size_t
agent_relay_exposed_listening(uint16_t *ports, size_t max)
{
    size_t               i, n;
    uint16_t             port;
    agent_relay_ports_t  ctx;

    if (agent_relays == NULL) {
        return 0;
    }

    ctx.ports = ports;
    ctx.n = 0;
    ctx.max = max;

    agent_listeners_scan(agent_relay_mark, &ctx);

    /* there are few exposed ports: insertion sort */

    for (n = 1; n < ctx.n; n++) {
        port = ports[n];

        for (i = n; i > 0 && ports[i - 1] > port; i--) {
            ports[i] = ports[i - 1];
        }

        ports[i] = port;
    }

    return ctx.n;
}


static int
agent_relay_mark(const agent_listeners_addr_t *entry, void *data)
{
    agent_relay_ports_t *ctx = data;

    size_t  i;

    if (agent_relay_find(entry->port) == NULL) {
        return 0;
    }

    for (i = 0; i < ctx->n; i++) {
        if (ctx->ports[i] == entry->port) {
            return 0;
        }
    }

    if (ctx->n == ctx->max) {
        return 1;
    }

    ctx->ports[ctx->n++] = entry->port;

    return 0;
}


static agent_relay_t *
agent_relay_find(uint16_t port)
{
    agent_relay_t  *relay;

    for (relay = agent_relays; relay != NULL; relay = relay->next) {
        if (relay->port == port) {
            break;
        }
    }

    return relay;
}


static void
agent_relay_accept(agent_listener_t *l, int fd)
{
    int                  size;
    agent_relay_t       *relay;
    agent_relay_conn_t  *c;

    relay = l->data;

    c = calloc(1, sizeof(agent_relay_conn_t));
    if (c == NULL) {
        (void) close(fd);
        return;
    }

    c->relay = relay;
    c->client.fd = fd;
    c->app.fd = -1;

    LIST_INSERT_HEAD(&relay->conns, c, link);
    agent_relay_connections++;

    if (agent_relay_connections > AGENT_RELAY_MANY) {
        size = AGENT_RELAY_SNDBUF;
        (void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(int));
    }

    agent_relay_connect(c);
}


static int
agent_relay_full(agent_listener_t *l)
{
    return agent_relay_connections
           >= agent_memory_clients(AGENT_RELAY_MAX, AGENT_RELAY_COST);
}


static void
agent_relay_listener_close(agent_relay_t *relay)
{
    if (relay->listener != NULL) {
        agent_listener_close(relay->listener);
        relay->listener = NULL;
    }
}


static void
agent_relay_listener_closed(agent_listener_t *l)
{
    free(l);
}


static void
agent_relay_tick(uv_timer_t *timer)
{
    int                  expired;
    uint64_t             now;
    agent_relay_conn_t  *c, *next;

    now = uv_now(timer->loop);

    for (c = LIST_FIRST(&agent_relay_timed); c != NULL; c = next) {
        next = LIST_NEXT(c, timed_link);
        expired = (c->deadline != 0 && c->deadline <= now);

        if (c->state == AGENT_RELAY_HEAD || c->state == AGENT_RELAY_BODY) {
            if (expired) {
                agent_relay_error_expired(c);
            }

        } else {
            agent_relay_copy_check(c, expired);
        }
    }

    if (LIST_EMPTY(&agent_relay_timed)) {
        (void) uv_timer_stop(timer);
    }
}


void
agent_relay_deadline(agent_relay_conn_t *c, uint64_t ms)
{
    c->deadline = ms ? uv_now(c->relay->loop) + ms : 0;

    if (c->timed) {
        return;
    }

    c->timed = 1;
    LIST_INSERT_HEAD(&agent_relay_timed, c, timed_link);

    if (!uv_is_active((uv_handle_t *) &agent_relay_tick_timer)) {
        (void) uv_timer_start(&agent_relay_tick_timer, agent_relay_tick,
                              AGENT_RELAY_TICK, AGENT_RELAY_TICK);
    }
}


int
agent_relay_wait(agent_relay_conn_t *c, int client, int app)
{
    int  rc;

    rc = 0;

    agent_relay_poll(c, &c->client, client, &rc);

    if (c->app.fd != -1) {
        agent_relay_poll(c, &c->app, app, &rc);
    }

    return rc;
}


static void
agent_relay_poll(agent_relay_conn_t *c, agent_relay_side_t *s, int events,
    int *rc)
{
    if (*rc != 0) {
        return;
    }

    if (!s->polled) {
        if (uv_poll_init(c->relay->loop, &s->poll, s->fd) != 0) {
            *rc = -1;
            return;
        }

        s->polled = 1;
        s->poll.data = c;
        c->handles++;
    }

    if (s->failed) {

        /*
         * Poll would report the error forever.  Reading continues whenever the
         * other side has room, and a failing write returns an error at once.
         */

        events = 0;
    }

    if (events == s->events) {
        return;
    }

    s->events = events;

    if (events == 0) {
        (void) uv_poll_stop(&s->poll);

    } else if (uv_poll_start(&s->poll, events, agent_relay_event) != 0) {
        *rc = -1;
    }
}


static void
agent_relay_event(uv_poll_t *poll, int status, int events)
{
    agent_relay_conn_t  *c;
    agent_relay_side_t  *s;

    c = poll->data;
    s = (poll == &c->client.poll) ? &c->client : &c->app;

    if (status < 0) {
        s->failed = 1;
        s->events = 0;
    }

    if (c->state == AGENT_RELAY_HEAD || c->state == AGENT_RELAY_BODY) {
        agent_relay_error_event(c);

    } else {
        agent_relay_copy_event(c, s);
    }
}


void
agent_relay_close(agent_relay_conn_t *c)
{
    if (c->closed) {
        return;
    }

    c->closed = 1;

    LIST_REMOVE(c, link);

    if (c->timed) {
        LIST_REMOVE(c, timed_link);
    }

    agent_relay_connections--;
    c->relay = NULL;

    agent_relay_error_free(c);

    agent_relay_side_close(c, &c->client);
    agent_relay_side_close(c, &c->app);

    if (c->handles == 0) {
        free(c);
    }
}


static void
agent_relay_side_close(agent_relay_conn_t *c, agent_relay_side_t *s)
{
    agent_relay_copy_free(s);

    if (s->polled) {
        uv_close((uv_handle_t *) &s->poll, agent_relay_closed);
    }

    if (s->fd != -1) {
        (void) close(s->fd);
        s->fd = -1;
    }
}


static void
agent_relay_closed(uv_handle_t *handle)
{
    agent_relay_conn_t  *c;

    c = handle->data;

    if (--c->handles == 0) {
        free(c);
    }
}
