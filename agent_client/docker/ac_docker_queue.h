
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_QUEUE_H_INCLUDED_
#define _AC_DOCKER_QUEUE_H_INCLUDED_


#include "docker/ac_docker_types.h"


/* calls that wait until the engine has room for them.  Internal to docker/ */


typedef struct ac_docker_entry_s  ac_docker_entry_t;


/* embedded in a call */
struct ac_docker_entry_s {
    ac_docker_entry_t  *next;

    ac_lane_e           lane;
    uint32_t            owner;
    uint64_t            round;
    uint64_t            given;         /* when it left the lane, ms; or 0 */
    unsigned            begun:1;       /* continues a begun operation */
    unsigned            queued:1;
    unsigned            counted:1;     /* sent to the engine */

    /*
     * AC_OK: the call may be sent, and occupies a place until it leaves.
     * Otherwise it was rejected: AC_BUSY, or the error of a flush.
     */
    void              (*ready)(void *data, ac_error_e error,
                           const char *message);
    void               *data;
};


typedef struct {
    ac_docker_entry_t  *waiting;       /* by round, then by arrival */
    unsigned            nwaiting;
    unsigned            running;
    uint64_t            round;
} ac_docker_lane_t;


typedef struct {
    ac_docker_lane_t    lanes[AC_LANES];
    unsigned            max;           /* 0: no limit */
    unsigned            max_waiting;   /* in each lane */
    unsigned            running;
    unsigned            last;          /* the lane served last */
    unsigned            closed:1;      /* no further entry is served */

    ac_gauge_pt         gauge;
    void               *data;
} ac_docker_queue_t;


/* runs ready at once, or queues the entry, maybe rejecting another */
void ac_docker_queue_join(ac_docker_queue_t *q, ac_docker_entry_t *e);
/* removes a queued entry, or frees the place of one that was sent */
void ac_docker_queue_leave(ac_docker_queue_t *q, ac_docker_entry_t *e);
/* rejects all queued entries */
void ac_docker_queue_flush(ac_docker_queue_t *q, ac_error_e error,
    const char *message);


#endif /* _AC_DOCKER_QUEUE_H_INCLUDED_ */
