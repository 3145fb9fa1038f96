
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
#include "sys/listener.h"


#define AGENT_CONTROL_MAX     1024    /* maximum number of tethers */
#define AGENT_CONTROL_SCAN    1000    /* ms between scans of listening ports */
#define AGENT_CONTROL_PAUSE   50      /* ms, if out of descriptors */
#define AGENT_CONTROL_PORTS   1024


static void agent_control_accept(agent_listener_t *l, int fd);
static void agent_control_event(uv_poll_t *poll, int status, int events);
static size_t agent_control_text(char *buf, size_t size, const char *event,
    const char *member);
static void agent_control_closed(uv_handle_t *handle);
static int agent_control_scan(void);
static void agent_control_rescan(uv_timer_t *timer);
static void agent_control_arm(void);


static agent_listener_t  agent_control_listener;
static uv_timer_t       agent_control_scan_timer;

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

    rc = agent_port_events_init();

    if (rc != 0) {
        close(fd);
        return rc;
    }

    uv_timer_init(agent_loop, &agent_control_scan_timer);
    agent_ops_init(generation, ops);

    agent_control_listener.on_accept = agent_control_accept;
    agent_control_listener.pause_ms = AGENT_CONTROL_PAUSE;

    return agent_listener_start(&agent_control_listener, fd);
}


static void
agent_control_accept(agent_listener_t *l, int fd)
{
    char             text[AGENT_CONTROL_PORTS * 6 + 256];
    agent_tether_t  *t;

    if (agent_ntethers >= AGENT_CONTROL_MAX) {
        close(fd);
        return;
    }

    t = calloc(1, sizeof(agent_tether_t));

    if (t == NULL || uv_poll_init(agent_loop, &t->poll, fd) != 0) {
        free(t);
        close(fd);
        return;
    }

    t->fd = fd;
    t->poll.data = t;
    t->next = agent_tethers;
    agent_tethers = t;
    agent_ntethers++;

    uv_poll_start(&t->poll, UV_READABLE, agent_control_event);

    /* a reload of nginx causes connections: the level can change any time */

    agent_log_configure(NULL);
    agent_log_debug("control: connected, %zu connections", agent_ntethers);

    /* other tethers learn of a change at the next scan */

    if (agent_ntethers == 1) {
        (void) agent_control_scan();
    }

    (void) agent_control_send(t, text,
                              agent_control_text(text, sizeof(text),
                                                 "hello", "listening"));
    agent_control_arm();
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

        if (agent_ops_generation() != -1) {
            len += snprintf(buf + len, size - len, "\"generation\":%lld,",
                            (long long) agent_ops_generation());
        }
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
    agent_control_arm();

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
    agent_listener_shut(&agent_control_listener);
}


void
agent_control_drain(void)
{
    agent_listener_drain(&agent_control_listener, 0);
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

    agent_control_arm();
}


/* 1 if the set of listening ports has changed since the last scan */

static int
agent_control_scan(void)
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
agent_control_rescan(uv_timer_t *timer)
{
    char             text[AGENT_CONTROL_PORTS * 6 + 256];
    size_t           len;
    agent_tether_t  *t, *next;

    if (!agent_control_scan()) {
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
agent_control_arm(void)
{
    if (agent_tethers && agent_control_nserved) {

        if (!uv_is_active((uv_handle_t *) &agent_control_scan_timer)) {
            uv_timer_start(&agent_control_scan_timer, agent_control_rescan,
                           AGENT_CONTROL_SCAN, AGENT_CONTROL_SCAN);
        }

    } else {
        uv_timer_stop(&agent_control_scan_timer);
    }
}
