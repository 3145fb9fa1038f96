
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <string.h>

#include "docker/ac_docker_call.h"


/*
 * Calls wait here until the engine has room for them.  A call gets a round:
 * the first one of an owner that of the lane, the next one the round after
 * it, and so on; the lowest round is sent first, so that owners take turns
 * however many calls each of them has.
 */


static int ac_queue_room(ac_queue_t *q, unsigned lane);
static uint64_t ac_queue_round(ac_lane_t *lane, ac_call_t *call);
static void ac_queue_insert(ac_queue_t *q, ac_call_t *call);
static void ac_queue_send(ac_queue_t *q, ac_call_t *call);
static void ac_queue_next(ac_docker_t *d);
static void ac_queue_drop(ac_queue_t *q, ac_call_t *call);
static void ac_queue_gauge(ac_queue_t *q, int waiting, int running);


void
ac_docker_limit(ac_docker_t *d, unsigned calls, unsigned waiting)
{
    d->queue.max = calls;
    d->queue.max_waiting = waiting;
}


void
ac_docker_turn(ac_docker_t *d, ac_lane_e lane, uint32_t owner, int begun)
{
    d->queue.turn.lane = lane;
    d->queue.turn.owner = owner;
    d->queue.turn.begun = begun ? 1 : 0;
}


void
ac_docker_gauge(ac_docker_t *d, ac_gauge_pt handler, void *data)
{
    d->queue.gauge = handler;
    d->queue.data = data;
}


int
ac_call_waits(const ac_call_t *call)
{
    return call->queued
           || (call->given && ac_endpoint_clock() - call->given < 1000);
}


void
ac_queue_join(ac_call_t *call)
{
    char         message[64];
    ac_call_t   *out;
    ac_lane_t   *lane;
    ac_queue_t  *q;

    q = &call->docker->queue;
    lane = &q->lanes[call->turn.lane];

    if (lane->waiting == NULL && ac_queue_room(q, call->turn.lane)) {
        ac_queue_send(q, call);
        return;
    }

    call->round = ac_queue_round(lane, call);

    if (lane->nwaiting >= q->max_waiting) {

        /* the last one is of an owner that has more of them than others */

        for (out = lane->waiting; out->queue_next; out = out->queue_next) {
            /* void */
        }

        (void) snprintf(message, sizeof(message),
                        "%u calls are waiting for it already",
                        lane->nwaiting);

        if (out->round <= call->round) {
            ac_call_post(call, AC_BUSY, message);
            return;
        }

        ac_queue_leave(out);
        ac_call_post(out, AC_BUSY, message);
    }

    ac_queue_insert(q, call);
    ac_queue_gauge(q, 1, 0);

    call->docker->loop->start(call->timer, call->ms);
}


void
ac_queue_leave(ac_call_t *call)
{
    ac_call_t   **p;
    ac_queue_t   *q;

    q = &call->docker->queue;

    if (call->queued) {

        for (p = &q->lanes[call->turn.lane].waiting;
             *p != call;
             p = &(*p)->queue_next)
        {
            /* void */
        }

        *p = call->queue_next;
        ac_queue_drop(q, call);

        return;
    }

    if (!call->counted) {
        return;
    }

    call->counted = 0;
    q->lanes[call->turn.lane].running--;
    q->running--;
    ac_queue_gauge(q, 0, -1);

    ac_queue_next(call->docker);
}


/* the last place is for the lane that has none */

static int
ac_queue_room(ac_queue_t *q, unsigned lane)
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
ac_queue_round(ac_lane_t *lane, ac_call_t *call)
{
    uint64_t    round;
    ac_call_t  *c;

    if (call->turn.begun) {
        return 0;
    }

    round = lane->round + 1;

    for (c = lane->waiting; c; c = c->queue_next) {

        if (c->turn.owner == call->turn.owner && c->round >= round) {
            round = c->round + 1;
        }
    }

    return round;
}


static void
ac_queue_insert(ac_queue_t *q, ac_call_t *call)
{
    ac_call_t  **p;
    ac_lane_t   *lane;

    lane = &q->lanes[call->turn.lane];

    for (p = &lane->waiting;
         *p && (*p)->round <= call->round;
         p = &(*p)->queue_next)
    {
        /* void */
    }

    call->queue_next = *p;
    *p = call;

    call->queued = 1;
    lane->nwaiting++;
}


static void
ac_queue_send(ac_queue_t *q, ac_call_t *call)
{
    call->counted = 1;
    q->lanes[call->turn.lane].running++;
    q->running++;
    ac_queue_gauge(q, 0, 1);

    ac_call_go(call);
}


static void
ac_queue_next(ac_docker_t *d)
{
    unsigned     i, n;
    ac_call_t   *call;
    ac_lane_t   *lane;
    ac_queue_t  *q;

    if (d->ending) {
        return;
    }

    q = &d->queue;

    for (i = 1; i <= AC_LANES; i++) {

        n = (q->last + i) % AC_LANES;
        lane = &q->lanes[n];
        call = lane->waiting;

        if (call == NULL || !ac_queue_room(q, n)) {
            continue;
        }

        lane->waiting = call->queue_next;

        if (call->round > lane->round) {
            lane->round = call->round;
        }

        q->last = n;

        ac_queue_drop(q, call);

        call->given = ac_endpoint_clock();
        ac_queue_send(q, call);

        return;
    }
}


/* the engine is away: they would all be told so, one after the other */

void
ac_queue_flush(ac_docker_t *d, ac_error_e error, const char *message)
{
    unsigned    i;
    ac_call_t  *call;
    ac_lane_t  *lane;

    for (i = 0; i < AC_LANES; i++) {
        lane = &d->queue.lanes[i];

        while (lane->waiting) {
            call = lane->waiting;
            lane->waiting = call->queue_next;

            ac_queue_drop(&d->queue, call);
            ac_call_post(call, error, message);
        }
    }
}


static void
ac_queue_drop(ac_queue_t *q, ac_call_t *call)
{
    call->queued = 0;
    q->lanes[call->turn.lane].nwaiting--;
    ac_queue_gauge(q, -1, 0);
}


static void
ac_queue_gauge(ac_queue_t *q, int waiting, int running)
{
    if (q->gauge) {
        q->gauge(q->data, waiting, running);
    }
}
