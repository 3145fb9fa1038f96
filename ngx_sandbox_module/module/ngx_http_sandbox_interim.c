
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "module/ngx_http_sandbox_interim.h"


/*
 * RFC 9110, section 15.2: any number of interim responses may precede the
 * final one.  nginx would take the first of them for the final one, so its
 * parser is started again after each.  As all responses to a request share one
 * buffer, together they are limited by proxy_buffer_size.
 */


#define NGX_HTTP_SANDBOX_INTERIM_MAX  100


static ngx_int_t ngx_http_sandbox_interim_process_header(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_interim_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_interim_reinit_request(
    ngx_http_request_t *r);


void
ngx_http_sandbox_interim_init(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    ctx->interim.process_header = u->process_header;
    ctx->interim.reinit_request = u->reinit_request;

    u->process_header = ngx_http_sandbox_interim_process_header;
    u->reinit_request = ngx_http_sandbox_interim_reinit_request;
}


static ngx_int_t
ngx_http_sandbox_interim_process_header(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_uint_t               status;
    ngx_http_upstream_t     *u;
    ngx_http_sandbox_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_sandbox_ctx_get(r);

    for ( ;; ) {

        u->process_header = ctx->interim.process_header;

        rc = u->process_header(r);

        /* the proxy module has a handler for each part of a header */

        ctx->interim.process_header = u->process_header;
        u->process_header = ngx_http_sandbox_interim_process_header;

        status = u->headers_in.status_n;

#ifdef NGX_HTTP_UPSTREAM_EARLY_HINTS

        /*
         * nginx 1.29.0 and later would allocate memory for each 103 without a
         * limit, and may pass its headers on without a response filter
         */

        if (rc == NGX_HTTP_UPSTREAM_EARLY_HINTS) {
            rc = NGX_OK;
        }

#endif

        if (rc != NGX_OK
            || status < NGX_HTTP_CONTINUE
            || status >= NGX_HTTP_OK
            || status == NGX_HTTP_SWITCHING_PROTOCOLS)
        {
            return rc;
        }

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "sandbox interim response %ui", status);

        if (++ctx->interim.n > NGX_HTTP_SANDBOX_INTERIM_MAX) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "sandbox sent more than %d interim responses",
                          NGX_HTTP_SANDBOX_INTERIM_MAX);
            return NGX_HTTP_UPSTREAM_INVALID_HEADER;
        }

        if (ngx_http_sandbox_interim_discard(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_http_sandbox_interim_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (ctx->interim.reinit_request(r) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->interim.process_header = u->process_header;

    u->keepalive = 0;
    u->upgrade = 0;

    if (u->state) {
        u->state->status = 0;
    }

#if (NGX_HTTP_CACHE)

    /* a cached response begins where the buffer begins */

    u->cacheable = 0;

#endif

    ngx_memzero(&u->headers_in, sizeof(ngx_http_upstream_headers_in_t));
    u->headers_in.content_length_n = -1;
    u->headers_in.last_modified_time = -1;

    if (ngx_list_init(&u->headers_in.headers, r->pool, 8,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_list_init(&u->headers_in.trailers, r->pool, 2,
                         sizeof(ngx_table_elt_t));
}


static ngx_int_t
ngx_http_sandbox_interim_reinit_request(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_upstream_t     *u;
    ngx_http_sandbox_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_sandbox_ctx_get(r);

    rc = ctx->interim.reinit_request(r);

    ctx->interim.process_header = u->process_header;
    ctx->interim.n = 0;

    u->process_header = ngx_http_sandbox_interim_process_header;

    return rc;
}
