
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/base.h"
#include "base/last_lines.h"
#include "control/control.h"
#include "control/port_events.h"
#include "control/tether.h"
#include "net/listeners.h"
#include "port/command.h"


#define AGENT_WATCH_MAX    256         /* of a tether */
#define AGENT_WATCH_LOOK   20          /* ms between looks at what listens */
#define AGENT_WATCH_FLUSH  50          /* ms in which lines are gathered */
#define AGENT_WATCH_TEXT   16384       /* bytes of lines in a packet */


typedef struct agent_watch_s  agent_watch_t;


struct agent_watch_s {
    LIST_ENTRY(agent_watch_s)  link;

    agent_tether_t      *tether;
    uint16_t             port;
    uint64_t             line;         /* the next to be told */

    /* what was told last */
    int                  code;
    agent_wake_state_e   command;
    unsigned             told:1;
    unsigned             listening:1;

    unsigned             now:1;        /* of a look */
};


LIST_HEAD(agent_watch_list_s, agent_watch_s);


static agent_watch_t *agent_watch_find(agent_tether_t *t, uint16_t port);
static void agent_watch_free(agent_watch_t *w);
static void agent_watch_arm(void);
static void agent_watch_look(uv_timer_t *timer);
static int agent_watch_entry(const agent_netstat_t *entry, void *data);
static int agent_watch_tell(agent_watch_t *w);
static void agent_watch_flush(uv_timer_t *timer);
static void agent_watch_lines(agent_watch_t *w);


static struct agent_watch_list_s  agent_watches;
static size_t                     agent_nwatches;
static uv_timer_t                 agent_watch_look_timer;
static uv_timer_t                 agent_watch_flush_timer;


int
agent_watch_init(void)
{
    int  rc;

    LIST_INIT(&agent_watches);

    rc = uv_timer_init(agent_loop, &agent_watch_look_timer);

    if (rc == 0) {
        rc = uv_timer_init(agent_loop, &agent_watch_flush_timer);
    }

    return rc;
}


size_t
agent_watch_active(void)
{
    return agent_nwatches;
}


const char *
agent_watch_add(agent_tether_t *t, uint16_t port)
{
    agent_watch_t  *w;

    if (agent_watch_find(t, port) != NULL) {
        return "watch: the port is watched";
    }

    if (t->nwatches == AGENT_WATCH_MAX) {
        return "watch: too many ports are watched";
    }

    w = calloc(1, sizeof(agent_watch_t));

    if (w == NULL) {
        return "watch: out of memory";
    }

    w->tether = t;
    w->port = port;

    LIST_INSERT_HEAD(&agent_watches, w, link);
    agent_nwatches++;
    t->nwatches++;

    /* what happened is told after what was written of it */

    agent_watch_flush(NULL);
    agent_watch_look(NULL);

    return NULL;
}


const char *
agent_watch_remove(agent_tether_t *t, uint16_t port)
{
    agent_watch_t  *w;

    w = agent_watch_find(t, port);

    if (w == NULL) {
        return "unwatch: the port is not watched";
    }

    agent_watch_free(w);
    agent_watch_arm();

    return NULL;
}


void
agent_watch_drop(agent_tether_t *t)
{
    agent_watch_t  *w, *next;

    if (t->nwatches == 0) {
        return;
    }

    for (w = LIST_FIRST(&agent_watches); w; w = next) {
        next = LIST_NEXT(w, link);

        if (w->tether == t) {
            agent_watch_free(w);
        }
    }

    agent_watch_arm();
}


static agent_watch_t *
agent_watch_find(agent_tether_t *t, uint16_t port)
{
    agent_watch_t  *w;

    for (w = LIST_FIRST(&agent_watches); w; w = LIST_NEXT(w, link)) {

        if (w->tether == t && w->port == port) {
            return w;
        }
    }

    return NULL;
}


static void
agent_watch_free(agent_watch_t *w)
{
    LIST_REMOVE(w, link);

    agent_nwatches--;
    w->tether->nwatches--;

    free(w);
}


