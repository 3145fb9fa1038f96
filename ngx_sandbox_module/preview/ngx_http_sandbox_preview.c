
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_settings.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_connection_share.h"
#include "limits/ngx_http_sandbox_port_limits.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "preview/ngx_http_sandbox_page.h"
#include "preview/ngx_http_sandbox_page_events.h"
#include "preview/ngx_http_sandbox_preview.h"
#include "preview/ngx_http_sandbox_preview_cors.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "preview/ngx_http_sandbox_preview_host.h"
#include "preview/ngx_http_sandbox_preview_key.h"


/* preview hosts, whose label names port, sandbox and token */


static ngx_uint_t ngx_http_sandbox_preview_reserved(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_preview_enter(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy,
    sandbox_policy_settings_t *set);
static int64_t ngx_http_sandbox_preview_time(sandbox_policy_t *policy);


ngx_int_t
ngx_http_sandbox_preview_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    u_char                       *dot;
    ngx_str_t                    *host;
    ngx_int_t                     rc;
    const char                   *reason;
    sandbox_policy_t             *policy;
    sandbox_label_t               label;
    ngx_http_sandbox_node_t      *node;
    ngx_http_sandbox_worker_t    *w;
    sandbox_policy_settings_t     set;
    ngx_http_sandbox_loc_conf_t  *slcf;

    w = ngx_http_sandbox_worker;
    host = &r->headers_in.server;

    reason = "no preview domain";

    dot = ngx_strlchr(host->data, host->data + host->len, '.');

    if (dot == NULL
        || ngx_http_sandbox_preview_domain_find(w->conf, dot + 1,
                                                host->data + host->len
                                                - (dot + 1))
           == NULL)
    {
        goto denied;
    }

    reason = "no preview label";

    if (!sandbox_name_label_parse((char *) host->data, dot - host->data,
                                  &label))
    {
        goto denied;
    }

    ctx->id.len = label.id_len;
    ctx->id.data = ngx_pnalloc(r->pool, label.id_len);
    if (ctx->id.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(ctx->id.data, label.id, label.id_len);

    ctx->port = label.port;

    if (ngx_http_sandbox_node_attach(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    node = ctx->node;

    rc = ngx_http_sandbox_node_policy(node, label.port, &policy);

    if (rc == NGX_ERROR) {
        return ngx_http_sandbox_error_refuse(r, ctx,
                                             NGX_HTTP_INTERNAL_SERVER_ERROR,
                                             "INTERNAL_ERROR",
                                             "The preview's policy cannot be "
                                             "read. See nginx's error log for "
                                             "the cause.");
    }

    if (rc == NGX_DECLINED) {
        reason = "port not exposed";
        goto denied;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    sandbox_policy_settings(policy, &slcf->defaults, &set);

    if (!sandbox_policy_opens(policy, label.token, label.token_len,
                              set.access == SANDBOX_ACCESS_PUBLIC,
                              ngx_http_sandbox_preview_time(policy)))
    {
        reason = "token wrong or expired";
        goto denied;
    }

    if (policy->host[0]
        && (host->len - (dot + 1 - host->data) != ngx_strlen(policy->host)
            || ngx_memcmp(dot + 1, policy->host, ngx_strlen(policy->host))
               != 0))
    {
        reason = "exposed on another domain";
        goto denied;
    }

    ngx_memcpy(ctx->token, label.token, label.token_len);

    rc = ngx_http_sandbox_preview_enter(r, ctx, policy, &set);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "sandbox \"%s\" preview of port %ui, access:%L wake:%L",
                   node->id, (ngx_uint_t) ctx->port, set.access, set.wake);

    ctx->trusted = 1;
    ctx->wakes = (set.wake == SANDBOX_WAKE_ON);

    if (ngx_http_sandbox_preview_reserved(r)) {
        return ngx_http_sandbox_page_events_access(r, ctx);
    }

    switch (ngx_http_sandbox_tether(node)) {

    case NGX_OK:
        ctx->start = NGX_HTTP_SANDBOX_START_HIT;
        return NGX_OK;

    case NGX_DECLINED:

        if (ctx->wakes) {

            ngx_http_sandbox_start(node);

            return ngx_http_sandbox_page_waits(r)
                   ? ngx_http_sandbox_page_refuse_waiting(r) : NGX_OK;
        }

        if (ngx_http_sandbox_node_busy(node)) {
            return NGX_OK;
        }

        break;

    case NGX_AGAIN:

        /* the waiter will learn whether it exits */

        return NGX_OK;

    default:
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_GATEWAY,
                                             "SERVICE_NOT_RESPONDING",
                                             "The sandbox cannot be reached. "
                                             "See nginx's error log for the "
                                             "cause.");
    }

    ngx_http_sandbox_count(w->conf, preview_stale);

    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_SANDBOX_GONE,
                                         "STALE_PREVIEW_URL",
                                         NGX_HTTP_SANDBOX_STALE);

denied:

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "sandbox \"%V\" preview denied: %s", &ctx->id, reason);

    ngx_http_sandbox_count(w->conf, preview_denied);

    return ngx_http_sandbox_error_refuse_token(r, ctx);
}


