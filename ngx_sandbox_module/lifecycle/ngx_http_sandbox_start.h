
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
#include "sandbox/ngx_http_sandbox_tether.h"
#include "lifecycle/ngx_http_sandbox_engine.h"


/* a start in progress */


struct ngx_http_sandbox_start_s {
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_class_t   *class;

    void                      (*step)(ngx_http_sandbox_start_t *wake);
    ngx_event_t                 timer;
    ngx_event_t                 deadline;   /* delays the exit of the worker */
    ngx_connection_t            dummy;
    ngx_http_sandbox_tether_observer_t
                                observer;
    ngx_msec_t                  began;
    ngx_msec_t                  doubt;      /* since "already started" */

    int                         lock;
    ac_call_t                  *call;
    ngx_uint_t                  start;
    sandbox_container_t         container;

    ngx_connection_t           *boot;           /* boot.sock */
    ngx_connection_t           *peer;           /* connection of the agent */
    int                        *fds;
    char                      (*names)[8];
    size_t                      nfds;
    ngx_msec_t                  booted;
    sandbox_stamp_t             stamp;          /* of the options sent */

    int64_t                     came;           /* time of the request */

    unsigned                    kicked:1;
    unsigned                    created:1;
    unsigned                    unpaused:1;
    unsigned                    counting:1;     /* in start_capacity.c */
    unsigned                    counted:1;      /* has a slot */
    unsigned                    refused:1;      /* no slot is free */
    unsigned                    begun:1;        /* engine called */
    unsigned                    asked:1;        /* to start the container */

    char                        run[SANDBOX_RANDOM_LEN + 1];
    u_char                      name[NGX_HTTP_SANDBOX_NAME];
};


struct ngx_http_sandbox_start_waiter_s {
    ngx_queue_t                    queue;
    ngx_http_sandbox_node_t       *node;
    /*
     * Called once from the event loop, never from within a call by the
     * waiter's owner.  failure NULL: the sandbox is ready; start tells how it
     * was started.
     */
    void                         (*handler)(ngx_http_sandbox_start_waiter_t *w,
                                       ngx_uint_t start,
                                       ngx_http_sandbox_failure_t *failure);
    void                          *data;
    unsigned                       queued:1;
    unsigned                       join:1;   /* wait, but do not start */
};


/* calls step from a timer */
void ngx_http_sandbox_start_later(ngx_http_sandbox_start_t *wake,
    void (*step)(ngx_http_sandbox_start_t *wake), ngx_msec_t ms);

/* these end the start and free wake; failure NULL: the sandbox is ready */
void ngx_http_sandbox_start_done(ngx_http_sandbox_start_t *wake);
void ngx_http_sandbox_start_end(ngx_http_sandbox_start_t *wake,
    ngx_http_sandbox_failure_t *failure);

/* what the start is waiting for, for messages */
const char *ngx_http_sandbox_start_doing(ngx_http_sandbox_start_t *wake);

/* queues the waiter; starts the sandbox unless w->join is set */
void ngx_http_sandbox_start_wait(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_start_waiter_t *w);
/* idempotent */
void ngx_http_sandbox_start_unwait(ngx_http_sandbox_start_waiter_t *w);
/* starts the sandbox without waiting, unless a start is in progress */
void ngx_http_sandbox_start(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_START_H_INCLUDED_ */
