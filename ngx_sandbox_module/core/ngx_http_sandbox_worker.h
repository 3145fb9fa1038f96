
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_WORKER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_WORKER_H_INCLUDED_


/* what a worker has, set up by init_process */

typedef struct {
    ngx_http_sandbox_main_conf_t  *conf;
    sandbox_store_t               *store;              /* NULL: see log */
    ac_loop_t                     *loop;
    ac_docker_t                   *docker;
    ac_endpoint_t                 *endpoint;
    int                            ncpu;     /* the engine's; 0: not known */
    ngx_rbtree_t                   nodes;
    ngx_rbtree_node_t              sentinel;
    ngx_queue_t                    watched; /* ngx_http_sandbox_node_t */
} ngx_http_sandbox_worker_t;


extern ngx_http_sandbox_worker_t  *ngx_http_sandbox_worker;


/* ngx_http_sandbox_worker.c */

ngx_int_t ngx_http_sandbox_init_process(ngx_cycle_t *cycle);
void ngx_http_sandbox_exit_process(ngx_cycle_t *cycle);


/* ngx_http_sandbox_loop.c: ac_loop_t on nginx events and timers */

ac_loop_t *ngx_http_sandbox_loop_create(ngx_cycle_t *cycle);
void ngx_http_sandbox_loop_destroy(ac_loop_t *loop);


#endif /* _NGX_HTTP_SANDBOX_WORKER_H_INCLUDED_ */
