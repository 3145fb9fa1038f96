
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_CALL_H_INCLUDED_
#define _AC_CALL_H_INCLUDED_


#include "http/ac_dns.h"
#include "docker/ac_docker.h"
#include "docker/ac_docker_endpoint.h"
#include "http/ac_http.h"


/* the machinery below ac_docker.h; no business of its users */


#define AC_DOCKER_MAX_API  0x012f              /* 1.47 */


typedef enum {
    AC_CALL_PING = 0,
    AC_CALL_INFO,
    AC_CALL_IMAGE,
    AC_CALL_CREATE,
    AC_CALL_INSPECT,
    AC_CALL_LIST,
    AC_CALL_ACTION,
    AC_CALL_EVENTS,
    AC_CALL_PROBE                      /* of ac_health.c: it asks for a ping */
} ac_call_kind_e;


#define AC_LANES           2

/* ms without an answer until it is looked whether the engine lives */
#define AC_CALL_DOUBT      5000


typedef struct ac_agree_s   ac_agree_t;
typedef struct ac_health_s  ac_health_t;


typedef struct {
    ac_lane_e           lane;
    uint32_t            owner;
    unsigned            begun:1;
} ac_turn_t;


struct ac_call_s {
    ac_call_t          *next;
    ac_call_t          *wait_next;     /* in agree->waiting */
    ac_call_t          *queue_next;    /* in the queue */
    ac_turn_t           turn;
    uint64_t            round;
    uint64_t            given;         /* to the engine; 0: at once */
    ac_docker_t        *docker;
    ac_endpoint_t      *ep;
    ac_agree_t         *agree;
    ac_http_request_t  *http;
    ac_timer_t         *timer;
    ac_call_kind_e      kind;
    const char         *method;
    char               *path;
    char               *body;
    unsigned            ms;
    size_t              at;            /* the engine's address in use */
    unsigned            tried;         /* how many have failed */

    ac_reply_pt         handler;
    ac_event_pt         on_event;
    void               *data;

    ac_error_e          error;         /* if posted: told by the timer */
    char                message[512];

    unsigned            posted:1;
    unsigned            counted:1;     /* is with the engine */
    unsigned            queued:1;
    unsigned            doubted:1;
    unsigned            busy:1;        /* a handler of its events runs */
    unsigned            cancelled:1;   /* in the meantime */
    unsigned            finished:1;
    unsigned            retried:1;
};


/* what must be known before calls can be sent: addresses, API version */
struct ac_agree_s {
    ac_agree_t         *next;
    ac_docker_t        *docker;
    ac_endpoint_t      *ep;
    ac_call_t          *waiting;
    ac_dns_query_t     *query;
    ac_http_request_t  *http;
    ac_timer_t         *timer;
    size_t              at;            /* as in a call */
    unsigned            tried;
    unsigned            delayed:1;     /* its ping is not sent yet */
};


typedef struct {
    ac_call_t          *waiting;       /* by round, then as they came */
    unsigned            nwaiting;
    unsigned            running;
    uint64_t            round;
} ac_lane_t;


typedef struct {
    ac_lane_t           lanes[AC_LANES];
    unsigned            max;           /* 0: no bound */
    unsigned            max_waiting;   /* of a lane */
    unsigned            running;
    unsigned            last;          /* the lane that had its turn */
    ac_turn_t           turn;          /* of the next call */
    ac_gauge_pt         gauge;
    void               *data;
} ac_queue_t;


struct ac_docker_s {
    ac_loop_t        *loop;
    ac_http_t        *http;
    ac_dns_t         *dns;
    ac_call_t        *calls;
    ac_agree_t       *agreements;
    ac_queue_t        queue;
    ac_health_t      *health;          /* or NULL */
    unsigned          ending:1;
};


/* takes the path over, also when it fails; create is run by its caller */
ac_call_t *ac_call_create(ac_docker_t *d, ac_endpoint_t *ep,
    ac_call_kind_e kind, const char *method, char *path, unsigned ms,
    ac_reply_pt handler, void *data);
void ac_call_run(ac_call_t *call);
/* its turn has come */
void ac_call_go(ac_call_t *call);
void ac_call_send(ac_call_t *call);
/* its handler is told from the next turn of the loop */
void ac_call_post(ac_call_t *call, ac_error_e error, const char *message);

/* puts the call off until its engine's addresses and version are known */
void ac_agree_join(ac_call_t *call);
void ac_agree_leave(ac_call_t *call);

/*
 * Sends the call, or puts it off; it is posted when too many wait.  Calls that
 * wait for an engine that is away come here when it is back.
 */
void ac_queue_join(ac_call_t *call);
void ac_queue_leave(ac_call_t *call);
/* posts all that wait */
void ac_queue_flush(ac_docker_t *d, ac_error_e error, const char *message);

/* what a ping, or a call that did not reach the engine, has shown */
void ac_health_verdict(ac_docker_t *d, ac_endpoint_t *ep, ac_error_e error,
    const char *message);
/* ms until the next ping may be sent; 0: now */
unsigned ac_health_gap(ac_docker_t *d, ac_endpoint_t *ep);
/* a ping is about to be sent */
void ac_health_begin(ac_docker_t *d, ac_endpoint_t *ep);
/* the last verdict, if a new one is not worth waiting for; else AC_OK */
ac_error_e ac_health_known(ac_docker_t *d, ac_endpoint_t *ep,
    const char **message);
void ac_health_destroy(ac_health_t *health);

/* call NULL: the ping of an agreement */
ac_http_request_t *ac_call_request(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_call_t *call, unsigned tried, ac_http_pt handler, void *data);
/* what was learned about an engine may no longer hold */
void ac_call_lost(ac_endpoint_t *ep, ac_error_e error);
/* one line on why a request failed */
void ac_call_explain(const ac_endpoint_t *ep,
    const ac_http_result_t *res, char *dst, size_t size);
/*
 * Of an engine that refused the version: the one to use instead, as its words
 * say, or 0: it is to be asked again.
 */
int ac_call_other_version(const char *message);
/* of a ping's answer; AC_OK or AC_UNSUPPORTED with a message */
ac_error_e ac_call_version(const ac_http_result_t *res,
    int *version, char *message, size_t size);


#endif /* _AC_CALL_H_INCLUDED_ */
