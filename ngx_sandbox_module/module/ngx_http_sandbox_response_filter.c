
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_start_type.h"
#include "preview/ngx_http_sandbox_page.h"
#include "preview/ngx_http_sandbox_preview_cors.h"
#include "preview/ngx_http_sandbox_preview_fault.h"
#include "preview/ngx_http_sandbox_preview_response.h"
#include "api/ngx_http_sandbox_backup_agent.h"
#include "api/ngx_http_sandbox_backup_save.h"
#include "api/ngx_http_sandbox_origin.h"
#include "module/ngx_http_sandbox_nginx_error.h"
#include "module/ngx_http_sandbox_response_filter.h"

#include <cjson/cJSON.h>


/*
 * Responses of a container, including its agent, are untrusted: headers that
 * would affect the API's origin are removed, and their number is limited.
 */


#define NGX_HTTP_SANDBOX_HEADERS_MAX  256

/* limit of agent JSON converted to a page */
#define NGX_HTTP_SANDBOX_COLLECT_MAX  65536


static ngx_int_t ngx_http_sandbox_header_filter(ngx_http_request_t *r);
static void ngx_http_sandbox_response_filter_quiet(ngx_connection_t *c);
static ngx_int_t ngx_http_sandbox_response_filter_upstream(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_response_filter_framing(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_sandbox_response_filter_drops(
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h);
static ngx_int_t ngx_http_sandbox_response_filter_collect(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_response_filter_collected(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_sandbox_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_sandbox_response_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_sandbox_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_sandbox_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL) {
        ctx = ngx_http_sandbox_nginx_error_ctx(r);
    }

    if (ctx == NULL || r != r->main || ctx->filtered) {
        return ngx_http_next_header_filter(r);
    }

    ctx->filtered = 1;

    if (r->upstream && !ctx->own && r->err_status == 0) {
        ngx_http_sandbox_response_filter_quiet(r->upstream->peer.connection);

        rc = ngx_http_sandbox_response_filter_upstream(r, ctx);

        if (rc == NGX_OK && ctx->backup) {
            rc = ngx_http_sandbox_backup_agent_header(r, ctx);
        }

    } else if (r->err_status && r->err_status == r->headers_out.status) {
        rc = ngx_http_sandbox_nginx_error(r, ctx);

    } else {
        rc = NGX_OK;
    }

    if (rc == NGX_DECLINED) {

        /* nginx continues as if the response had been invalid */

        ngx_http_clean_header(r);
        ctx->filtered = 0;

        return NGX_HTTP_BAD_GATEWAY;
    }

    if (rc == NGX_DONE) {

        /* nginx's own response follows */

        ctx->filtered = 0;

        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->preview && ctx->cors >= SANDBOX_CORS_REFLECT
        && ngx_http_sandbox_preview_cors(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->api) {

        if (ngx_http_sandbox_response_header(r, "X-Content-Type-Options",
                                             "nosniff")
            != NGX_OK
            || ngx_http_sandbox_response_header(r, "Content-Security-Policy",
                                                ctx->content_policy
                                                ? ctx->content_policy
                                                : "sandbox")
               != NGX_OK
            || ngx_http_sandbox_origin_cors(r) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_next_header_filter(r);
}


/*
 * A unix socket reports a write event whenever its peer has read, which would
 * cost a wake-up per request.  nginx adds the event again when a write would
 * block.
 */

static void
ngx_http_sandbox_response_filter_quiet(ngx_connection_t *c)
{
    if (c && c->write->active && c->write->ready
        && (ngx_event_flags & NGX_USE_CLEAR_EVENT))
    {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, NGX_CLEAR_EVENT);
    }
}


static ngx_int_t
ngx_http_sandbox_response_filter_upstream(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_uint_t        i, n, agent;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    /* nginx would pass invalid HTTP as HTTP/0.9 */

    if (r->http_version == NGX_HTTP_VERSION_9) {
        r->http_version = ctx->http_version;
        ngx_http_sandbox_preview_fault_bytes(r, ctx);

        return NGX_DECLINED;
    }

    /* nginx would pass 1xx as a final response */

    if (r->headers_out.status < NGX_HTTP_OK
        && (r->headers_out.status != NGX_HTTP_SWITCHING_PROTOCOLS
            || !ngx_http_sandbox_header_websocket(r)))
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sandbox sent unexpected status %ui",
                      r->headers_out.status);
        return NGX_DECLINED;
    }

    if (ngx_http_sandbox_response_filter_framing(r) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sandbox sent conflicting \"Content-Length\" or "
                      "\"Transfer-Encoding\" headers");
        return NGX_DECLINED;
    }

    n = 0;
    agent = 0;

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (h->hash == 0) {
            continue;
        }

        if (++n > NGX_HTTP_SANDBOX_HEADERS_MAX) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "sandbox sent more than %d headers",
                          NGX_HTTP_SANDBOX_HEADERS_MAX);
            return NGX_DECLINED;
        }

        if (ngx_http_sandbox_header_is(h, "X-Sandbox-Agent")) {
            agent = 1;
        }

        if (ngx_http_sandbox_response_filter_drops(ctx, h)) {
            h->hash = 0;
        }
    }

    /* an app can forge the header, but then affects only its own page */

    if (agent && ctx->preview && !r->header_only
        && (r->headers_out.status == NGX_HTTP_BAD_GATEWAY
            || r->headers_out.status == NGX_HTTP_GATEWAY_TIME_OUT)
        && ngx_http_sandbox_page_navigation(r))
    {
        return ngx_http_sandbox_response_filter_collect(r, ctx);
    }

    if (ctx->api && ctx->start) {
        return ngx_http_sandbox_response_header(r, "Sandbox-Start",
                   ngx_http_sandbox_start_type_name(ctx->start));
    }

    return ctx->preview ? ngx_http_sandbox_preview_response(r, ctx) : NGX_OK;
}


