
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/loop.h"
#include "base/time.h"
#include "net/http_get.h"
#include "net/listeners.h"
#include "net/probe.h"


#define AGENT_PROBE_SCAN     25        /* ms between checks */
#define AGENT_PROBE_SLOW     100       /* ms, after a long wait */
#define AGENT_PROBE_LONG     10000     /* ms */
#define AGENT_PROBE_TIMEOUT  5000      /* ms to wait for a response */


struct agent_probe_s {
    agent_probe_port_t       wanted;
    char                    *path;
    void                   (*on_ready)(void *data, int status);
    void                    *data;

    uint64_t                 began;
    uint64_t                 next;     /* time of the next request */

    int                      rank;     /* 0: nothing listens */
    agent_listeners_addr_t   listener;

    agent_http_get_t        *get;      /* NULL: no request in progress */

    TAILQ_ENTRY(agent_probe_s)  link;
};


TAILQ_HEAD(agent_probes_s, agent_probe_s);


static void agent_probe_scan(uv_timer_t *timer);
static int agent_probe_listener(const agent_listeners_addr_t *entry,
    void *data);
static int agent_probe_rank(const agent_listeners_addr_t *entry);
static void agent_probe_check(agent_probe_t *p);
static void agent_probe_done(void *data,
    const agent_http_get_result_t *result);


static struct agent_probes_s  agent_probes =
    TAILQ_HEAD_INITIALIZER(agent_probes);

static uv_timer_t  agent_probe_timer;
static int         agent_probe_inited;


agent_probe_t *
agent_probe_start(const agent_probe_port_t *wanted,
    void (*on_ready)(void *data, int status), void *data)
{
    agent_probe_t  *p;

    p = calloc(1, sizeof(agent_probe_t));

    if (p == NULL) {
        return NULL;
    }

    p->path = strdup(wanted->path);

    if (p->path == NULL) {
        free(p);
        return NULL;
    }

    p->wanted = *wanted;
    p->on_ready = on_ready;
    p->data = data;
    p->began = agent_time_ms();

    if (!agent_probe_inited) {
        uv_timer_init(agent_loop, &agent_probe_timer);
        agent_probe_inited = 1;
    }

    TAILQ_INSERT_TAIL(&agent_probes, p, link);

    uv_timer_start(&agent_probe_timer, agent_probe_scan, 0, 0);

    return p;
}


void
agent_probe_stop(agent_probe_t *p)
{
    if (p == NULL) {
        return;
    }

    TAILQ_REMOVE(&agent_probes, p, link);

    agent_http_get_cancel(p->get);

    free(p->path);
    free(p);
}


static void
agent_probe_scan(uv_timer_t *timer)
{
    uint64_t        now, step;
    agent_probe_t  *p, *next;

    if (TAILQ_EMPTY(&agent_probes)) {
        return;
    }

    for (p = TAILQ_FIRST(&agent_probes); p; p = TAILQ_NEXT(p, link)) {
        p->rank = 0;
    }

    agent_listeners_scan(agent_probe_listener, NULL);

    now = agent_time_ms();
    step = AGENT_PROBE_SLOW;

    for (p = TAILQ_FIRST(&agent_probes); p; p = next) {
        next = TAILQ_NEXT(p, link);

        if (now - p->began < AGENT_PROBE_LONG) {
            step = AGENT_PROBE_SCAN;
        }

        agent_probe_check(p);
    }

    uv_timer_start(timer, agent_probe_scan, step, 0);
}


static int
agent_probe_listener(const agent_listeners_addr_t *entry, void *data)
{
    int             rank;
    agent_probe_t  *p;

    for (p = TAILQ_FIRST(&agent_probes); p; p = TAILQ_NEXT(p, link)) {

        if (p->wanted.port != entry->port) {
            continue;
        }

        rank = agent_probe_rank(entry);

        if (rank > p->rank) {
            p->rank = rank;
            p->listener = *entry;
        }
    }

    return 0;
}


/* prefer the address that "localhost" resolves to */

static int
agent_probe_rank(const agent_listeners_addr_t *entry)
{
    in_addr_t  v4;

    if (entry->family == AF_INET) {
        v4 = entry->addr.v4.s_addr;
        return v4 == htonl(INADDR_LOOPBACK) || v4 == htonl(INADDR_ANY) ? 3
                                                                       : 1;
    }

    return IN6_IS_ADDR_LOOPBACK(&entry->addr.v6)
           || IN6_IS_ADDR_UNSPECIFIED(&entry->addr.v6) ? 2 : 1;
}


/* may free the probe */

static void
agent_probe_check(agent_probe_t *p)
{
    uint64_t  now;

    now = agent_time_ms();

    if (p->get || p->rank == 0 || now < p->next) {
        return;
    }

    if (!p->wanted.http) {
        p->on_ready(p->data, 0);
        return;
    }

    p->next = now + p->wanted.interval_ms;
    p->get = agent_http_get(&p->listener, p->path, NULL, AGENT_PROBE_TIMEOUT,
                            agent_probe_done, p);
}


static void
agent_probe_done(void *data, const agent_http_get_result_t *result)
{
    agent_probe_t  *p;

    p = data;
    p->get = NULL;

    if (result->outcome == AGENT_HTTP_GET_OK
        && result->status >= p->wanted.status_min
        && result->status <= p->wanted.status_max)
    {
        p->on_ready(p->data, result->status);
    }
}
