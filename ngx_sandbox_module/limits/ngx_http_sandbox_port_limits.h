
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* limits of a port: connections, rate and body size */


/*
 * Counts a preview request until it ends.  The limits are concurrent
 * connections, requests per second and bytes of a body; 0: no limit.  NGX_OK;
 * NGX_DECLINED: the content handler responds; or an HTTP status.
 */
ngx_int_t ngx_http_sandbox_port_limits_enter(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, int64_t connections, int64_t rate,
    int64_t body);
/* NULL: the zone is full */
ngx_http_sandbox_port_limits_table_t *ngx_http_sandbox_port_limits_create(
    ngx_slab_pool_t *shpool);
/* init and exit of a worker */
void ngx_http_sandbox_port_limits_start(void);
void ngx_http_sandbox_port_limits_stop(void);


#endif /* _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_ */
