
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "limits/ngx_http_sandbox_create_rate.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "limits/ngx_http_sandbox_port_limits_table.h"
#include "limits/ngx_http_sandbox_zone.h"


/* the shared zone for counters and limits */


static ngx_uint_t ngx_http_sandbox_zone_instances(
    ngx_http_sandbox_main_conf_t *smcf);
static ngx_int_t ngx_http_sandbox_zone_alloc(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_shared_t **shared);
static ngx_int_t ngx_http_sandbox_zone_check(ngx_shm_zone_t *zone,
    ngx_http_sandbox_shared_t *sh);


ngx_int_t
ngx_http_sandbox_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_sandbox_main_conf_t *osmcf = data;

    ngx_slab_pool_t               *shpool;
    ngx_http_sandbox_shared_t     *sh;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (osmcf) {
        sh = osmcf->shared;

    } else if (zone->shm.exists) {
        sh = shpool->data;

    } else {

        if (ngx_http_sandbox_zone_alloc(shpool, &sh) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "zone \"%V\" is too small", &zone->shm.name);
            return NGX_ERROR;
        }

        shpool->data = sh;
    }

    if (ngx_http_sandbox_zone_check(zone, sh) != NGX_OK) {
        return NGX_ERROR;
    }

    smcf->shared = sh;
    smcf->counters = &sh->counters;

    return NGX_OK;
}


/*
 * A quarter is for port limits.  Of the rest, one page is for counters, an
 * eighth for rates, the remainder for instances.
 */

static ngx_int_t
ngx_http_sandbox_zone_alloc(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_shared_t **shared)
{
    size_t                      size;
    ngx_uint_t                  pages;
    ngx_http_sandbox_shared_t  *sh;

    if (shpool->pfree < 5) {
        return NGX_ERROR;
    }

    pages = (shpool->pfree - 1) * 3 / 4 - 1;

    sh = ngx_slab_calloc(shpool, sizeof(ngx_http_sandbox_shared_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    size = ((pages + 7) / 8) * ngx_pagesize;

    sh->nbuckets = size / ngx_http_sandbox_create_rate_size();
    sh->buckets = ngx_slab_calloc(shpool, size);

    if (sh->buckets == NULL) {
        return NGX_ERROR;
    }

    size = pages * ngx_pagesize - size;

    sh->ninstances = size / sizeof(ngx_http_sandbox_instance_t);
    sh->instances = ngx_slab_calloc(shpool, size);

    if (sh->instances == NULL) {
        return NGX_ERROR;
    }

    sh->counters.port_limits =
        ngx_http_sandbox_port_limits_table_create(shpool, shpool->pfree
                                                          * ngx_pagesize);
    if (sh->counters.port_limits == NULL) {
        return NGX_ERROR;
    }

    *shared = sh;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_zone_check(ngx_shm_zone_t *zone,
    ngx_http_sandbox_shared_t *sh)
{
    size_t                         size;
    ngx_uint_t                     n, pages;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = zone->data;

    n = ngx_http_sandbox_zone_instances(smcf);

    if (n > sh->ninstances) {

        pages = (n * sizeof(ngx_http_sandbox_instance_t) + ngx_pagesize - 1)
                / ngx_pagesize;
        pages = (pages + pages / 7 + 6) * 4 / 3 + 1;

        /* the pool needs a few bytes per page */

        size = pages * (ngx_pagesize + 64);

        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is too small: it holds %ui sandboxes, but "
                      "the limits allow %ui to run at a time, set "
                      "\"sandbox_zone\" to %uzk",
                      &zone->shm.name, sh->ninstances, n, size / 1024 + 1);
        return NGX_ERROR;
    }

    if (smcf->rated && smcf->nkeys > sh->nbuckets) {

        pages = (smcf->nkeys * ngx_http_sandbox_create_rate_size()
                 + ngx_pagesize - 1) / ngx_pagesize;

        size = ((pages * 8 + 6) * 4 / 3 + 1) * (ngx_pagesize + 64);

        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is too small: it holds the create rates of "
                      "%ui keys, but there are %ui, set \"sandbox_zone\" to "
                      "%uzk",
                      &zone->shm.name, sh->nbuckets, smcf->nkeys,
                      size / 1024 + 1);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* the number of instances that the limits require */

static ngx_uint_t
ngx_http_sandbox_zone_instances(ngx_http_sandbox_main_conf_t *smcf)
{
    ngx_uint_t                 i, sum, most, all;
    ngx_http_sandbox_class_t  *class;
    ngx_http_sandbox_quota_t  *quota;

    sum = 0;
    all = 1;
    class = smcf->classes.elts;

    for (i = 0; i < smcf->classes.nelts; i++) {
        sum += class[i].max_instances;

        if (class[i].max_instances == 0) {
            all = 0;
        }
    }

    if (all && sum) {
        return smcf->max_instances ? ngx_min(smcf->max_instances, sum) : sum;
    }

    if (smcf->max_instances) {
        return smcf->max_instances;
    }

    most = sum;
    quota = smcf->quotas.elts;

    for (i = 0; i < smcf->quotas.nelts; i++) {
        most = ngx_max(most, quota[i].instances);
    }

    return most;
}
