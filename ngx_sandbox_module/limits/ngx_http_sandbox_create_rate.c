
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_create_rate.h"
#include "limits/ngx_http_sandbox_zone.h"


/*
 * sandbox_create_rate: limits how often an owner may create sandboxes, over
 * all workers; a leaky bucket per owner in the shared zone.
 */


struct ngx_http_sandbox_bucket_s {
    char        owner[SANDBOX_OWNER_MAX + 1];
    unsigned    used:1;
    ngx_uint_t  excess;                            /* thousandths */
    ngx_uint_t  rate;                              /* rate at its last use */
    int64_t     last;
};


static ngx_http_sandbox_bucket_t *ngx_http_sandbox_create_rate_bucket(
    ngx_http_sandbox_shared_t *sh, const char *owner, ngx_uint_t rate,
    int64_t now);
static ngx_uint_t ngx_http_sandbox_create_rate_excess(
    ngx_http_sandbox_bucket_t *bucket, ngx_uint_t rate, int64_t now);


size_t
ngx_http_sandbox_create_rate_size(void)
{
    return sizeof(ngx_http_sandbox_bucket_t);
}


ngx_int_t
ngx_http_sandbox_create_rate_charge(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    char                             owner[SANDBOX_OWNER_MAX + 1];
    int64_t                          now;
    ngx_uint_t                       excess, over;
    ngx_slab_pool_t                 *shpool;
    ngx_http_sandbox_create_rate_t  *rate;
    ngx_http_sandbox_bucket_t       *bucket;
    ngx_http_sandbox_loc_conf_t     *slcf;
    ngx_http_sandbox_main_conf_t    *smcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);
    rate = slcf->create_rate;

    if (rate == NULL || rate->rate == 0) {
        return NGX_OK;
    }

    smcf = ngx_http_sandbox_worker->conf;

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    now = ngx_http_sandbox_clock_monotonic();
    over = 1000;

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    bucket = ngx_http_sandbox_create_rate_bucket(smcf->shared, owner,
                                                 rate->rate, now);

    if (bucket) {
        excess = ngx_http_sandbox_create_rate_excess(bucket, rate->rate, now);

        if (excess <= rate->burst * 1000) {
            bucket->excess = excess + 1000;
            bucket->rate = rate->rate;
            bucket->last = now;
            over = 0;

        } else {
            over = excess - rate->burst * 1000;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    if (over == 0) {
        return NGX_OK;
    }

    ngx_http_sandbox_count(smcf, rate_refused);

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_TOO_MANY_REQUESTS,
                               "TOO_MANY_REQUESTS",
                               "Your key creates sandboxes faster than %V "
                               "with a burst of %ui. Wait, or reuse existing "
                               "sandboxes.",
                               &rate->text, rate->burst);
    ctx->failure.retry_after = (over + rate->rate - 1) / rate->rate;

    (void) ngx_snprintf(ctx->failure.context, sizeof(ctx->failure.context),
                        "{\"scope\":\"key\",\"name\":\"%s\",\"rate\":\"%V\","
                        "\"burst\":%ui}%Z", owner, &rate->text, rate->burst);

    return NGX_DECLINED;
}


void
ngx_http_sandbox_create_rate_refund(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    char                           owner[SANDBOX_OWNER_MAX + 1];
    ngx_uint_t                     i;
    ngx_slab_pool_t               *shpool;
    ngx_http_sandbox_shared_t     *sh;
    ngx_http_sandbox_bucket_t     *bucket;
    ngx_http_sandbox_loc_conf_t   *slcf;
    ngx_http_sandbox_main_conf_t  *smcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (slcf->create_rate == NULL || slcf->create_rate->rate == 0) {
        return;
    }

    smcf = ngx_http_sandbox_worker->conf;
    sh = smcf->shared;

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < sh->nbuckets; i++) {
        bucket = &sh->buckets[i];

        if (bucket->used && ngx_strcmp(bucket->owner, owner) == 0) {
            bucket->excess -= ngx_min(bucket->excess, 1000);
            break;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


/* the bucket of the owner, or an empty one to reuse */

static ngx_http_sandbox_bucket_t *
ngx_http_sandbox_create_rate_bucket(ngx_http_sandbox_shared_t *sh,
    const char *owner, ngx_uint_t rate, int64_t now)
{
    ngx_uint_t                  i;
    ngx_http_sandbox_bucket_t  *bucket, *empty;

    empty = NULL;

    for (i = 0; i < sh->nbuckets; i++) {
        bucket = &sh->buckets[i];

        if (!bucket->used) {
            empty = bucket;
            break;
        }

        if (ngx_strcmp(bucket->owner, owner) == 0) {
            return bucket;
        }

        if (empty == NULL
            && ngx_http_sandbox_create_rate_excess(bucket, bucket->rate, now)
            == 0)
        {
            empty = bucket;
        }
    }

    if (empty == NULL) {
        return NULL;
    }

    (void) ngx_cpystrn((u_char *) empty->owner, (u_char *) owner,
                       sizeof(empty->owner));

    empty->used = 1;
    empty->excess = 0;
    empty->rate = rate;
    empty->last = now;

    return empty;
}


static ngx_uint_t
ngx_http_sandbox_create_rate_excess(ngx_http_sandbox_bucket_t *bucket,
    ngx_uint_t rate, int64_t now)
{
    uint64_t  passed;

    passed = (now > bucket->last) ? (uint64_t) (now - bucket->last) : 0;

    /* after a hundred days any bucket is empty; avoids an overflow */

    passed = ngx_min(passed, 86400000 * (uint64_t) 100) * rate / 1000;

    return (passed < bucket->excess) ? bucket->excess - passed : 0;
}
