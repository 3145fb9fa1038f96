
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PEER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PEER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* what the upstream's peer and its wait share; both live as the request does */


/* ms: a backlog may be full, a socket may be in another worker's hands */
#define NGX_HTTP_SANDBOX_RETRY     10


typedef struct {
    ngx_http_request_t       *request;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_connection_t         *parked;
    ngx_event_t               retry;
    ngx_event_t               deadline;
    ngx_connection_t          dummy;
    ngx_uint_t                attempts;
    unsigned                  failing:1;
    socklen_t                 socklen;
    struct sockaddr_un        sun;
    ngx_str_t                 name;
    u_char                    text[sizeof("unix:")
                                   + sizeof(((struct sockaddr_un *) 0)
                                            ->sun_path)];
} ngx_http_sandbox_peer_t;


/* ngx_http_sandbox_upstream.c */

/* fills in the address of the socket, and its name */
void ngx_http_sandbox_peer_address(ngx_http_sandbox_peer_t *peer);
/*
 * NGX_OK: connect now; NGX_AGAIN: soon; NGX_DECLINED: when it is awake;
 * NGX_BUSY: when its app listens
 */
ngx_int_t ngx_http_sandbox_peer_ready(ngx_http_sandbox_peer_t *peer);


/* ngx_http_sandbox_peer_wait.c */

/* gives pc a connection whose socket is not connected; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_peer_park(ngx_http_sandbox_peer_t *peer,
    ngx_peer_connection_t *pc);
/*
 * Wait for the start, and for the app, and resume the request, or answer it
 * and end it, from the event loop.
 */
void ngx_http_sandbox_peer_wait(ngx_http_sandbox_peer_t *peer);
void ngx_http_sandbox_peer_await(ngx_http_sandbox_peer_t *peer);
/* of peer->retry and peer->deadline */
void ngx_http_sandbox_peer_retry_handler(ngx_event_t *ev);
void ngx_http_sandbox_peer_deadline_handler(ngx_event_t *ev);


#endif /* _NGX_HTTP_SANDBOX_PEER_H_INCLUDED_ */
