
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"
#include "lifecycle/ngx_http_sandbox_engine.h"


/* a start under way */


struct ngx_http_sandbox_start_s {
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_class_t   *class;

    void                      (*step)(ngx_http_sandbox_start_t *wake);
    ngx_event_t                 timer;
    ngx_event_t                 deadline;       /* holds off a worker's exit */
    ngx_connection_t            dummy;
    ngx_msec_t                  began;
    ngx_msec_t                  doubt;          /* since "already started" */

    int                         lock;
    ac_call_t                  *call;
    ngx_uint_t                  start;
    sandbox_container_t         container;

    ngx_connection_t           *boot;           /* boot.sock */
    ngx_connection_t           *peer;           /* the agent on it */
    int                        *fds;
    char                      (*names)[8];
    size_t                      nfds;
    ngx_msec_t                  booted;
    sandbox_stamp_t             stamp;          /* of the options it got */

    int64_t                     came;           /* to ask for a slot */

    unsigned                    kicked:1;
    unsigned                    created:1;
    unsigned                    unpaused:1;
    unsigned                    counting:1;     /* by start_capacity.c */
    unsigned                    counted:1;      /* it has a slot */
    unsigned                    refused:1;      /* for want of one */
    unsigned                    begun:1;        /* the engine was asked */
    unsigned                    asked:1;        /* to start the container */

    char                        run[SANDBOX_RANDOM_LEN + 1];
    u_char                      name[NGX_HTTP_SANDBOX_NAME];
};


struct ngx_http_sandbox_start_waiter_s {
    ngx_queue_t                    queue;
    ngx_http_sandbox_node_t       *node;
    /*
     * Runs once from the event loop, never from inside a call of the waiter's
     * owner.  failure NULL: the sandbox serves; start tells how it came to.
     */
    void                         (*handler)(ngx_http_sandbox_start_waiter_t *w,
                                       ngx_uint_t start,
                                       ngx_http_sandbox_failure_t *failure);
    void                          *data;
    unsigned                       queued:1;
    unsigned                       join:1;   /* waits, but starts nothing */
};


/* runs step from a timer */
void ngx_http_sandbox_start_later(ngx_http_sandbox_start_t *wake,
    void (*step)(ngx_http_sandbox_start_t *wake), ngx_msec_t ms);

/* these end the start: wake is gone afterwards; failure NULL: it serves */
void ngx_http_sandbox_start_done(ngx_http_sandbox_start_t *wake);
void ngx_http_sandbox_start_end(ngx_http_sandbox_start_t *wake,
    ngx_http_sandbox_failure_t *failure);

/* what it was busy with, for messages */
const char *ngx_http_sandbox_start_doing(ngx_http_sandbox_start_t *wake);

/* queues the waiter; starts the sandbox unless w->join */
void ngx_http_sandbox_start_wait(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_start_waiter_t *w);
/* idempotent */
void ngx_http_sandbox_start_unwait(ngx_http_sandbox_start_waiter_t *w);
/* starts the sandbox without waiting, unless that is under way */
void ngx_http_sandbox_start(ngx_http_sandbox_node_t *node);
/* who waits for what was started elsewhere looks at once */
void ngx_http_sandbox_start_hurry(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_START_H_INCLUDED_ */
