
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Everything runs in the event loop of a worker, and nothing blocks.  Strings
 * in a request's context live as long as the request; a referenced node
 * (ngx_http_sandbox_node_hold()) lives until it is released.
 */


typedef struct ngx_http_sandbox_agent_request_s
    ngx_http_sandbox_agent_request_t;
typedef struct ngx_http_sandbox_backup_s        ngx_http_sandbox_backup_t;
typedef struct ngx_http_sandbox_bucket_s        ngx_http_sandbox_bucket_t;
typedef struct ngx_http_sandbox_ctx_s           ngx_http_sandbox_ctx_t;
typedef struct ngx_http_sandbox_instance_s      ngx_http_sandbox_instance_t;
typedef struct ngx_http_sandbox_node_s          ngx_http_sandbox_node_t;
typedef struct ngx_http_sandbox_port_limits_s   ngx_http_sandbox_port_limits_t;
typedef struct ngx_http_sandbox_port_limits_table_s
    ngx_http_sandbox_port_limits_table_t;
typedef struct ngx_http_sandbox_port_watcher_s  ngx_http_sandbox_port_watcher_t;
typedef struct ngx_http_sandbox_shared_s        ngx_http_sandbox_shared_t;
typedef struct ngx_http_sandbox_start_s         ngx_http_sandbox_start_t;
typedef struct ngx_http_sandbox_start_waiter_s  ngx_http_sandbox_start_waiter_t;
typedef struct ngx_http_sandbox_suspend_s       ngx_http_sandbox_suspend_t;
typedef struct ngx_http_sandbox_tether_observer_s
    ngx_http_sandbox_tether_observer_t;
typedef struct ngx_http_sandbox_tether_s        ngx_http_sandbox_tether_t;


extern ngx_module_t  ngx_http_sandbox_module;


#endif /* _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_ */