/* access and limits; CORS preflights are answered by nginx itself */

static ngx_int_t
ngx_http_sandbox_preview_enter(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy,
    sandbox_policy_settings_t *set)
{
    ngx_int_t  rc;

    ctx->app_host = set->app_host;
    ctx->cors = set->cors;
    ctx->cookies = set->cookies;
    ctx->strip = set->strip;

    if (ngx_http_sandbox_preview_host(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->tls = (policy->scheme == SANDBOX_SCHEME_HTTPS);

    if (ctx->app_host == SANDBOX_HOST_PUBLIC) {
        ctx->app_proto = ctx->public_proto;

    } else if (ctx->tls) {
        ngx_str_set(&ctx->app_proto, "https");

    } else {
        ngx_str_set(&ctx->app_proto, "http");
    }

    if (set->cors >= SANDBOX_CORS_REFLECT
        && ngx_http_sandbox_preview_cors_preflight(r, ctx))
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_sandbox_preview_key(r, ctx, policy, set);

    if (rc == NGX_OK) {
        rc = ngx_http_sandbox_connection_share(r, ctx, ctx->node,
                                               ctx->node->spec.owner);
    }

    if (rc != NGX_OK
        || (set->connections == 0 && set->rate == 0 && set->body == 0))
    {
        return rc;
    }

    if (ngx_http_sandbox_preview_reserved(r)) {
        return ngx_http_sandbox_port_limits_enter_local(r, ctx,
                                                        set->connections);
    }

    return ngx_http_sandbox_port_limits_enter(r, ctx, set->connections,
                                              set->rate, set->body);
}


/* checks the path as normalized by nginx, and as an app would resolve it */

static ngx_uint_t
ngx_http_sandbox_preview_reserved(ngx_http_request_t *r)
{
    size_t  len;

    len = sizeof(NGX_HTTP_SANDBOX_PAGE_EVENTS_PREFIX) - 1;

    return r->uri.len >= len
           && ngx_memcmp(r->uri.data, NGX_HTTP_SANDBOX_PAGE_EVENTS_PREFIX,
                         len) == 0
           && (r->uri.len == len || r->uri.data[len] == '/');
}


/* reads the clock only where something expires */

static int64_t
ngx_http_sandbox_preview_time(sandbox_policy_t *policy)
{
    return policy->expires_ms || policy->nlinks
           ? ngx_http_sandbox_clock_late() : 0;
}


ngx_uint_t
ngx_http_sandbox_preview_holds(ngx_http_sandbox_ctx_t *ctx)
{
    sandbox_policy_settings_t      set;
    ngx_http_sandbox_loc_conf_t   *slcf;
    ngx_http_sandbox_node_port_t  *p;

    p = ngx_http_sandbox_node_cached(ctx->node, ctx->port);

    if (p == NULL) {
        return 0;
    }

    slcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_sandbox_module);

    sandbox_policy_settings(&p->policy, &slcf->defaults, &set);

    if (!sandbox_policy_opens(&p->policy, ctx->token, ngx_strlen(ctx->token),
                              set.access == SANDBOX_ACCESS_PUBLIC,
                              ngx_http_sandbox_preview_time(&p->policy)))
    {
        return 0;
    }

    return set.access != SANDBOX_ACCESS_KEY
           || (ctx->preview_key.len
               && sandbox_name_equal((char *) ctx->preview_key.data,
                                     ctx->preview_key.len, p->policy.key,
                                     ngx_strlen(p->policy.key)));
}
