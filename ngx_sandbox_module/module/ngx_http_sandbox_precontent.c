
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_capacity.h"
#include "preview/ngx_http_sandbox_page_error.h"
#include "preview/ngx_http_sandbox_preview.h"
#include "preview/ngx_http_sandbox_preview_request.h"
#include "preview/ngx_http_sandbox_preview_revoke.h"
#include "api/ngx_http_sandbox_api.h"
#include "api/ngx_http_sandbox_create.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "module/ngx_http_sandbox_precontent.h"


/*
 * PRECONTENT: runs after auth_request, limit_req and allow.  Assigns the
 * request to a sandbox or refuses it, and begins to start a sleeping sandbox
 * while nginx reads the body.
 */


static ngx_int_t ngx_http_sandbox_precontent_hosts(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_precontent_api(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_http_sandbox_lookup_e ngx_http_sandbox_precontent_first(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx, ngx_uint_t *refused);


ngx_int_t
ngx_http_sandbox_precontent_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_sandbox_ctx_t       *ctx;
    ngx_http_sandbox_worker_t    *w;
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (!slcf->api && !slcf->preview) {
        return NGX_DECLINED;
    }

    if (r != r->main) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "subrequests to a sandbox location are not supported");
        return NGX_HTTP_FORBIDDEN;
    }

    ctx = ngx_http_sandbox_ctx_make(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->api = slcf->api;
    ctx->preview = slcf->preview;
    ctx->renderer = slcf->preview ? &ngx_http_sandbox_page_error : NULL;
    ctx->http_version = r->http_version;

    if (r->http_version == NGX_HTTP_VERSION_9) {
        return NGX_HTTP_BAD_REQUEST;
    }

    w = ngx_http_sandbox_worker;

    if (w == NULL || w->store == NULL) {
        rc = ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE,
                                           "CONTAINER_UNAVAILABLE",
                                           "The sandbox state directory "
                                           "cannot be used. See nginx's error "
                                           "log for the cause.");
        ctx->failure.retry_after = 5;
        return rc;
    }

    if (ngx_http_sandbox_precontent_hosts(r) != NGX_OK) {
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "invalid_request",
                                             "The Host header does not match "
                                             "the host in the request line. "
                                             "Send the same host in both.");
    }

    if (ctx->preview) {
        ngx_http_sandbox_count(w->conf, preview_requests);

        rc = ngx_http_sandbox_preview_access(r, ctx);

        if (rc == NGX_OK) {
            rc = ngx_http_sandbox_preview_request(r, ctx);
        }

    } else {
        ngx_http_sandbox_count(w->conf, api_requests);

        rc = ngx_http_sandbox_api_access(r, ctx);

        if (rc == NGX_OK) {
            rc = ngx_http_sandbox_precontent_api(r, ctx);
        }
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_memcpy(ctx->run, ctx->node->spec.run, sizeof(ctx->run));
    ctx->admitted = 1;

    if (ctx->preview && ngx_http_sandbox_preview_revoke_add(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_precontent_hosts(ngx_http_request_t *r)
{
    size_t      len;
    u_char     *p, *last;
    ngx_str_t   host;

    /* nginx prefers the host of an absolute request line: Host must match */

    if (r->host_start == NULL || r->headers_in.host == NULL) {
        return NGX_OK;
    }

    host = r->headers_in.host->value;
    last = host.data + host.len;

    p = ngx_strlchr(host.data, last, ']');
    p = ngx_strlchr(p ? p : host.data, last, ':');

    len = p ? (size_t) (p - host.data) : host.len;

    if (len && host.data[len - 1] == '.') {
        len--;
    }

    if (len != r->headers_in.server.len
        || ngx_strncasecmp(host.data, r->headers_in.server.data, len) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_precontent_api(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_uint_t                 refused;
    ngx_http_sandbox_lookup_e  found;

    found = ngx_http_sandbox_lookup(r, ctx);

    if (found == NGX_HTTP_SANDBOX_LOOKUP_ABSENT) {

        found = ngx_http_sandbox_precontent_first(r, ctx, &refused);

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
        ctx->start = NGX_HTTP_SANDBOX_START_HIT;
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf,
                               starts[NGX_HTTP_SANDBOX_START_HIT]);

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
ngx_http_sandbox_precontent_first(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t *refused)
{
    char                       owner[SANDBOX_OWNER_MAX + 1];
    char                       ticket[SANDBOX_RANDOM_LEN + 1];
    ngx_http_sandbox_lookup_e  found;

    *refused = 0;

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    ngx_http_sandbox_instances_ticket(ticket);

    if (ngx_http_sandbox_instances_take(ticket, ctx->class, owner,
                                        &ctx->failure)
        == NGX_DECLINED)
    {
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
