
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_INSTANCES_TABLE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_INSTANCES_TABLE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"


/*
 * The table of starting and running sandboxes in the shared zone.  Its mutex,
 * which is held for microseconds only, must be held for all functions but the
 * first three, and for as long as an instance is used.
 */


#define NGX_HTTP_SANDBOX_INSTANCE_FREE      0
#define NGX_HTTP_SANDBOX_INSTANCE_STARTING  1
#define NGX_HTTP_SANDBOX_INSTANCE_RUNNING   2

/* the owner of sandboxes in the pool: no key can have this name */
#define NGX_HTTP_SANDBOX_POOL_OWNER     "*"

/* length of an owner's mark, including NUL */
#define NGX_HTTP_SANDBOX_MARK           17


struct ngx_http_sandbox_instance_s {
    ngx_uint_t                   state;
    ngx_pid_t                    pid;          /* pid of the starting worker */
    unsigned                     paused:1;     /* its container is paused */
    unsigned                     warm:1;       /* to be claimed by anybody */
    int64_t                      since;        /* ms, monotonic clock */
    int64_t                      since_epoch;  /* ms since the epoch */
    char                         run[SANDBOX_RANDOM_LEN + 1];
    char                         class[SANDBOX_CLASS_MAX + 1];
    char                         owner[NGX_HTTP_SANDBOX_MARK];
};


/*
 * A hash that identifies an owner in the table and in engine labels without
 * revealing the name.  mark has NGX_HTTP_SANDBOX_MARK bytes.
 */
void ngx_http_sandbox_instances_table_mark(const char *owner, char *mark);

/* the mark of NGX_HTTP_SANDBOX_POOL_OWNER */
const char *ngx_http_sandbox_instances_table_pool(void);

/* locks the mutex of the returned pool */
ngx_slab_pool_t *ngx_http_sandbox_instances_table_lock(void);

/* the instance of a run; NULL: none */
ngx_http_sandbox_instance_t *ngx_http_sandbox_instances_table_find(
    ngx_http_sandbox_shared_t *sh, const char *run);
/* the entry remains free until its state is set; NULL: the table is full */
ngx_http_sandbox_instance_t *ngx_http_sandbox_instances_table_add(
    ngx_http_sandbox_shared_t *sh, const char *run, const char *class,
    const char *owner);
/* sets the state, with the current time and process */
void ngx_http_sandbox_instances_table_set(ngx_http_sandbox_instance_t *instance,
    ngx_uint_t state);
/* notes whether its container is paused */
void ngx_http_sandbox_instances_table_pause(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_instance_t *instance, ngx_uint_t paused);
/* frees the entry */
void ngx_http_sandbox_instances_table_release(ngx_http_sandbox_shared_t *sh,
    ngx_http_sandbox_instance_t *instance);
/* 1 if it is starting, but its worker is gone */
ngx_uint_t ngx_http_sandbox_instances_table_orphan(
    ngx_http_sandbox_instance_t *instance, int64_t now);


#endif /* _NGX_HTTP_SANDBOX_INSTANCES_TABLE_H_INCLUDED_ */
