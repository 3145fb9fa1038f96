
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_VERSION_H_INCLUDED_
#define _AC_DOCKER_VERSION_H_INCLUDED_


#include "docker/ac_docker_health.h"
#include "docker/ac_docker_request.h"


/*
 * What must be known of an engine before a call is sent: the addresses of its
 * name, and the version of the API, which the answer to a ping names.  All
 * who wait for the same engine share one negotiation.  Internal to docker/
 */


#define AC_DOCKER_MIN_API  0x0128              /* 1.40 */
#define AC_DOCKER_MAX_API  0x012f              /* 1.47 */


typedef struct ac_docker_negotiation_s  ac_docker_negotiation_t;
typedef struct ac_docker_waiter_s       ac_docker_waiter_t;


/* owned by who waits */
struct ac_docker_waiter_s {
    ac_docker_waiter_t       *next;
    ac_docker_negotiation_t  *negotiation;   /* NULL: does not wait */

    /* once; the endpoint has addresses and a version, or error says why not */
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


/* joins a negotiation, or begins one; calls ready at once when out of memory */
void ac_docker_version_wait(ac_docker_version_t *v, ac_endpoint_t *ep,
    ac_docker_waiter_t *w);
/* without a call of ready; no effect when it does not wait */
void ac_docker_version_cancel(ac_docker_waiter_t *w);

/*
 * The version that an engine's refusal of ours asks for, or 0: it is to be
 * negotiated anew.
 */
int ac_docker_version_demanded(const char *message);


#endif /* _AC_DOCKER_VERSION_H_INCLUDED_ */
