
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_PROBE_H_INCLUDED_
#define _AC_DOCKER_PROBE_H_INCLUDED_


#include "docker/ac_docker_version.h"


/*
 * Pings the monitored engine on demand, and periodically while it is away.
 * Internal to docker/
 */


typedef struct {
    ac_docker_health_t   *health;
    ac_docker_version_t  *version;
    ac_docker_waiter_t    waiter;
    uint64_t              deadline;    /* ms of the monotonic clock; 0: idle */
} ac_docker_probe_t;


/* 0, or -1 when out of memory */
int ac_docker_probe_init(ac_docker_probe_t *p, ac_docker_health_t *health,
    ac_docker_version_t *version);
/* no effect if it was not initialized */
void ac_docker_probe_done(ac_docker_probe_t *p);

/* starts a ping, unless one is in progress or the engine is away */
void ac_docker_probe_doubt(ac_docker_probe_t *p, const ac_endpoint_t *ep);


#endif /* _AC_DOCKER_PROBE_H_INCLUDED_ */
