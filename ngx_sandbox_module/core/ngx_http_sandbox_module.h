
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Everything here runs in a worker's event loop and nothing blocks.  Strings
 * in a request's context live as long as the request; a node that is held
 * (ngx_http_sandbox_node_hold()) lives until it is released.
 */


typedef struct ngx_http_sandbox_ask_s     ngx_http_sandbox_ask_t;
typedef struct ngx_http_sandbox_await_s   ngx_http_sandbox_await_t;
typedef struct ngx_http_sandbox_bucket_s  ngx_http_sandbox_bucket_t;
typedef struct ngx_http_sandbox_ctx_s     ngx_http_sandbox_ctx_t;
typedef struct ngx_http_sandbox_load_s    ngx_http_sandbox_load_t;
typedef struct ngx_http_sandbox_loads_s   ngx_http_sandbox_loads_t;
typedef struct ngx_http_sandbox_node_s    ngx_http_sandbox_node_t;
typedef struct ngx_http_sandbox_parked_s  ngx_http_sandbox_parked_t;
typedef struct ngx_http_sandbox_shared_s  ngx_http_sandbox_shared_t;
typedef struct ngx_http_sandbox_slot_s    ngx_http_sandbox_slot_t;
typedef struct ngx_http_sandbox_tether_s  ngx_http_sandbox_tether_t;
typedef struct ngx_http_sandbox_waiter_s  ngx_http_sandbox_waiter_t;
typedef struct ngx_http_sandbox_wake_s    ngx_http_sandbox_wake_t;


extern ngx_module_t  ngx_http_sandbox_module;


#endif /* _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_ */
