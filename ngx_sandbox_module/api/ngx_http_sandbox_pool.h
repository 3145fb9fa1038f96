
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_POOL_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_POOL_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the pool of prewarmed sandboxes: none is kept */
ngx_int_t ngx_http_sandbox_pool_stats_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_pool_change_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_POOL_H_INCLUDED_ */
