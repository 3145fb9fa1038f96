
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"


/* preview hosts: the label names port, sandbox and token */


ngx_int_t
ngx_http_sandbox_preview_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    u_char                     *dot;
    ngx_str_t                  *host;
    ngx_int_t                   rc;
    sandbox_port_t             *policy;
    sandbox_label_t             label;
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    host = &r->headers_in.server;

    if (ngx_http_sandbox_preview_find(w->conf, host) == NULL) {
        goto denied;
    }

    dot = ngx_strlchr(host->data, host->data + host->len, '.');

    if (!sandbox_label_parse((char *) host->data, dot - host->data, &label)) {
        goto denied;
    }

    ctx->id.len = label.id_len;
    ctx->id.data = ngx_pnalloc(r->pool, label.id_len);
    if (ctx->id.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(ctx->id.data, label.id, label.id_len);

    ctx->port = label.port;

    node = ngx_http_sandbox_node_hold(&ctx->id);
    if (node == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->node = node;

    rc = ngx_http_sandbox_node_policy(node, label.port, &policy);

    if (rc == NGX_ERROR) {
        return ngx_http_sandbox_refuse(r, ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                       "INTERNAL_ERROR",
                                       "The preview's policy cannot be read: "
                                       "nginx's error log tells why.");
    }

    if (rc == NGX_DECLINED
        || !sandbox_equal(policy->token, ngx_strlen(policy->token),
                          label.token, label.token_len))
    {
        goto denied;
    }

    if (policy->host[0]
        && (host->len - (dot + 1 - host->data) != ngx_strlen(policy->host)
            || ngx_memcmp(dot + 1, policy->host, ngx_strlen(policy->host))
               != 0))
    {
        goto denied;
    }

    ctx->trusted = 1;
    ctx->wakes = (policy->wake == SANDBOX_WAKE_ON);

    if (ngx_http_sandbox_events_reserved(r)) {
        return ngx_http_sandbox_events_access(r, ctx);
    }

    switch (ngx_http_sandbox_tether(node)) {

    case NGX_OK:
        ctx->start = NGX_HTTP_SANDBOX_START_HIT;
        return NGX_OK;

    case NGX_DECLINED:

        if (ctx->wakes) {

            ngx_http_sandbox_kick(node);

            return ngx_http_sandbox_page_waits(r)
                   ? ngx_http_sandbox_refuse_waiting(r) : NGX_OK;
        }

        if (ngx_http_sandbox_busy(node)) {
            return NGX_OK;
        }

        break;

    case NGX_AGAIN:

        /* the waiter learns whether it stays or goes */

        return NGX_OK;

    default:
        return ngx_http_sandbox_refuse(r, ctx, NGX_HTTP_BAD_GATEWAY,
                                       "SERVICE_NOT_RESPONDING",
                                       "The sandbox cannot be reached: "
                                       "nginx's error log tells why.");
    }

    ngx_http_sandbox_count(w->conf, preview_stale);

    return ngx_http_sandbox_refuse(r, ctx, NGX_HTTP_SANDBOX_GONE,
                                   "STALE_PREVIEW_URL",
                                   NGX_HTTP_SANDBOX_STALE);

denied:

    ngx_http_sandbox_count(w->conf, preview_denied);

    return ngx_http_sandbox_refuse_token(r, ctx);
}


ngx_http_sandbox_preview_t *
ngx_http_sandbox_preview_find(ngx_http_sandbox_main_conf_t *smcf,
    ngx_str_t *host)
{
    u_char                      *dot;
    size_t                       len;
    ngx_uint_t                   i;
    ngx_http_sandbox_preview_t  *preview;

    dot = ngx_strlchr(host->data, host->data + host->len, '.');
    if (dot == NULL) {
        return NULL;
    }

    len = host->data + host->len - (dot + 1);
    preview = smcf->previews.elts;

    for (i = 0; i < smcf->previews.nelts; i++) {
        if (preview[i].host.len == len
            && ngx_memcmp(preview[i].host.data, dot + 1, len) == 0)
        {
            return &preview[i];
        }
    }

    return NULL;
}
