
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "preview/ngx_http_sandbox_preview_policy.h"


/* limits of a port: connections, rate and body size */


/* NGX_OK, or NGX_DECLINED: the content handler responds */
ngx_int_t ngx_http_sandbox_port_limits_enter(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_preview_policy_t *set);
/* NULL: the zone is full */
ngx_http_sandbox_port_limits_table_t *ngx_http_sandbox_port_limits_create(
    ngx_slab_pool_t *shpool);
/* init and exit of a worker */
void ngx_http_sandbox_port_limits_start(void);
void ngx_http_sandbox_port_limits_stop(void);
/* idempotent */
void ngx_http_sandbox_port_limits_leave(ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PORT_LIMITS_H_INCLUDED_ */
