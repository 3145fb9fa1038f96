
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/log.h"
#include "base/loop.h"
#include "control/boot.h"
#include "control/control.h"
#include "control/diagnose.h"
#include "control/ops.h"
#include "control/packet.h"
#include "control/port_events.h"
#include "control/tether.h"
#include "net/relay.h"
#include "sys/peer.h"


#define AGENT_CONTROL_MAX     1024    /* maximum number of tethers */
#define AGENT_CONTROL_ACCEPT  64      /* per iteration of the loop */
#define AGENT_CONTROL_LOOK    1000    /* ms between scans of listening ports */
#define AGENT_CONTROL_PAUSE   50
#define AGENT_CONTROL_PORTS   1024


static void agent_control_accept(uv_poll_t *poll, int status, int events);
static void agent_control_retry(uv_timer_t *timer);
static void agent_control_event(uv_poll_t *poll, int status, int events);
static size_t agent_control_text(char *buf, size_t size, const char *event,
    const char *member);
static void agent_control_closed(uv_handle_t *handle);
static int agent_control_look(void);
static void agent_control_timer(uv_timer_t *timer);
static void agent_control_watch(void);


static int              agent_control_fd = -1;
static uv_poll_t        agent_control_poll;
static uv_timer_t       agent_control_retry_timer;
static uv_timer_t       agent_control_look_timer;

static agent_tether_t  *agent_tethers;
static size_t           agent_ntethers;

static unsigned char    agent_control_served[65536 / 8];
static size_t           agent_control_nserved;
static size_t           agent_control_nports;
static uint16_t         agent_control_list[AGENT_CONTROL_PORTS];

static char             agent_control_buf[AGENT_PACKET_MAX + 1];


int
agent_control_start(int fd, int64_t generation,
    const agent_control_ops_t *ops)
{
    int  rc;

    rc = uv_poll_init(agent_loop, &agent_control_poll, fd);

    if (rc != 0) {
        return rc;
    }

    uv_timer_init(agent_loop, &agent_control_retry_timer);
    uv_timer_init(agent_loop, &agent_control_look_timer);

    rc = agent_port_events_init();

    if (rc != 0) {
        return rc;
    }

    agent_control_fd = fd;
    agent_ops_init(generation, ops);

    return uv_poll_start(&agent_control_poll, UV_READABLE,
                         agent_control_accept);
}


static void
agent_control_retry(uv_timer_t *timer)
{
    if (agent_control_fd != -1) {
        uv_poll_start(&agent_control_poll, UV_READABLE,
                      agent_control_accept);
    }
}


static void
agent_control_accept(uv_poll_t *poll, int status, int events)
{
    int              fd, i;
    char             text[AGENT_CONTROL_PORTS * 6 + 256];
    agent_tether_t  *t;

    for (i = 0; i < AGENT_CONTROL_ACCEPT; i++) {

        fd = accept4(agent_control_fd, NULL, NULL,
                     SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (fd == -1) {

            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                uv_poll_stop(&agent_control_poll);
                uv_timer_start(&agent_control_retry_timer,
                               agent_control_retry, AGENT_CONTROL_PAUSE, 0);
            }

            return;
        }

        if (!agent_peer_outside(fd) || agent_ntethers >= AGENT_CONTROL_MAX) {
            close(fd);
            continue;
        }

        t = calloc(1, sizeof(agent_tether_t));

        if (t == NULL || uv_poll_init(agent_loop, &t->poll, fd) != 0) {
            free(t);
            close(fd);
            continue;
        }

        /* with nginx's reload, so that the level can be changed any time */

        agent_log_configure(NULL);
        agent_log_debug("control: connected, %zu connections",
                        agent_ntethers + 1);

        t->fd = fd;
        t->poll.data = t;
        t->next = agent_tethers;
        agent_tethers = t;
        agent_ntethers++;

        uv_poll_start(&t->poll, UV_READABLE, agent_control_event);

        /* other tethers learn of a change at the next scan */

        if (agent_ntethers == 1) {
            (void) agent_control_look();
        }

        (void) agent_control_send(t, text,
                                  agent_control_text(text, sizeof(text),
                                                     "hello", "listening"));
        agent_control_watch();
    }
}


static void
agent_control_event(uv_poll_t *poll, int status, int events)
{
    int              fds[AGENT_BOOT_FDS];
    size_t           i, nfds;
    json_t          *json;
    ssize_t          n;
    agent_tether_t  *t;

    t = poll->data;

    if (status < 0) {
        agent_control_close(t);
        return;
    }

    n = agent_packet_recv(t->fd, agent_control_buf, fds, AGENT_BOOT_FDS,
                          &nfds);

    if (n == -1 && errno == EAGAIN) {
        return;
    }

    json = n > 0 ? json_loadb(agent_control_buf, n, 0, NULL) : NULL;

    if (json == NULL || !json_is_object(json)) {

        for (i = 0; n > 0 && i < nfds; i++) {
            close(fds[i]);
        }

        json_decref(json);
        agent_control_close(t);
        return;
    }

    agent_ops_packet(t, json, fds, nfds);

    json_decref(json);
}


