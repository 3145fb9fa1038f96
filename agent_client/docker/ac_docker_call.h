
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_CALL_H_INCLUDED_
#define _AC_DOCKER_CALL_H_INCLUDED_


#include "docker/ac_docker_probe.h"
#include "docker/ac_docker_reply.h"


/*
 * One call of the engine, from its place in the queue to its handler.
 * Internal to docker/: for what users see of it, read ac_docker.h.
 */


typedef struct {
    ac_lane_e            lane;
    uint32_t             owner;
    unsigned             begun:1;
} ac_docker_turn_t;


typedef struct {
    ac_docker_kind_e     kind;
    const char          *method;       /* a literal */
    char                *path;         /* NULL: out of memory; "": invalid */
    char                *body;         /* JSON text, or NULL */
    unsigned             ms;           /* until the deadline */
    ac_reply_pt          handler;
    ac_event_pt          on_event;     /* for events, instead */
    void                *data;
} ac_docker_params_t;


struct ac_docker_s {
    ac_loop_t           *loop;
    ac_http_t           *http;
    ac_dns_t            *dns;
    ac_call_t           *calls;
    ac_docker_turn_t     turn;         /* of the next call */
    ac_docker_queue_t    queue;
    ac_docker_version_t  version;
    ac_docker_health_t   health;
    ac_docker_probe_t    probe;
};


/* takes ownership of path and body; NULL when out of memory */
ac_call_t *ac_docker_call_start(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_docker_params_t *params);
void ac_docker_call_cancel(ac_call_t *call);
int ac_docker_call_waits(const ac_call_t *call);


#endif /* _AC_DOCKER_CALL_H_INCLUDED_ */
