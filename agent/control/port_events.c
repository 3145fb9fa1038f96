
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/last_lines.h"
#include "base/loop.h"
#include "control/control.h"
#include "control/port_events.h"
#include "control/tether.h"
#include "net/listeners.h"
#include "port/command.h"


#define AGENT_PORT_EVENTS_MAX    256  /* per tether */
#define AGENT_PORT_EVENTS_SCAN   20   /* ms between scans of listening ports */
#define AGENT_PORT_EVENTS_FLUSH  50   /* ms during which lines are batched */
#define AGENT_PORT_EVENTS_TEXT   16384  /* bytes of lines in a packet, max */


typedef struct agent_port_events_s  agent_port_events_t;


struct agent_port_events_s {
    LIST_ENTRY(agent_port_events_s)  link;

    agent_tether_t              *tether;
    uint16_t                     port;
    uint64_t                     line;  /* number of the next line to send */

    /* state sent last */
    int                          code;
    agent_port_command_state_e   command;
    unsigned                     published:1;
    unsigned                     listening:1;

    unsigned                     now:1;  /* result of a scan */
};


LIST_HEAD(agent_port_events_list_s, agent_port_events_s);


static agent_port_events_t *agent_port_events_find(agent_tether_t *t,
    uint16_t port);
static void agent_port_events_free(agent_port_events_t *w);
static void agent_port_events_arm(void);
static void agent_port_events_scan(uv_timer_t *timer);
static int agent_port_events_entry(const agent_listeners_addr_t *entry,
    void *data);
static void agent_port_events_changed(uint16_t port);
static void agent_port_events_wrote(uint16_t port);
static int agent_port_events_publish(agent_port_events_t *w);
static void agent_port_events_flush(uv_timer_t *timer);
static void agent_port_events_lines(agent_port_events_t *w);


static struct agent_port_events_list_s  agent_port_events_list;
static size_t                           agent_port_events_count;
static uv_timer_t                       agent_port_events_scan_timer;
static uv_timer_t                       agent_port_events_flush_timer;

static const agent_port_command_observer_t  agent_port_events_observer = {
    agent_port_events_changed,
    agent_port_events_wrote
};


int
agent_port_events_init(void)
{
    int  rc;

    LIST_INIT(&agent_port_events_list);
    agent_port_command_observe(&agent_port_events_observer);

    rc = uv_timer_init(agent_loop, &agent_port_events_scan_timer);

    if (rc == 0) {
        rc = uv_timer_init(agent_loop, &agent_port_events_flush_timer);
    }

    return rc;
}


size_t
agent_port_events_active(void)
{
    return agent_port_events_count;
}


const char *
agent_port_events_add(agent_tether_t *t, uint16_t port)
{
    agent_port_events_t  *w;

    if (agent_port_events_find(t, port) != NULL) {
        return "watch: the port is already watched";
    }

    if (t->nwatches == AGENT_PORT_EVENTS_MAX) {
        return "watch: too many watched ports";
    }

    w = calloc(1, sizeof(agent_port_events_t));

    if (w == NULL) {
        return "watch: out of memory";
    }

    w->tether = t;
    w->port = port;

    LIST_INSERT_HEAD(&agent_port_events_list, w, link);
    agent_port_events_count++;
    t->nwatches++;

    /* send log lines before the state change that they explain */

    agent_port_events_flush(NULL);
    agent_port_events_scan(NULL);

    return NULL;
}


const char *
agent_port_events_remove(agent_tether_t *t, uint16_t port)
{
    agent_port_events_t  *w;

    w = agent_port_events_find(t, port);

    if (w == NULL) {
        return "unwatch: the port is not watched";
    }

    agent_port_events_free(w);
    agent_port_events_arm();

    return NULL;
}


void
agent_port_events_drop(agent_tether_t *t)
{
    agent_port_events_t  *w, *next;

    if (t->nwatches == 0) {
        return;
    }

    for (w = LIST_FIRST(&agent_port_events_list); w; w = next) {
        next = LIST_NEXT(w, link);

        if (w->tether == t) {
            agent_port_events_free(w);
        }
    }

    agent_port_events_arm();
}


static agent_port_events_t *
agent_port_events_find(agent_tether_t *t, uint16_t port)
{
    agent_port_events_t  *w;

    for (w = LIST_FIRST(&agent_port_events_list); w; w = LIST_NEXT(w, link)) {

        if (w->tether == t && w->port == port) {
            return w;
        }
    }

    return NULL;
}


static void
agent_port_events_free(agent_port_events_t *w)
{
    LIST_REMOVE(w, link);

    agent_port_events_count--;
    w->tether->nwatches--;

    free(w);
}


