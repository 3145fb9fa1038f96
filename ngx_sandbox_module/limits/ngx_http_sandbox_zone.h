
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ZONE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ZONE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_counters.h"


/*
 * The shared zone: counters, the table of instances.c, whose entries are
 * instances or free, and the buckets of create_rate.c.
 */

struct ngx_http_sandbox_shared_s {
    ngx_http_sandbox_counters_t    counters;

    ngx_atomic_t                   paused;   /* instances that are paused */
    int64_t                        paused_reported;  /* monotonic ms, or 0 */
    ngx_atomic_t                   primed;   /* requests to fill the pool */
    ngx_atomic_t                   drained;  /* 1: the pool is kept empty */
    int64_t                        counted;  /* by the engine's list, or 0 */
    ngx_uint_t                     ninstances;
    ngx_uint_t                     used;   /* all after these are free */
    ngx_uint_t                     first;  /* none before it is free */
    ngx_http_sandbox_instance_t   *instances;

    ngx_uint_t                     nbuckets;
    ngx_http_sandbox_bucket_t     *buckets;
};


/* init() of the zone: logs an error and fails if the limits do not fit */
ngx_int_t ngx_http_sandbox_zone_init(ngx_shm_zone_t *zone, void *data);


#endif /* _NGX_HTTP_SANDBOX_ZONE_H_INCLUDED_ */
