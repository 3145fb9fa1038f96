
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ZONE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ZONE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_counters.h"


/* the shared zone: slots of instances.c, buckets of create_rate.c */


/* the shared zone: slots of instances.c, buckets of create_rate.c */

struct ngx_http_sandbox_shared_s {
    ngx_http_sandbox_counters_t    counters;

    int64_t                        counted;  /* by the engine's list, or 0 */
    ngx_uint_t                     nslots;
    ngx_uint_t                     used;   /* all slots after these are free */
    ngx_uint_t                     first;  /* no free slot before it */
    ngx_http_sandbox_instance_t   *slots;

    ngx_uint_t                     nbuckets;
    ngx_http_sandbox_bucket_t     *buckets;
};


/* init() of the zone: logs an error and fails if the limits do not fit */
ngx_int_t ngx_http_sandbox_zone_init(ngx_shm_zone_t *zone, void *data);


#endif /* _NGX_HTTP_SANDBOX_ZONE_H_INCLUDED_ */