/* collects the agent's JSON to convert it to a page */

static ngx_int_t
ngx_http_sandbox_response_filter_collect(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {
        h->hash = 0;
    }

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
    ngx_http_clear_location(r);

    ctx->collects = 1;
    ctx->collected = ngx_create_temp_buf(r->pool,
                                         NGX_HTTP_SANDBOX_COLLECT_MAX);

    if (ctx->collected == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_sandbox_page_headers(r);
}


/* RFC 9112, section 6.3: nginx before 1.23 accepts these */

static ngx_int_t
ngx_http_sandbox_response_filter_framing(ngx_http_request_t *r)
{
    ngx_uint_t        i, length, encoding;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    length = 0;
    encoding = 0;

    part = &r->upstream->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (ngx_http_sandbox_header_is(h, "Content-Length"))
        {
            if (length++
                || ngx_atoof(h->value.data, h->value.len) == NGX_ERROR)
            {
                return NGX_DECLINED;
            }
        }

        if (ngx_http_sandbox_header_is(h, "Transfer-Encoding"))
        {
            if (encoding++
                || h->value.len != sizeof("chunked") - 1
                || ngx_strncasecmp(h->value.data, (u_char *) "chunked",
                                   h->value.len)
                   != 0)
            {
                return NGX_DECLINED;
            }
        }
    }

    return (length && encoding) ? NGX_DECLINED : NGX_OK;
}


static ngx_uint_t
ngx_http_sandbox_response_filter_drops(ngx_http_sandbox_ctx_t *ctx,
    ngx_table_elt_t *h)
{
    const ngx_str_t  *name;

    static const ngx_str_t  both[] = {
        ngx_string("X-Sandbox-Agent"),
        ngx_string("Sandbox-Start"),
        ngx_null_string
    };

    static const ngx_str_t  api[] = {
        ngx_string("Set-Cookie"),
        ngx_string("Content-Security-Policy"),
        ngx_string("X-Content-Type-Options"),
        ngx_string("Clear-Site-Data"),
        ngx_string("Service-Worker-Allowed"),
        ngx_string("Strict-Transport-Security"),
        ngx_string("Refresh"),
        ngx_null_string
    };

    for (name = both; name->len; name++) {
        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    if (!ctx->api) {
        return 0;
    }

    for (name = api; name->len; name++) {
        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return (h->key.len >= sizeof("Access-Control-") - 1
            && ngx_strncasecmp(h->key.data, (u_char *) "Access-Control-",
                               sizeof("Access-Control-") - 1)
               == 0);
}


static ngx_int_t
ngx_http_sandbox_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t               *b;
    ngx_uint_t               last;
    ngx_chain_t             *cl, out;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx && r == r->main && ctx->collects && ctx->replacement.len == 0) {
        return ngx_http_sandbox_response_filter_collected(r, ctx, in);
    }

    if (ctx && r == r->main && ctx->backup && ctx->backup->save
        && ngx_http_sandbox_backup_save_active(ctx->backup->save))
    {
        return ngx_http_sandbox_backup_save_body(ctx->backup->save, in);
    }

    if (ctx == NULL || r != r->main || ctx->replacement.len == 0) {
        return ngx_http_next_body_filter(r, in);
    }

    last = 0;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;

        if (cl->buf->last_buf) {
            last = 1;
        }
    }

    if (ctx->replaced) {
        return last ? NGX_OK : ngx_http_next_body_filter(r, NULL);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    ctx->replaced = 1;

    b->pos = ctx->replacement.data;
    b->last = ctx->replacement.data + ctx->replacement.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static ngx_int_t
ngx_http_sandbox_response_filter_collected(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_chain_t *in)
{
    size_t        n;
    cJSON        *json;
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_uint_t    last;
    ngx_chain_t  *cl;

    b = ctx->collected;
    last = 0;

    for (cl = in; cl; cl = cl->next) {

        if (ngx_buf_in_memory(cl->buf)) {
            n = ngx_min(cl->buf->last - cl->buf->pos, b->end - b->last);
            b->last = ngx_cpymem(b->last, cl->buf->pos, n);
        }

        if (cl->buf->last_buf) {
            last = 1;
            break;
        }

        cl->buf->pos = cl->buf->last;
    }

    if (!last) {
        return NGX_OK;
    }

    json = cJSON_ParseWithLength((char *) b->pos, b->last - b->pos);

    rc = ngx_http_sandbox_page(r, json, r->headers_out.status,
                               &ctx->replacement);
    cJSON_Delete(json);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_sandbox_body_filter(r, cl);
}
