
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_VERSION_H_INCLUDED_
#define _AC_DOCKER_VERSION_H_INCLUDED_


#include "docker/ac_docker_health.h"
#include "docker/ac_docker_request.h"


/*
 * Before a call is sent, the engine's name is resolved, and the API version
 * is negotiated by a ping.  All calls that wait for the same engine share one
 * negotiation.  Internal to docker/
 */


#define AC_DOCKER_MIN_API  0x0128              /* 1.40 */
#define AC_DOCKER_MAX_API  0x012f              /* 1.47 */


typedef struct ac_docker_negotiation_s  ac_docker_negotiation_t;
typedef struct ac_docker_waiter_s       ac_docker_waiter_t;


/* embedded in a call or a probe */
struct ac_docker_waiter_s {
    ac_docker_waiter_t       *next;
    ac_docker_negotiation_t  *negotiation;   /* NULL: not waiting */

    /* AC_OK: the endpoint has its addresses and a version */
    void                    (*ready)(void *data, ac_error_e error,
                                 const char *message);
    void                     *data;
};


typedef struct {
    ac_loop_t                *loop;
    ac_http_t                *http;
    ac_dns_t                 *dns;
    ac_docker_health_t       *health;
    ac_docker_negotiation_t  *negotiations;
} ac_docker_version_t;


/* joins or starts a negotiation; may run ready at once */
void ac_docker_version_wait(ac_docker_version_t *v, ac_endpoint_t *ep,
    ac_docker_waiter_t *w);
/* ready will not run; no effect if the waiter is not waiting */
void ac_docker_version_cancel(ac_docker_waiter_t *w);

/*
 * The version that an engine demands in the message by which it refuses ours,
 * or 0: negotiate again.
 */
int ac_docker_version_demanded(const char *message);


#endif /* _AC_DOCKER_VERSION_H_INCLUDED_ */
