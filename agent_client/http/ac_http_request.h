
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_HTTP_REQUEST_H_INCLUDED_
#define _AC_HTTP_REQUEST_H_INCLUDED_


#include <curl/curl.h>

#include "http/ac_http.h"


/* the inside of ac_http: shared by its files */


/* membership of a request in a list of its owner */
typedef enum {
    AC_HTTP_LIST_NONE = 0,
    AC_HTTP_LIST_PENDING,      /* to be added to the multi handle */
    AC_HTTP_LIST_READY,        /* its handler is to run */
    AC_HTTP_LIST_TRASH         /* to be freed */
} ac_http_list_e;


typedef struct ac_http_socket_s  ac_http_socket_t;

/*
 * libcurl may close a socket that was still connecting without a word, and
 * open another one of the same number: so the loop watches a descriptor of
 * our own of the same socket.
 */
struct ac_http_socket_s {
    ac_http_socket_t         *next;
    ac_http_t                *http;
    ac_watch_t               *watch;
    int                       own;
    curl_socket_t             fd;
    unsigned                  events;
};


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

    size_t                    size;         /* of result.body */
    size_t                    body_max;
    size_t                    header_bytes;
    unsigned                  nheaders;

    unsigned                  added:1;
    unsigned                  stream:1;
    unsigned                  headers_end:1;

    char                      error[CURL_ERROR_SIZE];
};


struct ac_http_s {
    ac_loop_t                *loop;
    CURLM                    *multi;
    ac_timer_t               *timer;        /* libcurl's */
    ac_timer_t               *kick;         /* ours, for another turn */
    ac_http_socket_t         *sockets;
    ac_http_queue_t           queues[AC_HTTP_LIST_TRASH + 1];
    int                      *gone;         /* of the delivery under way */
    unsigned                  in_curl;
};


/* puts a request that is in no list into one */
void ac_http_push(ac_http_request_t *r, ac_http_list_e list);
/* the easy handle and its options; 0, or -1 when out of memory */
int ac_http_setup(ac_http_request_t *r, const ac_http_params_t *params);
/* ends it with an error, unless it is done; text NULL: message says why */
void ac_http_fail(ac_http_request_t *r, ac_error_e error, const char *text);
/* after each call that makes libcurl work, never inside its callbacks */
void ac_http_turn(ac_http_t *http);


/* ac_http_socket.c: libcurl's sockets and its timer, on the loop */

/* no longer watches the socket, if it does */
void ac_http_forget(ac_http_t *http, curl_socket_t fd);
/* of http->timer */
void ac_http_timer_handler(void *data);
/* callbacks of libcurl; data: ac_http_t */
int ac_http_on_interest(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket);
int ac_http_on_timeout(CURLM *multi, long ms, void *data);
curl_socket_t ac_http_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr);
int ac_http_on_close(void *data, curl_socket_t fd);


#endif /* _AC_HTTP_REQUEST_H_INCLUDED_ */
