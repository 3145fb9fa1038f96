
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "limits/ngx_http_sandbox_instances.h"
#include "preview/ngx_http_sandbox_preview.h"
#include "limits/ngx_http_sandbox_instances_table.h"


/* directives of the limits, and the shared zone that has to hold them */


#define NGX_HTTP_SANDBOX_INSTANCES_MAX  1000000
#define NGX_HTTP_SANDBOX_CALLS_MIN      2
#define NGX_HTTP_SANDBOX_CALLS_MAX      1000
#define NGX_HTTP_SANDBOX_QUEUE_MAX      100000
#define NGX_HTTP_SANDBOX_RATE_MAX       1000000


static ngx_int_t ngx_http_sandbox_conf_rate(ngx_str_t *value);
static ngx_uint_t ngx_http_sandbox_zone_slots(
    ngx_http_sandbox_main_conf_t *smcf);
static ngx_int_t ngx_http_sandbox_zone_alloc(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_shared_t **shared);
static ngx_int_t ngx_http_sandbox_zone_check(ngx_shm_zone_t *zone,
    ngx_http_sandbox_shared_t *sh);


char *
ngx_http_sandbox_conf_max_instances(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (smcf->max_instances) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_http_sandbox_conf_instances(&value[1]);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of "
                           "\"sandbox_max_instances\", it must be a number "
                           "from 1 to %d", &value[1],
                           NGX_HTTP_SANDBOX_INSTANCES_MAX);
        return NGX_CONF_ERROR;
    }

    smcf->max_instances = n;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_sandbox_conf_instances(ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n < 1 || n > NGX_HTTP_SANDBOX_INSTANCES_MAX) {
        return NGX_ERROR;
    }

    return n;
}


ngx_int_t
ngx_http_sandbox_conf_quota(ngx_conf_t *cf, ngx_http_sandbox_key_t *key)
{
    ngx_uint_t                     i;
    ngx_http_sandbox_quota_t      *quota;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    smcf->nkeys++;

    if (key->instances == 0) {
        return NGX_OK;
    }

    quota = smcf->quotas.elts;

    for (i = 0; i < smcf->quotas.nelts; i++) {

        if (quota[i].name.len == key->name.len
            && ngx_memcmp(quota[i].name.data, key->name.data, key->name.len)
               == 0)
        {
            /* a name in several files has what the strictest one says */

            quota[i].instances = ngx_min(quota[i].instances, key->instances);
            return NGX_OK;
        }
    }

    quota = ngx_array_push(&smcf->quotas);
    if (quota == NULL) {
        return NGX_ERROR;
    }

    quota->name = key->name;
    quota->instances = key->instances;

    return NGX_OK;
}


char *
ngx_http_sandbox_conf_engine_calls(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value, s;

    if (smcf->engine_calls != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < NGX_HTTP_SANDBOX_CALLS_MIN || n > NGX_HTTP_SANDBOX_CALLS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sandbox_engine_calls\", "
                           "it must be a number from %d to %d", &value[1],
                           NGX_HTTP_SANDBOX_CALLS_MIN,
                           NGX_HTTP_SANDBOX_CALLS_MAX);
        return NGX_CONF_ERROR;
    }

    smcf->engine_calls = n;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    n = NGX_ERROR;

    if (value[2].len > 6 && ngx_strncmp(value[2].data, "queue=", 6) == 0) {
        s.data = value[2].data + 6;
        s.len = value[2].len - 6;

        n = ngx_atoi(s.data, s.len);
    }

    if (n < 1 || n > NGX_HTTP_SANDBOX_QUEUE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sandbox_engine_calls\", "
                           "it must be \"queue=\" and a number from 1 to %d",
                           &value[2], NGX_HTTP_SANDBOX_QUEUE_MAX);
        return NGX_CONF_ERROR;
    }

    smcf->engine_queue = n;

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_create_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    ngx_int_t                      n;
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_sandbox_rate_t       *rate;
    ngx_http_sandbox_main_conf_t  *smcf;

    if (slcf->create_rate != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    rate = ngx_pcalloc(cf->pool, sizeof(ngx_http_sandbox_rate_t));
    if (rate == NULL) {
        return NGX_CONF_ERROR;
    }

    slcf->create_rate = rate;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "rate=", 5) == 0 && rate->rate == 0) {
            rate->text.data = value[i].data + 5;
            rate->text.len = value[i].len - 5;

            n = ngx_http_sandbox_conf_rate(&rate->text);

            if (n == NGX_ERROR) {
                goto invalid;
            }

            rate->rate = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "burst=", 6) == 0) {
            n = ngx_atoi(value[i].data + 6, value[i].len - 6);

            if (n < 0 || n > NGX_HTTP_SANDBOX_RATE_MAX) {
                goto invalid;
            }

            rate->burst = n;
            continue;
        }

        goto invalid;
    }

    if (rate->rate == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_create_rate\" needs \"rate=\", such as "
                           "\"rate=30r/m\", or \"off\"");
        return NGX_CONF_ERROR;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);
    smcf->rated = 1;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" of \"sandbox_create_rate\", it "
                       "must be \"rate=30r/m burst=10\" or \"off\"",
                       &value[i]);
    return NGX_CONF_ERROR;
}


