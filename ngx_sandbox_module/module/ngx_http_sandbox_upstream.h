
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_UPSTREAM_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_UPSTREAM_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "lifecycle/ngx_http_sandbox_start.h"


/* the upstream peer of a request */


/* shared by the upstream peer and its wait; lives as long as the request */

/* ms before a retry: full backlog, or socket being passed by another worker */
#define NGX_HTTP_SANDBOX_RETRY     10

/* TLS handshakes with an app that listens, before its scheme is doubted */
#define NGX_HTTP_SANDBOX_HANDSHAKES  2


/* the peer of "keepalive", wrapped by upstream_kept.c */

typedef struct {
    void                           *data;
    ngx_event_get_peer_pt           get;
    ngx_event_free_peer_pt          free;
#if (NGX_HTTP_SSL)
    ngx_event_set_peer_session_pt   set_session;
    ngx_event_save_peer_session_pt  save_session;
#endif
} ngx_http_sandbox_upstream_kept_t;


typedef struct {
    ngx_http_request_t       *request;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_connection_t         *parked;
    ngx_http_sandbox_start_waiter_t
                              waiter;
    ngx_http_sandbox_port_watcher_t
                              port_watcher;
    ngx_event_t               retry;
    ngx_event_t               deadline;
    ngx_connection_t          dummy;
    ngx_http_sandbox_upstream_kept_t
                              kept;
    ngx_uint_t                attempts;
    ngx_uint_t                tries;         /* further ones */
    ngx_uint_t                handshakes;   /* of TLS that failed */
    unsigned                  failing:1;
    unsigned                  fresh:1;       /* needs a fresh connection */
    unsigned                  repeated:1;    /* the agent has ended */
    socklen_t                 socklen;
    struct sockaddr_un        sun;
    ngx_str_t                 name;
    u_char                    text[sizeof("unix:")
                                   + sizeof(((struct sockaddr_un *) 0)
                                            ->sun_path)];
} ngx_http_sandbox_upstream_peer_t;


char *ngx_http_sandbox_upstream(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_SANDBOX_UPSTREAM_H_INCLUDED_ */
