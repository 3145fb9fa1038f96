
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_POOL_API_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_POOL_API_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the routes of the pool */
ngx_int_t ngx_http_sandbox_pool_api_stats_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_pool_api_prime_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_pool_api_drain_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_POOL_API_H_INCLUDED_ */
