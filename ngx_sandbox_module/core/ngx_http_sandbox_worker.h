
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_WORKER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_WORKER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "ac_loop.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_store.h"
#include "core/ngx_http_sandbox_conf.h"


/* per-worker data, initialized by init_process */


typedef struct {
    ngx_http_sandbox_main_conf_t  *conf;
    sandbox_store_t               *store;  /* NULL: failed, see log */
    ac_loop_t                     *loop;
    ac_docker_t                   *docker;
    ac_endpoint_t                 *endpoint;
    ngx_rbtree_t                   nodes;
    ngx_rbtree_node_t              sentinel;
    ngx_queue_t                    previewed;   /* nodes with open previews */
} ngx_http_sandbox_worker_t;


extern ngx_http_sandbox_worker_t  *ngx_http_sandbox_worker;


#endif /* _NGX_HTTP_SANDBOX_WORKER_H_INCLUDED_ */
