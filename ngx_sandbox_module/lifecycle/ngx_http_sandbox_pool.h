
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_POOL_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_POOL_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * The warm pool: sandboxes of a class with pool= that run before anybody asks
 * for them.  One worker keeps it, the one that sweeps.
 */


/* how many are started at a time, and how often the pool is looked at, ms */
#define NGX_HTTP_SANDBOX_POOL_BATCH     2
#define NGX_HTTP_SANDBOX_POOL_INTERVAL  1000


/* one step of the keeper; called in each interval */
void ngx_http_sandbox_pool_keep(void);
/* ends what the keeper does; its sandboxes remain for the next one */
void ngx_http_sandbox_pool_stop(void);
/* 1 if some class has a pool */
ngx_uint_t ngx_http_sandbox_pool_target(void);

/*
 * From any worker: fill the pool now, without further delay after failures; or
 * remove all warm sandboxes, and keep the pool empty until the former, or until
 * nginx is started again.
 */
void ngx_http_sandbox_pool_prime(void);
void ngx_http_sandbox_pool_drain(void);


#endif /* _NGX_HTTP_SANDBOX_POOL_H_INCLUDED_ */
