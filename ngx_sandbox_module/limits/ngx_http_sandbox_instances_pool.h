
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_INSTANCES_POOL_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_INSTANCES_POOL_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_conf.h"


/*
 * The pool in the table of instances: which sandboxes are warm.  The table is
 * only a hint: who renames the directory of a warm sandbox has it.  Each call
 * scans the table under the zone's mutex, and makes no system call.
 */


/* the number of warm sandboxes of the class, or of all if class is NULL */
ngx_uint_t ngx_http_sandbox_instances_pool_warm(
    ngx_http_sandbox_class_t *class);
/*
 * How many more may run in this class, in the pool or not, by the limits of
 * the class and of all; NGX_MAX_INT_T_VALUE: no limit.  Negative: the pool has
 * to give way.
 */
ngx_int_t ngx_http_sandbox_instances_pool_room(
    ngx_http_sandbox_class_t *class);
/* a sandbox in the pool is ready to be claimed; ignored once it was claimed */
void ngx_http_sandbox_instances_pool_ready(const char *run);
/*
 * Picks a warm sandbox of the class, which is not warm from then on: NGX_OK; or
 * NGX_DECLINED: there is none.
 */
ngx_int_t ngx_http_sandbox_instances_pool_pick(ngx_http_sandbox_class_t *class,
    char run[SANDBOX_RANDOM_LEN + 1]);
/*
 * It belongs to an owner now.  Also corrects an instance whose owner is not
 * known, as the labels of its container were written for the pool.
 */
void ngx_http_sandbox_instances_pool_own(const char *run, const char *owner);
/* 1 if some instance seems to be in the pool, but is not warm */
ngx_uint_t ngx_http_sandbox_instances_pool_unknown(void);


#endif /* _NGX_HTTP_SANDBOX_INSTANCES_POOL_H_INCLUDED_ */
