
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_HTTP_SOCKET_H_INCLUDED_
#define _AC_HTTP_SOCKET_H_INCLUDED_


#include <curl/curl.h>

#include "ac_loop.h"


/*
 * libcurl's multi handle on ac_loop: its sockets and its timer.  Nothing here
 * blocks.
 */


typedef struct ac_http_socket_s  ac_http_socket_t;


typedef struct {
    ac_loop_t         *loop;
    CURLM             *handle;
    ac_timer_t        *timer;            /* libcurl's */
    ac_http_socket_t  *sockets;
    unsigned           in_curl;          /* libcurl is on the call stack */

    /* to be set by the owner; data is passed to turn */
    void             (*turn)(void *data);      /* libcurl has worked */
    void             (*fail)(void *private);   /* of a transfer: no memory */
    void              *data;
} ac_http_multi_t;


/* 0, or -1 when out of memory; ac_http_socket_done() is due either way */
int ac_http_socket_init(ac_http_multi_t *m, ac_loop_t *loop);
/* after each easy handle was removed */
void ac_http_socket_done(ac_http_multi_t *m);

/*
 * Makes the transfers of an easy handle open and close their sockets here; it
 * must be set on each one.
 */
CURLcode ac_http_socket_setup(ac_http_multi_t *m, CURL *easy);


#endif /* _AC_HTTP_SOCKET_H_INCLUDED_ */
