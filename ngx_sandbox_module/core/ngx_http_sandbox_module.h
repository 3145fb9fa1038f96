
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <cjson/cJSON.h>

#include "docker/ac_docker.h"
#include "agent/ac_agent.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"


/*
 * Everything here runs in a worker's event loop and nothing blocks.  Strings
 * in a request's context live as long as the request; a node that is held
 * (ngx_http_sandbox_node_hold()) lives until it is released.
 */


typedef struct ngx_http_sandbox_ctx_s      ngx_http_sandbox_ctx_t;
typedef struct ngx_http_sandbox_node_s     ngx_http_sandbox_node_t;
typedef struct ngx_http_sandbox_tether_s   ngx_http_sandbox_tether_t;
typedef struct ngx_http_sandbox_wake_s     ngx_http_sandbox_wake_t;
typedef struct ngx_http_sandbox_waiter_s   ngx_http_sandbox_waiter_t;
typedef struct ngx_http_sandbox_await_s    ngx_http_sandbox_await_t;
typedef struct ngx_http_sandbox_parked_s   ngx_http_sandbox_parked_t;
typedef struct ngx_http_sandbox_ask_s      ngx_http_sandbox_ask_t;
typedef struct ngx_http_sandbox_load_s     ngx_http_sandbox_load_t;


/* what nearly every file needs; each of these needs those before it */

#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_response.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_worker.h"


extern ngx_module_t  ngx_http_sandbox_module;


/* where nginx calls the module */


/* ngx_http_sandbox_upstream.c */

char *ngx_http_sandbox_upstream(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_sandbox_admit.c */

/* the PRECONTENT handler */
ngx_int_t ngx_http_sandbox_admit_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_filter.c: what leaves a container is untrusted */

ngx_int_t ngx_http_sandbox_filter_init(ngx_conf_t *cf);


/* ngx_http_sandbox_mask.c: no token and no key in the error log */

/* the module's init_module: of connections, while they read headers */
ngx_int_t ngx_http_sandbox_mask_init(ngx_cycle_t *cycle);
/* POST_READ: of requests */
ngx_int_t ngx_http_sandbox_mask_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_variables.c */

ngx_int_t ngx_http_sandbox_add_variables(ngx_conf_t *cf);
void ngx_http_sandbox_variable_set(ngx_http_variable_value_t *v, u_char *text,
    size_t len);
/* 1 when the request is a WebSocket handshake and nothing else */
ngx_uint_t ngx_http_sandbox_websocket(ngx_http_request_t *r);


/* ngx_http_sandbox_status.c */

/* content handler of sandbox_status */
ngx_int_t ngx_http_sandbox_status_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_ */
