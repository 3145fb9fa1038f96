
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_QUEUE_H_INCLUDED_
#define _AC_DOCKER_QUEUE_H_INCLUDED_


#include "docker/ac_docker_types.h"


/* calls that wait until the engine has room for them.  Internal to docker/ */


typedef struct ac_docker_entry_s  ac_docker_entry_t;


/* a call's place in the queue, owned by the call */
struct ac_docker_entry_s {
    ac_docker_entry_t  *next;

    ac_lane_e           lane;
    uint32_t            owner;
    uint64_t            round;
    uint64_t            given;         /* when it has left the lane, or 0 */
    unsigned            begun:1;       /* goes on with what was begun */
    unsigned            queued:1;
    unsigned            counted:1;     /* is with the engine */

    /*
     * AC_OK: its turn has come, it is counted from now on.  Otherwise it is
     * out of the queue: AC_BUSY, or the error of a flush.
     */
    void              (*ready)(void *data, ac_error_e error,
                           const char *message);
    void               *data;
};


typedef struct {
    ac_docker_entry_t  *waiting;       /* by round, then as they came */
    unsigned            nwaiting;
    unsigned            running;
    uint64_t            round;
} ac_docker_lane_t;


typedef struct {
    ac_docker_lane_t    lanes[AC_LANES];
    unsigned            max;           /* 0: no bound */
    unsigned            max_waiting;   /* of a lane */
    unsigned            running;
    unsigned            last;          /* the lane that had its turn */
    unsigned            closed:1;      /* nothing leaves it any more */

    ac_gauge_pt         gauge;
    void               *data;
} ac_docker_queue_t;


/* calls ready, also of another entry, or keeps the entry */
void ac_docker_queue_join(ac_docker_queue_t *q, ac_docker_entry_t *e);
/* it waits no longer, or is no longer with the engine; else no effect */
void ac_docker_queue_leave(ac_docker_queue_t *q, ac_docker_entry_t *e);
/* calls ready of all that wait */
void ac_docker_queue_flush(ac_docker_queue_t *q, ac_error_e error,
    const char *message);


#endif /* _AC_DOCKER_QUEUE_H_INCLUDED_ */