/* thousandths a second */

static ngx_int_t
ngx_http_sandbox_conf_rate(ngx_str_t *value)
{
    ngx_int_t  n, scale;

    if (value->len < 4) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(value->data + value->len - 3, "r/s", 3) == 0) {
        scale = 1;

    } else if (ngx_strncmp(value->data + value->len - 3, "r/m", 3) == 0) {
        scale = 60;

    } else {
        return NGX_ERROR;
    }

    n = ngx_atoi(value->data, value->len - 3);

    if (n < 1 || n > NGX_HTTP_SANDBOX_RATE_MAX) {
        return NGX_ERROR;
    }

    return n * 1000 / scale;
}


ngx_int_t
ngx_http_sandbox_init_zone(ngx_shm_zone_t *zone, void *data)
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


/* a page for the rest, an eighth for rates, and what is left for sandboxes */

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

    /* a quarter is for the load of ports, which comes and goes */

    pages = (shpool->pfree - 1) * 3 / 4 - 1;

    sh = ngx_slab_calloc(shpool, sizeof(ngx_http_sandbox_shared_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    size = ((pages + 7) / 8) * ngx_pagesize;

    sh->nbuckets = size / ngx_http_sandbox_rate_size();
    sh->buckets = ngx_slab_calloc(shpool, size);

    if (sh->buckets == NULL) {
        return NGX_ERROR;
    }

    size = pages * ngx_pagesize - size;

    sh->nslots = size / sizeof(ngx_http_sandbox_slot_t);
    sh->slots = ngx_slab_calloc(shpool, size);

    if (sh->slots == NULL) {
        return NGX_ERROR;
    }

    sh->counters.limits = ngx_http_sandbox_load_create(shpool);

    if (sh->counters.limits == NULL) {
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
    ngx_uint_t                     slots, pages;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = zone->data;

    slots = ngx_http_sandbox_zone_slots(smcf);

    if (slots > sh->nslots) {

        pages = (slots * sizeof(ngx_http_sandbox_slot_t) + ngx_pagesize - 1)
                / ngx_pagesize;
        pages = (pages + pages / 7 + 6) * 4 / 3 + 1;

        /* the pool has a few bytes of its own for each page */

        size = pages * (ngx_pagesize + 64);

        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is too small: it has room for %ui "
                      "sandboxes, and the limits allow %ui to run at a time; "
                      "give it %uzk with \"sandbox_zone\"",
                      &zone->shm.name, sh->nslots, slots, size / 1024 + 1);
        return NGX_ERROR;
    }

    if (smcf->rated && smcf->nkeys > sh->nbuckets) {

        pages = (smcf->nkeys * ngx_http_sandbox_rate_size() + ngx_pagesize - 1)
                / ngx_pagesize;

        size = ((pages * 8 + 6) * 4 / 3 + 1) * (ngx_pagesize + 64);

        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is too small: it has room for the create "
                      "rates of %ui keys, and there are %ui; give it %uzk "
                      "with \"sandbox_zone\"",
                      &zone->shm.name, sh->nbuckets, smcf->nkeys,
                      size / 1024 + 1);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* how many sandboxes must have a slot, for the limits to hold */

static ngx_uint_t
ngx_http_sandbox_zone_slots(ngx_http_sandbox_main_conf_t *smcf)
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
