
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
#include "lifecycle/ngx_http_sandbox_container.h"


/* a start in progress */


struct ngx_http_sandbox_start_s {
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_class_t   *class;

    ngx_uint_t                  step;       /* in the table of start.c */
    void                      (*handler)(ngx_http_sandbox_start_t *start);
    void                      (*created_handler)(
                                    ngx_http_sandbox_start_t *start);
    ngx_event_t                 timer;
    ngx_event_t                 deadline;   /* delays the exit of the worker */
    ngx_connection_t            dummy;
    ngx_http_sandbox_tether_observer_t
                                observer;
    ngx_msec_t                  start_msec;     /* when it began */
    ngx_msec_t                  running_since;  /* first 304; 0: none */
    ngx_msec_t                  look_after;     /* ms since start_msec */

    int                         lock;
    ac_call_t                  *call;
    ngx_http_sandbox_container_t
                               *search;         /* for the container */
    ngx_uint_t                  type;           /* NGX_HTTP_SANDBOX_START_… */
    sandbox_container_t         container;

    ngx_connection_t           *boot;           /* boot.sock */
    ngx_connection_t           *peer;           /* connection of the agent */
    int                        *fds;
    char                      (*names)[8];
    size_t                      nfds;
    sandbox_stamp_t             stamp;          /* of the options sent */

    int64_t                     capacity_since; /* monotonic ms of that step */

    unsigned                    unattended:1;   /* wanted without waiters */
    unsigned                    created:1;      /* a lost one was made again */
    unsigned                    missing:1;      /* it has to be searched for */
    unsigned                    conflict:1;     /* 409 was answered once */
    unsigned                    listing:1;      /* waits for a new list */
    unsigned                    polled:1;       /* has waited for the lock */
    unsigned                    has_instance:1; /* counts for the limits */
    unsigned                    refused:1;      /* a limit was reached */
    unsigned                    engine_called:1;  /* at least once */
    unsigned                    start_sent:1;   /* the container may start */

    char                        run[SANDBOX_RANDOM_LEN + 1];
    u_char                      name[NGX_HTTP_SANDBOX_CONTAINER_NAME];

    ngx_http_sandbox_failure_t  failure;        /* of the step that failed */
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


/*
 * For the steps, each a function in a file of its own.  A step returns NGX_OK:
 * continue with the next step; NGX_DONE: the sandbox is already running;
 * NGX_ERROR: start->failure is set; or NGX_AGAIN: it continues from a timer or
 * a call, and reports one of the other results to
 * ngx_http_sandbox_start_result().
 */

/* the result of the current step: the start may be gone afterwards */
void ngx_http_sandbox_start_result(ngx_http_sandbox_start_t *start,
    ngx_int_t rc);
/* calls the handler, or the current step if it is NULL, in ms */
void ngx_http_sandbox_start_later(ngx_http_sandbox_start_t *start,
    void (*handler)(ngx_http_sandbox_start_t *start), ngx_msec_t ms);
/* counts the next call of the engine, and queues it in the lane of starts */
void ngx_http_sandbox_start_call(ngx_http_sandbox_start_t *start);
/* waits for the call, or reports NGX_ERROR if it is NULL */
void ngx_http_sandbox_start_called(ngx_http_sandbox_start_t *start,
    ac_call_t *call);
/* a call of the engine has failed: reports NGX_ERROR */
void ngx_http_sandbox_start_engine_failed(ngx_http_sandbox_start_t *start,
    const char *what, const ac_reply_t *reply);

/* queues the waiter; starts the sandbox unless w->join is set */
void ngx_http_sandbox_start_wait(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_start_waiter_t *w);
/* idempotent */
void ngx_http_sandbox_start_unwait(ngx_http_sandbox_start_waiter_t *w);
/* starts the sandbox without waiting, unless a start is in progress */
void ngx_http_sandbox_start(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_START_H_INCLUDED_ */
