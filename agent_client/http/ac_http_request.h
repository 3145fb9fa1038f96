
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_HTTP_REQUEST_H_INCLUDED_
#define _AC_HTTP_REQUEST_H_INCLUDED_


#include <curl/curl.h>

#include "http/ac_http.h"
#include "http/ac_http_socket.h"


/*
 * One request: its easy handle, its response, and the list it is in.
 * Internal to http/
 */


typedef enum {
    AC_HTTP_LIST_NONE = 0,
    AC_HTTP_LIST_PENDING,      /* to be added to the multi handle */
    AC_HTTP_LIST_READY,        /* its handler is to run */
    AC_HTTP_LIST_TRASH         /* to be freed */
} ac_http_list_e;


typedef struct {
    ac_http_request_t        *first;
    ac_http_request_t       **last;
} ac_http_queue_t;


struct ac_http_request_s {
    ac_http_result_t          result;

    ac_http_request_t        *next;
    ac_http_list_e            list;
    ac_http_t                *http;
    ac_http_pt                handler;
    void                     *data;

    CURL                     *easy;
    struct curl_slist        *headers;
    struct curl_slist        *resolve;

    size_t                    size;         /* allocated for result.body */
    size_t                    body_max;
    size_t                    header_bytes;
    unsigned                  nheaders;

    unsigned                  added:1;      /* to the multi handle */
    unsigned                  stream:1;
    unsigned                  headers_end:1;

    char                      error[CURL_ERROR_SIZE];
};


struct ac_http_s {
    ac_http_multi_t           multi;
    ac_timer_t               *kick;         /* runs ac_http_turn() */
    ac_http_queue_t           queues[AC_HTTP_LIST_TRASH + 1];
    int                      *gone;         /* set if a handler destroys it */
};


/* NULL when out of memory */
ac_http_request_t *ac_http_request_create(ac_http_t *http,
    const ac_http_params_t *params, ac_http_pt handler, void *data);
/* the request must not be in a list */
void ac_http_request_free(ac_http_request_t *r);

/* push: the request must not be in a list; unlink: it may be in none */
void ac_http_request_push(ac_http_request_t *r, ac_http_list_e list);
void ac_http_request_unlink(ac_http_request_t *r);
/* unlinks and returns the first request of a list, or NULL */
ac_http_request_t *ac_http_request_pop(ac_http_t *http, ac_http_list_e list);

/* no effect once done; text NULL: result.message is set already */
void ac_http_request_fail(ac_http_request_t *r, ac_error_e error,
    const char *text);
/* the transfer has ended */
void ac_http_request_done(ac_http_request_t *r, CURLcode code);


#endif /* _AC_HTTP_REQUEST_H_INCLUDED_ */
