
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_page_error.h"
#include "preview/ngx_http_sandbox_preview.h"
#include "preview/ngx_http_sandbox_preview_request.h"
#include "preview/ngx_http_sandbox_preview_revoke.h"
#include "api/ngx_http_sandbox_admit.h"
#include "api/ngx_http_sandbox_api.h"
#include "module/ngx_http_sandbox_precontent.h"


/*
 * PRECONTENT: runs after auth_request, limit_req and allow.  Assigns the
 * request to a sandbox or refuses it, and begins to start a sleeping sandbox
 * while nginx reads the body.
 */


static ngx_int_t ngx_http_sandbox_precontent_hosts(ngx_http_request_t *r);


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
            rc = ngx_http_sandbox_admit(r, ctx);
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