/* the kernel does not notify of new listening sockets: poll */

static void
agent_port_events_arm(void)
{
    agent_port_events_t  *w;

    for (w = LIST_FIRST(&agent_port_events_list); w; w = LIST_NEXT(w, link)) {

        if (!w->listening) {
            break;
        }
    }

    if (w == NULL) {
        uv_timer_stop(&agent_port_events_scan_timer);

    } else if (!uv_is_active((uv_handle_t *) &agent_port_events_scan_timer)) {
        uv_timer_start(&agent_port_events_scan_timer, agent_port_events_scan,
                       AGENT_PORT_EVENTS_SCAN, AGENT_PORT_EVENTS_SCAN);
    }
}


static void
agent_port_events_scan(uv_timer_t *timer)
{
    agent_port_events_t  *w;

    for (w = LIST_FIRST(&agent_port_events_list); w; w = LIST_NEXT(w, link)) {
        w->now = 0;
    }

    agent_listeners_scan(agent_port_events_entry, NULL);

    /* sending may have closed the tether and freed its watches */

again:

    for (w = LIST_FIRST(&agent_port_events_list); w; w = LIST_NEXT(w, link)) {

        if (agent_port_events_publish(w) == -1) {
            goto again;
        }
    }

    agent_port_events_arm();
}


static int
agent_port_events_entry(const agent_listeners_addr_t *entry, void *data)
{
    agent_port_events_t  *w;

    for (w = LIST_FIRST(&agent_port_events_list); w; w = LIST_NEXT(w, link)) {

        if (w->port == entry->port) {
            w->now = 1;
        }
    }

    return 0;
}


static void
agent_port_events_changed(uint16_t port)
{
    if (agent_port_events_count) {
        agent_port_events_flush(NULL);
        agent_port_events_scan(NULL);
    }
}


/* 0: the peer is up to date; -1: the tether was closed */

static int
agent_port_events_publish(agent_port_events_t *w)
{
    int                          n, code;
    char                         text[256];
    agent_port_command_state_e   state;

    static const char  *const states[] = { "none", "running", "exited" };

    state = agent_port_command_state(w->port, &code);

    if (w->published && w->listening == w->now && w->command == state
        && w->code == code)
    {
        return 0;
    }

    w->published = 1;
    w->listening = w->now;
    w->command = state;
    w->code = code;

    n = snprintf(text, sizeof(text),
                 "{\"event\":\"port\",\"port\":%d,\"listening\":%s,"
                 "\"command\":\"%s\",\"code\":%d}",
                 w->port, w->listening ? "true" : "false", states[state],
                 code);

    return agent_control_send(w->tether, text, n);
}


static void
agent_port_events_wrote(uint16_t port)
{
    if (agent_port_events_count
        && !uv_is_active((uv_handle_t *) &agent_port_events_flush_timer))
    {
        uv_timer_start(&agent_port_events_flush_timer, agent_port_events_flush,
                       AGENT_PORT_EVENTS_FLUSH, 0);
    }
}


static void
agent_port_events_flush(uv_timer_t *timer)
{
    agent_port_events_t  *w;

    for (w = LIST_FIRST(&agent_port_events_list); w; w = LIST_NEXT(w, link)) {
        agent_port_events_lines(w);
    }
}


static void
agent_port_events_lines(agent_port_events_t *w)
{
    int                  n;
    char                 head[128];
    size_t               len;
    uint64_t             from, to;
    agent_last_lines_t  *lines;

    static char  text[128 + AGENT_PORT_EVENTS_TEXT + 2];

    lines = agent_port_command_lines(w->port);

    if (lines == NULL) {
        w->line = 0;
        return;
    }

    if (w->line > lines->next) {
        w->line = 0;
    }

    while (w->line < lines->next) {

        from = w->line;
        len = agent_last_lines_text(lines, &from, &to, text + sizeof(head),
                                    AGENT_PORT_EVENTS_TEXT);

        n = snprintf(head, sizeof(head),
                     "{\"event\":\"log\",\"port\":%d,\"line\":%llu,"
                     "\"text\":\"",
                     w->port, (unsigned long long) from);

        memcpy(text + sizeof(head) - n, head, n);
        memcpy(text + sizeof(head) + len, "\"}", 2);

        /*
         * lines may be lost if the peer does not read, state changes may not
         */

        if (send(w->tether->fd, text + sizeof(head) - n, n + len + 2,
                 MSG_DONTWAIT|MSG_NOSIGNAL)
            == -1)
        {
            agent_port_events_wrote(w->port);
            return;
        }

        w->line = to;
    }
}
