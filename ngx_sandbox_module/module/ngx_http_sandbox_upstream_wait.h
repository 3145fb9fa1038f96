
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_UPSTREAM_WAIT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_UPSTREAM_WAIT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "module/ngx_http_sandbox_upstream.h"


/* a peer that waits for a sandbox or for its app */


typedef enum {
    NGX_HTTP_SANDBOX_UPSTREAM_WAIT_NONE = 0,     /* connect now */
    NGX_HTTP_SANDBOX_UPSTREAM_WAIT_START,
    NGX_HTTP_SANDBOX_UPSTREAM_WAIT_APP,          /* for the app to listen */
    NGX_HTTP_SANDBOX_UPSTREAM_WAIT_RETRY,        /* busy: retry soon */
    NGX_HTTP_SANDBOX_UPSTREAM_WAIT_ERROR         /* logged */
} ngx_http_sandbox_upstream_wait_e;


/* sets the address of the socket and its name */
void ngx_http_sandbox_upstream_wait_address(
    ngx_http_sandbox_upstream_peer_t *peer);
/* what a request has to wait for */
ngx_http_sandbox_upstream_wait_e ngx_http_sandbox_upstream_wait_ready(
    ngx_http_sandbox_upstream_peer_t *peer);

/* gives pc a connection with an unconnected socket; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_upstream_wait_park(
    ngx_http_sandbox_upstream_peer_t *peer, ngx_peer_connection_t *pc);
/*
 * Wait for the start and for the app, then resume the request or end it with
 * an error, from the event loop.
 */
void ngx_http_sandbox_upstream_wait_start(
    ngx_http_sandbox_upstream_peer_t *peer);
void ngx_http_sandbox_upstream_wait_app(ngx_http_sandbox_upstream_peer_t *peer);
/* handlers of peer->retry and peer->deadline */
void ngx_http_sandbox_upstream_wait_retry_handler(ngx_event_t *ev);
void ngx_http_sandbox_upstream_wait_deadline_handler(ngx_event_t *ev);


#endif /* _NGX_HTTP_SANDBOX_UPSTREAM_WAIT_H_INCLUDED_ */