/* the kernel tells nobody when a socket begins to listen: it is asked */

static void
agent_watch_arm(void)
{
    agent_watch_t  *w;

    for (w = LIST_FIRST(&agent_watches); w; w = LIST_NEXT(w, link)) {

        if (!w->listening) {
            break;
        }
    }

    if (w == NULL) {
        uv_timer_stop(&agent_watch_look_timer);

    } else if (!uv_is_active((uv_handle_t *) &agent_watch_look_timer)) {
        uv_timer_start(&agent_watch_look_timer, agent_watch_look,
                       AGENT_WATCH_LOOK, AGENT_WATCH_LOOK);
    }
}


static void
agent_watch_look(uv_timer_t *timer)
{
    agent_watch_t  *w;

    for (w = LIST_FIRST(&agent_watches); w; w = LIST_NEXT(w, link)) {
        w->now = 0;
    }

    agent_netstat_listening(agent_watch_entry, NULL);

    /* a tether that takes nothing is closed, and its watches go */

again:

    for (w = LIST_FIRST(&agent_watches); w; w = LIST_NEXT(w, link)) {

        if (agent_watch_tell(w) == -1) {
            goto again;
        }
    }

    agent_watch_arm();
}


static int
agent_watch_entry(const agent_netstat_t *entry, void *data)
{
    agent_watch_t  *w;

    for (w = LIST_FIRST(&agent_watches); w; w = LIST_NEXT(w, link)) {

        if (w->port == entry->port) {
            w->now = 1;
        }
    }

    return 0;
}


void
agent_watch_changed(uint16_t port)
{
    if (agent_nwatches) {
        agent_watch_flush(NULL);
        agent_watch_look(NULL);
    }
}


/* 0: it is as it was told, or was told now; -1: the tether is gone */

static int
agent_watch_tell(agent_watch_t *w)
{
    int                  n, code;
    char                 text[256];
    agent_wake_state_e   state;

    static const char  *const states[] = { "none", "running", "exited" };

    state = agent_wake_state(w->port, &code);

    if (w->told && w->listening == w->now && w->command == state
        && w->code == code)
    {
        return 0;
    }

    w->told = 1;
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


void
agent_watch_wrote(uint16_t port)
{
    if (agent_nwatches
        && !uv_is_active((uv_handle_t *) &agent_watch_flush_timer))
    {
        uv_timer_start(&agent_watch_flush_timer, agent_watch_flush,
                       AGENT_WATCH_FLUSH, 0);
    }
}


static void
agent_watch_flush(uv_timer_t *timer)
{
    agent_watch_t  *w;

    for (w = LIST_FIRST(&agent_watches); w; w = LIST_NEXT(w, link)) {
        agent_watch_lines(w);
    }
}


static void
agent_watch_lines(agent_watch_t *w)
{
    int            n;
    char           head[128];
    size_t         len;
    uint64_t       from, to;
    agent_tail_t  *tail;

    static char  text[128 + AGENT_WATCH_TEXT + 2];

    tail = agent_wake_tail(w->port);

    if (tail == NULL) {
        w->line = 0;
        return;
    }

    if (w->line > tail->next) {
        w->line = 0;
    }

    while (w->line < tail->next) {

        from = w->line;
        len = agent_tail_text(tail, &from, &to, text + sizeof(head),
                              AGENT_WATCH_TEXT);

        n = snprintf(head, sizeof(head),
                     "{\"event\":\"log\",\"port\":%d,\"line\":%llu,"
                     "\"text\":\"",
                     w->port, (unsigned long long) from);

        memcpy(text + sizeof(head) - n, head, n);
        memcpy(text + sizeof(head) + len, "\"}", 2);

        /* lines may get lost where nobody reads them; what happens may not */

        if (send(w->tether->fd, text + sizeof(head) - n, n + len + 2,
                 MSG_DONTWAIT|MSG_NOSIGNAL)
            == -1)
        {
            agent_watch_wrote(w->port);
            return;
        }

        w->line = to;
    }
}
