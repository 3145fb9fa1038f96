
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>

#include "ac_clock.h"
#include "docker/ac_docker_queue.h"


/*
 * Fair queueing: an owner's first entry joins the lane's next round, its second
 * entry the round after, and so on.  The lowest round is served first, so an
 * owner gets one call per round however many it has queued.
 */


static int ac_docker_queue_room(ac_docker_queue_t *q, unsigned lane);
static uint64_t ac_docker_queue_round(ac_docker_lane_t *lane,
    ac_docker_entry_t *e);
static void ac_docker_queue_insert(ac_docker_queue_t *q,
    ac_docker_entry_t *e);
static void ac_docker_queue_send(ac_docker_queue_t *q, ac_docker_entry_t *e);
static void ac_docker_queue_next(ac_docker_queue_t *q);
static void ac_docker_queue_drop(ac_docker_queue_t *q, ac_docker_entry_t *e);
static void ac_docker_queue_gauge(ac_docker_queue_t *q, int waiting,
    int running);


void
ac_docker_queue_join(ac_docker_queue_t *q, ac_docker_entry_t *e)
{
    char                message[64];
    ac_docker_lane_t   *lane;
    ac_docker_entry_t  *last;

    lane = &q->lanes[e->lane];

    if (lane->waiting == NULL && ac_docker_queue_room(q, e->lane)) {
        ac_docker_queue_send(q, e);
        return;
    }

    e->round = ac_docker_queue_round(lane, e);

    if (lane->nwaiting >= q->max_waiting) {

        /* the last entry belongs to the owner with the most entries */

        for (last = lane->waiting; last->next; last = last->next) {
            /* void */
        }

        (void) snprintf(message, sizeof(message),
                        "%u calls are waiting already", lane->nwaiting);

        if (last->round <= e->round) {
            e->ready(e->data, AC_BUSY, message);
            return;
        }

        ac_docker_queue_leave(q, last);
        last->ready(last->data, AC_BUSY, message);
    }

    ac_docker_queue_insert(q, e);
    ac_docker_queue_gauge(q, 1, 0);
}


void
ac_docker_queue_leave(ac_docker_queue_t *q, ac_docker_entry_t *e)
{
    ac_docker_entry_t  **p;

    if (e->queued) {

        for (p = &q->lanes[e->lane].waiting; *p != e; p = &(*p)->next) {
            /* void */
        }

        *p = e->next;
        ac_docker_queue_drop(q, e);

        return;
    }

    if (!e->counted) {
        return;
    }

    e->counted = 0;
    q->lanes[e->lane].running--;
    q->running--;
    ac_docker_queue_gauge(q, 0, -1);

    ac_docker_queue_next(q);
}


void
ac_docker_queue_flush(ac_docker_queue_t *q, ac_error_e error,
    const char *message)
{
    unsigned            i;
    ac_docker_lane_t   *lane;
    ac_docker_entry_t  *e;

    for (i = 0; i < AC_LANES; i++) {
        lane = &q->lanes[i];

        while (lane->waiting) {
            e = lane->waiting;
            lane->waiting = e->next;

            ac_docker_queue_drop(q, e);
            e->ready(e->data, error, message);
        }
    }
}


/* one place is reserved for each lane that has no call running */

static int
ac_docker_queue_room(ac_docker_queue_t *q, unsigned lane)
{
    unsigned  i, kept;

    if (q->max == 0) {
        return 1;
    }

    kept = 0;

    for (i = 0; i < AC_LANES; i++) {
        if (i != lane && q->lanes[i].running == 0) {
            kept++;
        }
    }

    return q->running + kept < q->max;
}


static uint64_t
ac_docker_queue_round(ac_docker_lane_t *lane, ac_docker_entry_t *e)
{
    uint64_t            round;
    ac_docker_entry_t  *other;

    if (e->begun) {
        return 0;
    }

    round = lane->round + 1;

    for (other = lane->waiting; other; other = other->next) {

        if (other->owner == e->owner && other->round >= round) {
            round = other->round + 1;
        }
    }

    return round;
}


static void
ac_docker_queue_insert(ac_docker_queue_t *q, ac_docker_entry_t *e)
{
    ac_docker_lane_t    *lane;
    ac_docker_entry_t  **p;

    lane = &q->lanes[e->lane];

    for (p = &lane->waiting; *p && (*p)->round <= e->round; p = &(*p)->next) {
        /* void */
    }

    e->next = *p;
    *p = e;

    e->queued = 1;
    lane->nwaiting++;
}


static void
ac_docker_queue_send(ac_docker_queue_t *q, ac_docker_entry_t *e)
{
    e->counted = 1;
    q->lanes[e->lane].running++;
    q->running++;
    ac_docker_queue_gauge(q, 0, 1);

    e->ready(e->data, AC_OK, NULL);
}


static void
ac_docker_queue_next(ac_docker_queue_t *q)
{
    unsigned            i, n;
    ac_docker_lane_t   *lane;
    ac_docker_entry_t  *e;

    if (q->closed) {
        return;
    }

    for (i = 1; i <= AC_LANES; i++) {

        n = (q->last + i) % AC_LANES;
        lane = &q->lanes[n];
        e = lane->waiting;

        if (e == NULL || !ac_docker_queue_room(q, n)) {
            continue;
        }

        lane->waiting = e->next;

        if (e->round > lane->round) {
            lane->round = e->round;
        }

        q->last = n;

        ac_docker_queue_drop(q, e);

        e->given = ac_clock_ms();
        ac_docker_queue_send(q, e);

        return;
    }
}


static void
ac_docker_queue_drop(ac_docker_queue_t *q, ac_docker_entry_t *e)
{
    e->queued = 0;
    q->lanes[e->lane].nwaiting--;
    ac_docker_queue_gauge(q, -1, 0);
}


static void
ac_docker_queue_gauge(ac_docker_queue_t *q, int waiting, int running)
{
    if (q->gauge) {
        q->gauge(q->data, waiting, running);
    }
}
