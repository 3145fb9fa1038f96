
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
    unsigned           in_curl;          /* depth of calls into libcurl */

    /*
     * Set by the owner: turn runs after libcurl has worked; fail when the
     * socket of a transfer cannot be watched, with its CURLOPT_PRIVATE.
     */
    void             (*turn)(void *data);
    void             (*fail)(void *private);
    void              *data;
} ac_http_multi_t;


/* 0, or -1 when out of memory; ac_http_socket_done() must follow either way */
int ac_http_socket_init(ac_http_multi_t *m, ac_loop_t *loop);
/* all easy handles must have been removed */
void ac_http_socket_done(ac_http_multi_t *m);

/* sets an easy handle up to open and close its sockets here: required */
CURLcode ac_http_socket_setup(ac_http_multi_t *m, CURL *easy);


#endif /* _AC_HTTP_SOCKET_H_INCLUDED_ */
