
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_capacity.h"
#include "api/ngx_http_sandbox_admit.h"
#include "api/ngx_http_sandbox_create.h"
#include "api/ngx_http_sandbox_lookup.h"


static ngx_http_sandbox_lookup_e ngx_http_sandbox_admit_first(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx, ngx_uint_t *refused);


ngx_int_t
ngx_http_sandbox_admit(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_uint_t                 refused;
    ngx_http_sandbox_lookup_e  found;

    found = ngx_http_sandbox_lookup(r, ctx);

    if (found == NGX_HTTP_SANDBOX_LOOKUP_ABSENT) {

        found = ngx_http_sandbox_admit_first(r, ctx, &refused);

        if (refused) {
            return ngx_http_sandbox_error_refuse_set(r);
        }
    }

    if (found == NGX_HTTP_SANDBOX_LOOKUP_FOREIGN) {
        return ngx_http_sandbox_error_refuse_absent(r, ctx);
    }

    if (ctx->copied) {
        ngx_http_sandbox_error_set_internal(ctx);
        return ngx_http_sandbox_error_refuse_set(r);
    }

    if (found != NGX_HTTP_SANDBOX_LOOKUP_OWN) {
        return ngx_http_sandbox_error_refuse(r, ctx,
                                             NGX_HTTP_INTERNAL_SERVER_ERROR,
                                             "INTERNAL_ERROR",
                                             "The sandbox cannot be used. See "
                                             "nginx's error log for the "
                                             "cause.");
    }

    if (ngx_http_sandbox_tether(ctx->node) == NGX_OK) {

        if (ctx->claimed) {
            ctx->start = NGX_HTTP_SANDBOX_START_POOL;

        } else {
            ctx->start = NGX_HTTP_SANDBOX_START_HIT;
            ngx_http_sandbox_count(ngx_http_sandbox_worker->conf,
                                   starts[NGX_HTTP_SANDBOX_START_HIT]);
        }

    } else {
        ngx_http_sandbox_start(ctx->node);
    }

    return NGX_OK;
}


/*
 * The first request for an unknown id creates the sandbox.  If another request
 * wins the race, check ownership as usual.  The slot is taken before the
 * directory is created, so that a refusal leaves nothing behind.  If the
 * request is refused, ctx->failure is set.
 */

static ngx_http_sandbox_lookup_e
ngx_http_sandbox_admit_first(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t *refused)
{
    char                       owner[SANDBOX_OWNER_MAX + 1];
    char                       ticket[SANDBOX_RANDOM_LEN + 1];
    ngx_int_t                  rc;
    ngx_http_sandbox_lookup_e  found;

    *refused = 0;

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    ngx_http_sandbox_instances_ticket(ticket);

    rc = ngx_http_sandbox_instances_take(ticket, ctx->class, owner,
                                         &ctx->failure);

    ctx->claims = (rc == NGX_OK && ctx->class->pool);

    if (rc == NGX_DECLINED) {
        /*
         * count again, so that the next request is refused only if still full
         */

        ngx_http_sandbox_start_capacity_refresh();

        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf,
                               capacity_refused);
        *refused = 1;
        return NGX_HTTP_SANDBOX_LOOKUP_ABSENT;
    }

    switch (ngx_http_sandbox_create(r, ctx, "", NULL)) {

    case NGX_HTTP_SANDBOX_CREATE_OK:
        found = ngx_http_sandbox_lookup(r, ctx);

        if (found == NGX_HTTP_SANDBOX_LOOKUP_OWN) {
            ngx_http_sandbox_instances_name(ticket, ctx->node->spec.run);
            return found;
        }

        break;

    case NGX_HTTP_SANDBOX_CREATE_TAKEN:
        found = ngx_http_sandbox_lookup(r, ctx);
        break;

    case NGX_HTTP_SANDBOX_CREATE_REFUSED:
        *refused = 1;
        found = NGX_HTTP_SANDBOX_LOOKUP_ABSENT;
        break;

    default:
        found = NGX_HTTP_SANDBOX_LOOKUP_ERROR;
    }

    ngx_http_sandbox_instances_free(ticket);

    return found;
}
