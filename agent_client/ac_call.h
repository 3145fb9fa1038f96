
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_CALL_H_INCLUDED_
#define _AC_CALL_H_INCLUDED_


#include "ac_dns.h"
#include "ac_docker.h"
#include "ac_endpoint.h"
#include "ac_http.h"


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
    AC_CALL_EVENTS
} ac_call_kind_e;


typedef struct ac_agree_s  ac_agree_t;


struct ac_call_s {
    ac_call_t          *next;
    ac_call_t          *wait_next;     /* in agree->waiting */
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

    ac_error_e          error;         /* posted: told by the timer */
    char                message[512];

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
};


struct ac_docker_s {
    ac_loop_t        *loop;
    ac_http_t        *http;
    ac_dns_t         *dns;
    ac_call_t        *calls;
    ac_agree_t       *agreements;
};


/* takes the path over, also when it fails; create is run by its caller */
ac_call_t *ac_call_create(ac_docker_t *d, ac_endpoint_t *ep,
    ac_call_kind_e kind, const char *method, char *path, unsigned ms,
    ac_reply_pt handler, void *data);
void ac_call_run(ac_call_t *call);
void ac_call_send(ac_call_t *call);
/* its handler is told from the next turn of the loop */
void ac_call_post(ac_call_t *call, ac_error_e error, const char *message);

/* puts the call off until its engine's addresses and version are known */
void ac_agree_join(ac_call_t *call);
void ac_agree_leave(ac_call_t *call);

/* call NULL: the ping of an agreement */
ac_http_request_t *ac_call_request(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_call_t *call, unsigned tried, ac_http_pt handler, void *data);
/* what was learned about an engine may no longer hold */
void ac_call_lost(ac_endpoint_t *ep, ac_error_e error);
/* one line on why a request failed */
void ac_call_explain(const ac_endpoint_t *ep,
    const ac_http_result_t *res, char *dst, size_t size);
/* of a ping's answer; AC_OK or AC_UNSUPPORTED with a message */
ac_error_e ac_call_version(const ac_http_result_t *res,
    int *version, char *message, size_t size);


#endif /* _AC_CALL_H_INCLUDED_ */
