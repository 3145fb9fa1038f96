
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>

#include "ac_clock.h"
#include "docker/ac_docker_probe.h"


/* ms to resolve the name and to ping */
#define AC_DOCKER_PROBE_MS  15000


static void ac_docker_probe_timer_handler(void *data);
static void ac_docker_probe_begin(ac_docker_probe_t *p);
static void ac_docker_probe_ready(void *data, ac_error_e error,
    const char *message);


int
ac_docker_probe_init(ac_docker_probe_t *p, ac_docker_health_t *health,
    ac_docker_version_t *version)
{
    health->timer = health->loop->timer(health->loop, AC_BACKGROUND,
                                        ac_docker_probe_timer_handler, p);
    if (health->timer == NULL) {
        return -1;
    }

    p->health = health;
    p->version = version;
    p->waiter.ready = ac_docker_probe_ready;
    p->waiter.data = p;

    return 0;
}


void
ac_docker_probe_done(ac_docker_probe_t *p)
{
    if (p->health) {
        ac_docker_version_cancel(&p->waiter);
        p->health->loop->free_timer(p->health->timer);
    }
}


void
ac_docker_probe_doubt(ac_docker_probe_t *p, const ac_endpoint_t *ep)
{
    if (p->health == NULL || p->health->ep != ep || p->deadline
        || ac_docker_health_away(p->health))
    {
        return;
    }

    ac_docker_probe_begin(p);
}


static void
ac_docker_probe_timer_handler(void *data)
{
    uint64_t            now;
    ac_docker_probe_t  *p;

    p = data;

    if (p->deadline == 0) {
        ac_docker_probe_begin(p);
        return;
    }

    /* a call that failed in the meantime has rearmed the timer */

    now = ac_clock_ms();

    if (now < p->deadline) {
        p->health->loop->start(p->health->timer,
                               (unsigned) (p->deadline - now));
        return;
    }

    ac_docker_version_cancel(&p->waiter);
    ac_docker_endpoint_failed(p->health->ep, AC_TIMEDOUT);

    ac_docker_probe_ready(p, AC_TIMEDOUT, "");
}


static void
ac_docker_probe_begin(ac_docker_probe_t *p)
{
    p->deadline = ac_clock_ms() + AC_DOCKER_PROBE_MS;
    p->health->loop->start(p->health->timer, AC_DOCKER_PROBE_MS);

    /* no ping is sent while the version is known */

    p->health->ep->version = 0;

    ac_docker_version_wait(p->version, p->health->ep, &p->waiter);
}


/* the negotiation has reported to health, unless it timed out */

static void
ac_docker_probe_ready(void *data, ac_error_e error, const char *message)
{
    ac_docker_probe_t  *p;

    p = data;

    p->deadline = 0;

    if (ac_docker_health_away(p->health)) {
        ac_docker_health_arm(p->health);

    } else {
        p->health->loop->stop(p->health->timer);
    }
}
