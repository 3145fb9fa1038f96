
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_WAKE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_WAKE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* a start under way: shared by wake.c, engine.c and boot.c */


#define NGX_HTTP_SANDBOX_CONTAINER  "nginx-sandbox-"
#define NGX_HTTP_SANDBOX_NAME       64
#define NGX_HTTP_SANDBOX_AGENT      "/run/sandbox-agent"
#define NGX_HTTP_SANDBOX_DIR        "/run/sandbox"


struct ngx_http_sandbox_wake_s {
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_class_t   *class;

    void                      (*step)(ngx_http_sandbox_wake_t *wake);
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
    unsigned                    counting:1;     /* by recount.c */
    unsigned                    counted:1;      /* it has a slot */
    unsigned                    refused:1;      /* for want of one */
    unsigned                    begun:1;        /* the engine was asked */
    unsigned                    asked:1;        /* to start the container */

    char                        run[SANDBOX_RANDOM_LEN + 1];
    u_char                      name[NGX_HTTP_SANDBOX_NAME];
};


/* of engine.c; the buffer has NGX_HTTP_SANDBOX_NAME bytes */
void ngx_http_sandbox_container_name(u_char *name, const char *run);
/* the engine's words, or what kept it from saying any */
const char *ngx_http_sandbox_engine_text(const ac_reply_t *reply);

/* counts the call that follows, which takes its turn as one of a start */
void ngx_http_sandbox_engine_call(ngx_http_sandbox_wake_t *wake);

/* what the engine gives: not more processors than it has, once it said so */
int64_t ngx_http_sandbox_engine_cpus(ngx_http_sandbox_class_t *class);
/* of show_json.c: what the class gives a container; NULL: not known */
void ngx_http_sandbox_container_limits(ngx_http_sandbox_class_t *class,
    sandbox_container_t *c);

/* of ended.c: notes how the container has ended, then runs step */
void ngx_http_sandbox_wake_note(ngx_http_sandbox_wake_t *wake,
    void (*step)(ngx_http_sandbox_wake_t *wake));

/* runs step from a timer */
void ngx_http_sandbox_wake_later(ngx_http_sandbox_wake_t *wake,
    void (*step)(ngx_http_sandbox_wake_t *wake), ngx_msec_t ms);

/* makes and starts the container; then _boot or _end */
void ngx_http_sandbox_wake_engine(ngx_http_sandbox_wake_t *wake);

/* the container runs: bind, hand over, shake hands; then _done or _end */
void ngx_http_sandbox_wake_boot(ngx_http_sandbox_wake_t *wake);
void ngx_http_sandbox_wake_boot_close(ngx_http_sandbox_wake_t *wake);

/* these end the start: wake is gone afterwards; failure NULL: it serves */
void ngx_http_sandbox_wake_done(ngx_http_sandbox_wake_t *wake);
void ngx_http_sandbox_wake_end(ngx_http_sandbox_wake_t *wake,
    ngx_http_sandbox_failure_t *failure);

/* what it was busy with, for messages */
const char *ngx_http_sandbox_wake_doing(ngx_http_sandbox_wake_t *wake);


#endif /* _NGX_HTTP_SANDBOX_WAKE_H_INCLUDED_ */
