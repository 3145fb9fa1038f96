
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>

#include "ac_clock.h"
#include "ac_text.h"
#include "docker/ac_docker_health.h"


/* ms between two pings of an engine that is away */
#define AC_DOCKER_HEALTH_MIN   250
#define AC_DOCKER_HEALTH_MAX   5000

/* the same while calls are waiting, if connections fail at once */
#define AC_DOCKER_HEALTH_GAP   100

/* ms; a ping that takes longer to fail is too slow for calls to wait for */
#define AC_DOCKER_HEALTH_SLOW  1000


int
ac_docker_health_away(const ac_docker_health_t *h)
{
    return h->error != AC_OK;
}


void
ac_docker_health_begin(ac_docker_health_t *h, const ac_endpoint_t *ep)
{
    if (h->ep == ep) {
        h->began = ac_clock_ms();
    }
}


void
ac_docker_health_verdict(ac_docker_health_t *h, const ac_endpoint_t *ep,
    ac_error_e error, const char *message)
{
    int  away;

    if (h->ep != ep || error == AC_NOMEM) {
        return;
    }

    away = h->error != AC_OK;
    h->error = error;

    if (error == AC_OK) {
        h->began = 0;
        h->failures = 0;

        if (away) {
            h->loop->stop(h->timer);
            h->handler(h->data, 0, "");
        }

        return;
    }

    h->asked = ac_clock_ms();
    h->slow = error == AC_TIMEDOUT
              || (h->began && h->asked - h->began > AC_DOCKER_HEALTH_SLOW);
    h->began = 0;

    ac_text_copy(h->message, sizeof(h->message), message, strlen(message));

    h->failures++;
    ac_docker_health_arm(h);

    if (!away) {
        ac_docker_queue_flush(h->queue, error, h->message);
        h->handler(h->data, 1, h->message);
    }
}


unsigned
ac_docker_health_gap(const ac_docker_health_t *h, const ac_endpoint_t *ep)
{
    uint64_t  passed;

    if (h->ep != ep || h->error == AC_OK) {
        return 0;
    }

    passed = ac_clock_ms() - h->asked;

    return passed < AC_DOCKER_HEALTH_GAP
           ? AC_DOCKER_HEALTH_GAP - (unsigned) passed : 0;
}


ac_error_e
ac_docker_health_known(const ac_docker_health_t *h, const ac_endpoint_t *ep,
    const char **message)
{
    if (h->ep != ep || h->error == AC_OK || !h->slow) {
        return AC_OK;
    }

    *message = h->message;

    return h->error;
}


/* doubles with each failure; minus up to a quarter, to spread workers */

void
ac_docker_health_arm(ac_docker_health_t *h)
{
    unsigned  ms;

    if (h->error == AC_OK) {
        return;
    }

    ms = h->failures < 6 ? AC_DOCKER_HEALTH_MIN << (h->failures - 1)
                         : AC_DOCKER_HEALTH_MAX;

    if (ms > AC_DOCKER_HEALTH_MAX) {
        ms = AC_DOCKER_HEALTH_MAX;
    }

    h->loop->start(h->timer, ms - (unsigned) random() % (ms / 4));
}
