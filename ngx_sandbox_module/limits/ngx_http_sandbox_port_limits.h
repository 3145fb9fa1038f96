
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * Limits of a port: concurrent connections, requests per second and bytes of a
 * body; 0: no limit.  Where the shared zone has no room for the port's owner,
 * each worker counts the port's requests alone: nobody is refused for what
 * others use.
 */


/*
 * Counts a preview request until it ends.  NGX_OK; NGX_DECLINED: the content
 * handler responds; or an HTTP status.
 */
ngx_int_t ngx_http_sandbox_port_limits_enter(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t connections, int64_t rate,
    int64_t body);
/*
 * the same for a request that nginx answers itself: only this worker counts
 * it, apart from those that reach the app unless they are counted alike
 */
ngx_int_t ngx_http_sandbox_port_limits_enter_local(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t connections);
/* init and exit of a worker */
void ngx_http_sandbox_port_limits_start(void);
void ngx_http_sandbox_port_limits_stop(void);


#endif /* _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_ */
