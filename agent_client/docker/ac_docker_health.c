
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker_call.h"
#include "ac_text.h"


/*
 * Whether the engine is there.  Nothing is asked of one that is; one that is
 * away is pinged with growing pauses until it answers.
 */


/* ms between two pings of an engine that is away */
#define AC_HEALTH_MIN    250
#define AC_HEALTH_MAX    5000

/* as long as calls wait for it, and connections fail at once */
#define AC_HEALTH_GAP    100

/* it takes longer to see that a ping fails than anybody is to wait */
#define AC_HEALTH_SLOW   1000

#define AC_HEALTH_PROBE  15000


struct ac_health_s {
    ac_docker_t      *docker;
    ac_endpoint_t    *ep;
    ac_timer_t       *timer;
    ac_call_t        *probe;
    ac_health_pt      handler;
    void             *data;
    unsigned          failures;
    uint64_t          began;           /* ms of the monotonic clock; or 0 */
    uint64_t          asked;
    unsigned          slow:1;          /* to fail */
    ac_error_e        error;           /* AC_OK: it is there */
    char              message[512];
};


static void ac_health_timer_handler(void *data);
static void ac_health_probe(ac_health_t *health);
static void ac_health_probe_handler(void *data, const ac_reply_t *reply);
static unsigned ac_health_pause(unsigned failures);


int
ac_docker_health(ac_docker_t *d, ac_endpoint_t *ep, ac_health_pt handler,
    void *data)
{
    ac_health_t  *health;

    health = calloc(1, sizeof(ac_health_t));
    if (health == NULL) {
        return -1;
    }

    health->timer = d->loop->timer(d->loop, AC_BACKGROUND,
                                   ac_health_timer_handler, health);
    if (health->timer == NULL) {
        free(health);
        return -1;
    }

    health->docker = d;
    health->ep = ep;
    health->handler = handler;
    health->data = data;

    d->health = health;

    return 0;
}


void
ac_health_destroy(ac_health_t *health)
{
    health->docker->loop->free_timer(health->timer);
    health->docker->health = NULL;

    free(health);
}


int
ac_docker_away(const ac_docker_t *d)
{
    return d->health && d->health->error != AC_OK;
}


void
ac_docker_doubt(ac_docker_t *d, ac_endpoint_t *ep)
{
    ac_health_t  *health;

    health = d->health;

    if (health == NULL || health->ep != ep || health->error || d->ending) {
        return;
    }

    ac_health_probe(health);
}


void
ac_health_verdict(ac_docker_t *d, ac_endpoint_t *ep, ac_error_e error,
    const char *message)
{
    ac_health_t  *health;

    health = d->health;

    if (health == NULL || health->ep != ep || error == AC_NOMEM) {
        return;
    }

    if (error == AC_OK) {
        health->began = 0;

        if (health->error == AC_OK) {
            return;
        }

        d->loop->stop(health->timer);

        health->error = AC_OK;
        health->failures = 0;

        health->handler(health->data, 0, "");
        return;
    }

    health->asked = ac_endpoint_clock();
    health->slow = error == AC_TIMEDOUT
                   || (health->began
                       && health->asked - health->began > AC_HEALTH_SLOW);
    health->began = 0;

    ac_text_copy(health->message, sizeof(health->message), message,
                 strlen(message));

    d->loop->start(health->timer, ac_health_pause(health->failures++));

    if (health->error == AC_OK) {
        health->error = error;
        ac_queue_flush(d, error, health->message);
        health->handler(health->data, 1, health->message);
    }

    health->error = error;
}


unsigned
ac_health_gap(ac_docker_t *d, ac_endpoint_t *ep)
{
    uint64_t      now;
    ac_health_t  *health;

    health = d->health;

    if (health == NULL || health->ep != ep || health->error == AC_OK) {
        return 0;
    }

    now = ac_endpoint_clock();

    return now - health->asked < AC_HEALTH_GAP
           ? AC_HEALTH_GAP - (unsigned) (now - health->asked) : 0;
}


void
ac_health_begin(ac_docker_t *d, ac_endpoint_t *ep)
{
    if (d->health && d->health->ep == ep) {
        d->health->began = ac_endpoint_clock();
    }
}


/* a ping that is not answered takes seconds: nobody is to wait for that */

ac_error_e
ac_health_known(ac_docker_t *d, ac_endpoint_t *ep, const char **message)
{
    ac_health_t  *health;

    health = d->health;

    if (health == NULL || health->ep != ep || health->error == AC_OK
        || !health->slow)
    {
        return AC_OK;
    }

    *message = health->message;

    return health->error;
}


static void
ac_health_timer_handler(void *data)
{
    ac_health_probe(data);
}


static void
ac_health_probe(ac_health_t *health)
{
    if (health->probe) {
        return;
    }

    health->ep->version = 0;

    health->probe = ac_call_create(health->docker, health->ep, AC_CALL_PROBE,
                                   "GET", strdup("/_ping"), AC_HEALTH_PROBE,
                                   ac_health_probe_handler, health);

    if (health->probe == NULL) {
        health->docker->loop->start(health->timer, AC_HEALTH_MAX);
    }
}


/* the agreement that it has joined has given the verdict */

static void
ac_health_probe_handler(void *data, const ac_reply_t *reply)
{
    ac_health_t  *health;

    health = data;
    health->probe = NULL;

    if (reply->error && health->error) {
        health->docker->loop->start(health->timer,
                                    ac_health_pause(health->failures - 1));
    }
}


/* twice the one before, less up to a quarter, so that workers spread */

static unsigned
ac_health_pause(unsigned failures)
{
    unsigned  ms;

    ms = failures < 5 ? AC_HEALTH_MIN << failures : AC_HEALTH_MAX;

    if (ms > AC_HEALTH_MAX) {
        ms = AC_HEALTH_MAX;
    }

    return ms - (unsigned) random() % (ms / 4);
}
