
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_UPSTREAM_TLS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_UPSTREAM_TLS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* TLS to an app, for ports with the scheme "https" */


/* creates the context of all connections, at configuration */
ngx_int_t ngx_http_sandbox_upstream_tls_init(ngx_conf_t *cf);
/*
 * Sets whether the request is sent by TLS; called by peer.init.  NGX_OK; or
 * NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_upstream_tls(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 if the handshake of the connection, which may be NULL, did not finish */
ngx_uint_t ngx_http_sandbox_upstream_tls_failed(ngx_connection_t *c);


#endif /* _NGX_HTTP_SANDBOX_UPSTREAM_TLS_H_INCLUDED_ */
