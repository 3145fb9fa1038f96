
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listeners.h"
#include "net/relay.h"
#include "net/relay_connect.h"
#include "net/relay_copy.h"
#include "net/relay_error.h"
#include "net/relay_int.h"


#define AGENT_RELAY_BOOT      5000      /* ms for a port command to listen */
#define AGENT_RELAY_RETRY     20        /* ms */
#define AGENT_RELAY_CONNECT   10000     /* ms */


static void agent_relay_try(agent_relay_conn_t *c);
static int agent_relay_connect_to(agent_relay_conn_t *c, struct sockaddr *sa,
    socklen_t len);
static int agent_relay_connected(int fd);
static int agent_relay_other(agent_relay_t *relay);
static void agent_relay_connect_done(agent_relay_conn_t *c);
static void agent_relay_redial(uv_timer_t *timer);


/* a connection is in this list, in the list of deadlines, or in neither */
static struct agent_relay_conns_s  agent_relay_connecting;
static uv_timer_t                  agent_relay_retry_timer;


int
agent_relay_connect_init(uv_loop_t *loop)
{
    int  rc;

    rc = uv_timer_init(loop, &agent_relay_retry_timer);

    if (rc == 0) {
        uv_unref((uv_handle_t *) &agent_relay_retry_timer);
    }

    return rc;
}


void
agent_relay_connect(agent_relay_conn_t *c)
{
    c->deadline = uv_now(c->relay->loop) + AGENT_RELAY_CONNECT;

    agent_relay_try(c);
}


static void
agent_relay_try(agent_relay_conn_t *c)
{
    int                      rc;
    socklen_t                len;
    struct sockaddr_in       sin;
    struct sockaddr_in6      sin6;
    struct sockaddr_storage  ss;

    c->starved = 0;

    memset(&sin, 0, sizeof(struct sockaddr_in));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(c->relay->port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    rc = agent_relay_connect_to(c, (struct sockaddr *) &sin, sizeof(sin));

    if (rc == -1) {
        memset(&sin6, 0, sizeof(struct sockaddr_in6));
        sin6.sin6_family = AF_INET6;
        sin6.sin6_port = htons(c->relay->port);
        sin6.sin6_addr = in6addr_loopback;

        rc = agent_relay_connect_to(c, (struct sockaddr *) &sin6, sizeof(sin6));
    }

    if (rc == -1 && agent_relay_other(c->relay)) {
        len = agent_listeners_sockaddr(&c->relay->other, &ss);
        rc = agent_relay_connect_to(c, (struct sockaddr *) &ss, len);
    }

    if (rc == 0) {
        agent_relay_connect_done(c);
        return;
    }

    if (rc == -1
        && !agent_relay_hooks->starting(c->relay->port, AGENT_RELAY_BOOT))
    {
        agent_relay_connect_done(c);
        return;
    }

    if (!c->timed) {
        c->timed = 1;
        LIST_INSERT_HEAD(&agent_relay_connecting, c, timed_link);

        if (!uv_is_active((uv_handle_t *) &agent_relay_retry_timer)) {
            (void) uv_timer_start(&agent_relay_retry_timer,
                                  agent_relay_redial, AGENT_RELAY_RETRY,
                                  AGENT_RELAY_RETRY);
        }
    }
}


/* 0: connected; 1: not yet; -1: refused */

static int
agent_relay_connect_to(agent_relay_conn_t *c, struct sockaddr *sa,
    socklen_t len)
{
    int  fd, on, rc;

    fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd == -1) {

        /* a lack of resources in the agent is not the app's fault: retry */

        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
            || errno == ENOMEM)
        {
            c->starved = 1;
            return 1;
        }

        return -1;
    }

    on = 1;
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));

    if (connect(fd, sa, len) == 0) {
        c->app.fd = fd;
        return 0;
    }

    if (errno == EINPROGRESS) {

        /*
         * on the loopback, the result is usually known when connect() returns
         */

        rc = agent_relay_connected(fd);

        if (rc != -1) {
            c->app.fd = fd;
            return rc;
        }
    }

    (void) close(fd);

    return -1;
}


/* the result of a connect(), as above */

static int
agent_relay_connected(int fd)
{
    int                      err;
    socklen_t                len;
    struct sockaddr_storage  ss;

    len = sizeof(struct sockaddr_storage);

    if (getpeername(fd, (struct sockaddr *) &ss, &len) == 0) {
        return 0;
    }

    len = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1) {
        return -1;
    }

    /*
     * An app that resets a connection right after accept() was listening, and
     * what it wrote can still be read.
     */

    if (err == ECONNRESET || err == EPIPE) {
        return 0;
    }

    return err ? -1 : 1;
}


/* 1: the app listens on another address than loopback */

static int
agent_relay_other(agent_relay_t *relay)
{
    uint64_t  now;

    now = uv_now(relay->loop);

    if (relay->other_read == 0
        || now - relay->other_read >= AGENT_RELAY_RETRY)
    {
        relay->other_read = now;
        (void) agent_listeners_find(relay->port, &relay->other);
    }

    return relay->other.family != AF_UNSPEC;
}


static void
agent_relay_connect_done(agent_relay_conn_t *c)
{
    int  timed_out;

    if (c->timed) {
        c->timed = 0;
        LIST_REMOVE(c, timed_link);
    }

    timed_out = (c->deadline <= uv_now(c->relay->loop)
                 && (c->app.fd != -1 || c->starved));
    c->deadline = 0;

    if (c->app.fd != -1) {

        if (!timed_out) {
            agent_relay_copy(c);
            return;
        }

        (void) close(c->app.fd);
        c->app.fd = -1;
    }

    agent_relay_error(c, timed_out);
}


static void
agent_relay_redial(uv_timer_t *timer)
{
    agent_relay_conn_t  *c, *next;

    for (c = LIST_FIRST(&agent_relay_connecting); c != NULL; c = next) {
        next = LIST_NEXT(c, timed_link);

        if (agent_relay_copy_is_gone(&c->client)) {
            agent_relay_close(c);
            continue;
        }

        if (c->deadline <= uv_now(c->relay->loop)) {
            agent_relay_connect_done(c);
            continue;
        }

        if (c->app.fd == -1) {
            agent_relay_try(c);
            continue;
        }

        switch (agent_relay_connected(c->app.fd)) {

        case 0:
            agent_relay_connect_done(c);
            break;

        case -1:
            (void) close(c->app.fd);
            c->app.fd = -1;
            agent_relay_try(c);
            break;

        default:
            break;
        }
    }

    if (LIST_EMPTY(&agent_relay_connecting)) {
        (void) uv_timer_stop(timer);
    }
}
