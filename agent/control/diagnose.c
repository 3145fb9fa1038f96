
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"
#include "control/control.h"
#include "control/diagnose.h"
#include "control/tether.h"
#include "net/listeners.h"
#include "port/command.h"


/*
 * Reports the state of a port, and whether its app responds: sends a single
 * GET / as a browser would, and reads only the status.
 */


#define AGENT_DIAGNOSE_MAX    16       /* maximum in progress */
#define AGENT_DIAGNOSE_WAIT   5000     /* ms */
#define AGENT_DIAGNOSE_SHOWN  32       /* maximum listeners in a reply */


typedef struct agent_diagnose_s  agent_diagnose_t;


struct agent_diagnose_s {
    LIST_ENTRY(agent_diagnose_s)  link;

    agent_tether_t   *tether;
    uint32_t          seq;
    uint16_t          port;

    int               fd;
    uv_poll_t         poll;
    uv_timer_t        timer;
    unsigned          handles;

    uint64_t          began;
    uint64_t          connected;
    char              line[64];
    size_t            len;
};


LIST_HEAD(agent_diagnose_list_s, agent_diagnose_s);


static const char *agent_diagnose_listener(agent_listeners_port_t *l,
    struct sockaddr_storage *ss, socklen_t *len);
static int agent_diagnose_dial(agent_diagnose_t *d,
    struct sockaddr_storage *ss, socklen_t len);
static void agent_diagnose_event(uv_poll_t *poll, int status, int events);
static void agent_diagnose_connected(agent_diagnose_t *d);
static void agent_diagnose_read(agent_diagnose_t *d);
static void agent_diagnose_late(uv_timer_t *timer);
static void agent_diagnose_done(agent_diagnose_t *d, const char *error,
    int status);
static void agent_diagnose_close(agent_diagnose_t *d);
static void agent_diagnose_closed(uv_handle_t *handle);


static struct agent_diagnose_list_s  agent_diagnoses;
static size_t                        agent_ndiagnoses;


const char *
agent_diagnose(agent_tether_t *t, uint32_t seq, uint16_t port)
{
    size_t                    i, n;
    socklen_t                 len;
    const char               *error;
    agent_diagnose_t         *d;
    agent_listeners_port_t    list[AGENT_DIAGNOSE_SHOWN];
    struct sockaddr_storage   ss;

    if (agent_ndiagnoses == AGENT_DIAGNOSE_MAX) {
        return "diagnose: too many requests in progress";
    }

    d = calloc(1, sizeof(agent_diagnose_t));

    if (d == NULL || uv_timer_init(agent_loop, &d->timer) != 0) {
        free(d);
        return "diagnose: out of memory";
    }

    d->tether = t;
    d->seq = seq;
    d->port = port;
    d->fd = -1;
    d->timer.data = d;
    d->handles = 1;
    d->began = agent_time_ms();

    LIST_INSERT_HEAD(&agent_diagnoses, d, link);
    agent_ndiagnoses++;

    error = "refused";
    n = agent_listeners(list, AGENT_DIAGNOSE_SHOWN);

    for (i = 0; i < n; i++) {

        if (list[i].port == port) {
            error = agent_diagnose_listener(&list[i], &ss, &len);
            break;
        }
    }

    if (error == NULL && agent_diagnose_dial(d, &ss, len) == 0) {
        uv_timer_start(&d->timer, agent_diagnose_late, AGENT_DIAGNOSE_WAIT,
                       0);
        return NULL;
    }

    agent_diagnose_done(d, error ? error : "refused", 0);

    return NULL;
}


/*
 * NULL, or why the app cannot be probed; a wildcard listener is reached on the
 * loopback address
 */

static const char *
agent_diagnose_listener(agent_listeners_port_t *l, struct sockaddr_storage *ss,
    socklen_t *len)
{
    struct sockaddr_in   *sin;
    struct sockaddr_in6  *sin6;

    memset(ss, 0, sizeof(struct sockaddr_storage));

    sin = (struct sockaddr_in *) ss;
    sin6 = (struct sockaddr_in6 *) ss;

    if (inet_pton(AF_INET, l->address, &sin->sin_addr) == 1) {
        sin->sin_family = AF_INET;
        sin->sin_port = htons(l->port);
        *len = sizeof(struct sockaddr_in);

        if (sin->sin_addr.s_addr == htonl(INADDR_ANY)) {
            sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        }

        return NULL;
    }

    if (inet_pton(AF_INET6, l->address, &sin6->sin6_addr) == 1) {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(l->port);
        *len = sizeof(struct sockaddr_in6);

        if (IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr)) {
            sin6->sin6_addr = in6addr_loopback;
        }

        return NULL;
    }

    return "refused";
}


