
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_HEALTH_H_INCLUDED_
#define _AC_DOCKER_HEALTH_H_INCLUDED_


#include "ac_loop.h"
#include "docker/ac_docker_queue.h"


/*
 * Tracks whether the monitored engine is available, from the results of pings
 * and calls.  Internal to docker/
 */


typedef struct {
    ac_loop_t          *loop;
    ac_endpoint_t      *ep;            /* NULL: no engine is monitored */
    ac_timer_t         *timer;         /* of the next ping */
    ac_docker_queue_t  *queue;         /* flushed when the engine goes away */
    ac_health_pt        handler;
    void               *data;

    ac_error_e          error;         /* AC_OK: available */
    char                message[512];
    unsigned            failures;      /* in a row */
    unsigned            slow:1;        /* the last ping was slow to fail */
    uint64_t            began;         /* when a ping was sent, or 0 */
    uint64_t            asked;         /* when the last one has failed */
} ac_docker_health_t;


/* 1: the engine is away */
int ac_docker_health_away(const ac_docker_health_t *h);

/* a ping is about to be sent */
void ac_docker_health_begin(ac_docker_health_t *h, const ac_endpoint_t *ep);
/*
 * The result of a ping, or of a call that did not reach the engine.  Runs the
 * handler when the engine goes away or is back.
 */
void ac_docker_health_verdict(ac_docker_health_t *h, const ac_endpoint_t *ep,
    ac_error_e error, const char *message);

/* ms to wait before a call may cause a ping; 0: none */
unsigned ac_docker_health_gap(const ac_docker_health_t *h,
    const ac_endpoint_t *ep);
/*
 * The error and *message of the last ping, if another ping would be too slow
 * to fail; AC_OK: send a ping.
 */
ac_error_e ac_docker_health_known(const ac_docker_health_t *h,
    const ac_endpoint_t *ep, const char **message);

/* arms the timer if the engine is away */
void ac_docker_health_arm(ac_docker_health_t *h);


#endif /* _AC_DOCKER_HEALTH_H_INCLUDED_ */