int
agent_control_send(agent_tether_t *t, const char *text, size_t len)
{
    if (send(t->fd, text, len, MSG_DONTWAIT|MSG_NOSIGNAL) == (ssize_t) len) {
        return 0;
    }

    /* a peer that does not read must reconnect, and gets a fresh hello */

    agent_control_close(t);

    return -1;
}


static size_t
agent_control_text(char *buf, size_t size, const char *event,
    const char *member)
{
    size_t  i, len;

    len = snprintf(buf, size, "{\"event\":\"%s\",", event);

    if (strcmp(event, "hello") == 0) {
        len += snprintf(buf + len, size - len,
                        "\"v\":%d,\"build\":\"%s\",", AGENT_PROTOCOL,
                        AGENT_BUILD);
    }

    len += snprintf(buf + len, size - len, "\"%s\":[", member);

    for (i = 0; i < agent_control_nports; i++) {
        len += snprintf(buf + len, size - len, i ? ",%u" : "%u",
                        (unsigned) agent_control_list[i]);
    }

    len += snprintf(buf + len, size - len, "]}");

    return len;
}


void
agent_control_close(agent_tether_t *t)
{
    agent_tether_t  **p;

    if (t->closed) {
        return;
    }

    t->closed = 1;

    for (p = &agent_tethers; *p; p = &(*p)->next) {

        if (*p == t) {
            *p = t->next;
            break;
        }
    }

    agent_ntethers--;
    agent_log_debug("control: disconnected, %zu connections", agent_ntethers);

    agent_port_events_drop(t);
    agent_diagnose_drop(t);
    agent_control_watch();

    uv_close((uv_handle_t *) &t->poll, agent_control_closed);
}


static void
agent_control_closed(uv_handle_t *handle)
{
    agent_tether_t  *t;

    t = handle->data;

    close(t->fd);
    free(t);
}


void
agent_control_going(void)
{
    agent_tether_t  *t, *next;

    static const char  text[] = "{\"event\":\"going\"}";

    for (t = agent_tethers; t; t = next) {
        next = t->next;
        (void) agent_control_send(t, text, sizeof(text) - 1);
    }
}


void
agent_control_shut(void)
{
    if (agent_control_fd != -1) {
        shutdown(agent_control_fd, SHUT_RD);
    }
}


void
agent_control_drain(void)
{
    int  fd;

    if (agent_control_fd == -1) {
        return;
    }

    for ( ;; ) {
        fd = accept4(agent_control_fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd == -1) {

            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }

            break;
        }

        close(fd);
    }

    uv_poll_stop(&agent_control_poll);
    uv_close((uv_handle_t *) &agent_control_poll, NULL);
    close(agent_control_fd);
    agent_control_fd = -1;
}


void
agent_control_port(uint16_t port, int served)
{
    unsigned char  *byte, bit;

    byte = &agent_control_served[port / 8];
    bit = (unsigned char) (1 << port % 8);

    if (served && !(*byte & bit)) {
        *byte |= bit;
        agent_control_nserved++;

    } else if (!served && (*byte & bit)) {
        *byte &= (unsigned char) ~bit;
        agent_control_nserved--;
    }

    agent_control_watch();
}


/* 1 if the set of listening ports has changed since the last scan */

static int
agent_control_look(void)
{
    size_t    n;
    uint16_t  ports[AGENT_CONTROL_PORTS];

    n = agent_relay_exposed_listening(ports, AGENT_CONTROL_PORTS);

    if (n == agent_control_nports
        && memcmp(ports, agent_control_list, n * sizeof(uint16_t)) == 0)
    {
        return 0;
    }

    memcpy(agent_control_list, ports, n * sizeof(uint16_t));
    agent_control_nports = n;

    return 1;
}


static void
agent_control_timer(uv_timer_t *timer)
{
    char             text[AGENT_CONTROL_PORTS * 6 + 256];
    size_t           len;
    agent_tether_t  *t, *next;

    if (!agent_control_look()) {
        return;
    }

    len = agent_control_text(text, sizeof(text), "listening", "ports");

    for (t = agent_tethers; t; t = next) {
        next = t->next;
        (void) agent_control_send(t, text, len);
    }
}


/* scan only while there are exposed ports and tethers */

static void
agent_control_watch(void)
{
    if (agent_tethers && agent_control_nserved) {

        if (!uv_is_active((uv_handle_t *) &agent_control_look_timer)) {
            uv_timer_start(&agent_control_look_timer, agent_control_timer,
                           AGENT_CONTROL_LOOK, AGENT_CONTROL_LOOK);
        }

    } else {
        uv_timer_stop(&agent_control_look_timer);
    }
}