static int
agent_diagnose_dial(agent_diagnose_t *d, struct sockaddr_storage *ss,
    socklen_t len)
{
    d->fd = socket(ss->ss_family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (d->fd == -1) {
        return -1;
    }

    if (connect(d->fd, (struct sockaddr *) ss, len) == -1
        && errno != EINPROGRESS)
    {
        return -1;
    }

    if (uv_poll_init(agent_loop, &d->poll, d->fd) != 0) {
        return -1;
    }

    d->poll.data = d;
    d->handles++;

    return uv_poll_start(&d->poll, UV_WRITABLE, agent_diagnose_event);
}


static void
agent_diagnose_event(uv_poll_t *poll, int status, int events)
{
    agent_diagnose_t  *d;

    d = poll->data;

    if (d->connected == 0) {
        agent_diagnose_connected(d);

    } else {
        agent_diagnose_read(d);
    }
}


static void
agent_diagnose_connected(agent_diagnose_t *d)
{
    int        err, n;
    char       text[256];
    socklen_t  len;

    len = sizeof(int);

    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1 || err) {
        agent_diagnose_done(d, "refused", 0);
        return;
    }

    d->connected = agent_time_ms();

    n = snprintf(text, sizeof(text),
                 "GET / HTTP/1.1\r\nHost: localhost:%d\r\n"
                 "User-Agent: nginx-sandbox-diagnose\r\nAccept: */*\r\n"
                 "Connection: close\r\n\r\n", d->port);

    if (send(d->fd, text, n, MSG_NOSIGNAL|MSG_DONTWAIT) != n) {
        agent_diagnose_done(d, "closed", 0);
        return;
    }

    uv_poll_start(&d->poll, UV_READABLE, agent_diagnose_event);
}


static void
agent_diagnose_read(agent_diagnose_t *d)
{
    int      status;
    char    *p;
    ssize_t  n;

    n = recv(d->fd, d->line + d->len, sizeof(d->line) - 1 - d->len, 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        agent_diagnose_done(d, d->len ? "invalid" : "closed", 0);
        return;
    }

    d->len += n;
    d->line[d->len] = '\0';

    p = memchr(d->line, '\n', d->len);

    if (p == NULL && d->len < sizeof(d->line) - 1) {
        return;
    }

    if (sscanf(d->line, "HTTP/1.%*1[01] %3d", &status) == 1
        && status >= 100 && status <= 599)
    {
        agent_diagnose_done(d, NULL, status);

    } else {
        agent_diagnose_done(d, "invalid", 0);
    }
}


static void
agent_diagnose_late(uv_timer_t *timer)
{
    agent_diagnose_t  *d;

    d = timer->data;

    agent_diagnose_done(d, d->connected ? "silent" : "timeout", 0);
}


static void
agent_diagnose_done(agent_diagnose_t *d, const char *error, int status)
{
    char                    *text;
    size_t                   i, n;
    json_t                  *json, *list, *app;
    uint64_t                 now;
    agent_listeners_port_t   ports[AGENT_DIAGNOSE_SHOWN];

    now = agent_time_ms();

    list = json_array();
    n = agent_listeners(ports, AGENT_DIAGNOSE_SHOWN);

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(list,
                                json_pack("{s:i, s:s}",
                                          "port", (int) ports[i].port,
                                          "address", ports[i].address));
    }

    app = json_pack("{s:I, s:I}",
                    "connect_ms", (json_int_t) (d->connected
                                                ? d->connected - d->began
                                                : now - d->began),
                    "answer_ms", (json_int_t) (d->connected
                                               ? now - d->connected : 0));

    if (error) {
        (void) json_object_set_new(app, "error", json_string(error));

    } else {
        (void) json_object_set_new(app, "status", json_integer(status));
    }

    json = json_pack("{s:s, s:I, s:i, s:o, s:o, s:o}",
                     "event", "diagnosis",
                     "seq", (json_int_t) d->seq, "port", (int) d->port,
                     "listening", list,
                     "command", agent_port_command_json(d->port),
                     "app", app);

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);

    if (text) {
        (void) agent_control_send(d->tether, text, strlen(text));
        free(text);
    }

    /* sending may have closed the tether, and freed this probe with it */

    if (d->tether) {
        agent_diagnose_close(d);
    }
}


void
agent_diagnose_drop(agent_tether_t *t)
{
    agent_diagnose_t  *d, *next;

    for (d = LIST_FIRST(&agent_diagnoses); d; d = next) {
        next = LIST_NEXT(d, link);

        if (d->tether == t) {
            agent_diagnose_close(d);
        }
    }
}


static void
agent_diagnose_close(agent_diagnose_t *d)
{
    LIST_REMOVE(d, link);
    agent_ndiagnoses--;

    d->tether = NULL;

    uv_close((uv_handle_t *) &d->timer, agent_diagnose_closed);

    if (d->handles > 1) {
        uv_close((uv_handle_t *) &d->poll, agent_diagnose_closed);
    }

    if (d->fd != -1) {
        close(d->fd);
    }
}


static void
agent_diagnose_closed(uv_handle_t *handle)
{
    agent_diagnose_t  *d;

    d = handle->data;

    if (--d->handles == 0) {
        free(d);
    }
}
