
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "preview/ngx_http_sandbox_page_error.h"
#include "preview/ngx_http_sandbox_preview_fault.h"
#include "module/ngx_http_sandbox_nginx_error.h"


/*
 * nginx's own error pages become the JSON of the API, or the page of a
 * preview.  A request whose head is invalid or too large is refused before a
 * location is found, with the configuration of a server: that of its Host if
 * nginx has read it, otherwise the default server.
 */


static ngx_uint_t ngx_http_sandbox_nginx_error_head(ngx_http_request_t *r);
static ngx_uint_t ngx_http_sandbox_nginx_error_headers(ngx_http_request_t *r);
static ngx_uint_t ngx_http_sandbox_nginx_error_tls(ngx_http_request_t *r);
static ngx_uint_t ngx_http_sandbox_nginx_error_status(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_nginx_error_replace(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_failure_t *failure);


void
ngx_http_sandbox_nginx_error_conf(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf)
{
    ngx_http_core_srv_conf_t     *cscf;
    ngx_http_sandbox_loc_conf_t  *server;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    server = cscf->ctx->loc_conf[ngx_http_sandbox_module.ctx_index];

    server->api_server |= conf->api;
    server->preview_server |= conf->preview;
}


ngx_http_sandbox_ctx_t *
ngx_http_sandbox_nginx_error_ctx(ngx_http_request_t *r)
{
    ngx_uint_t                    api, preview;
    ngx_http_sandbox_ctx_t       *ctx;
    ngx_http_sandbox_loc_conf_t  *slcf;

    if (r != r->main
        || r->err_status < NGX_HTTP_BAD_REQUEST
        || r->err_status != r->headers_out.status)
    {
        return NULL;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    api = slcf->api;
    preview = slcf->preview;

    if (ngx_http_sandbox_nginx_error_head(r)) {
        api |= slcf->api_server;
        preview |= slcf->preview_server && !slcf->api_server;
    }

    if (!api && !preview) {
        return NULL;
    }

    ctx = ngx_http_sandbox_ctx_make(r);
    if (ctx == NULL) {
        return NULL;
    }

    ctx->api = api;
    ctx->preview = preview;
    ctx->renderer = preview ? &ngx_http_sandbox_page_error : NULL;
    ctx->http_version = r->http_version;

    return ctx;
}


/* 1: refused before the first phase */

static ngx_uint_t
ngx_http_sandbox_nginx_error_head(ngx_http_request_t *r)
{
    return r->phase_handler == 0
           && r->write_event_handler != ngx_http_core_run_phases;
}


/* 1: a header is invalid, or one that is required is missing */

static ngx_uint_t
ngx_http_sandbox_nginx_error_headers(ngx_http_request_t *r)
{
    ngx_str_t  host;

    if (!ngx_http_sandbox_nginx_error_head(r)) {
        return 0;
    }

    return r->http_state == NGX_HTTP_READING_REQUEST_STATE
           || (r->http_version > NGX_HTTP_VERSION_10
               && !ngx_http_sandbox_header_host(r, &host))
           || (r->headers_in.content_length
               && r->headers_in.content_length_n == NGX_ERROR)
           || r->headers_in.transfer_encoding;
}


/* 1: a plain request to a port with TLS */

static ngx_uint_t
ngx_http_sandbox_nginx_error_tls(ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)
    return r->http_connection->ssl && r->connection->ssl == NULL;
#else
    return 0;
#endif
}


/* nginx answers headers that are too large with 400 */

static ngx_uint_t
ngx_http_sandbox_nginx_error_status(ngx_http_request_t *r)
{
    if (r->headers_out.status == NGX_HTTP_BAD_REQUEST
        && r->http_state == NGX_HTTP_READING_REQUEST_STATE
        && r->lingering_close)
    {
        ngx_str_set(&r->headers_out.status_line,
                    "431 Request Header Fields Too Large");

        r->headers_out.status = NGX_HTTP_SANDBOX_HEADERS_TOO_LARGE;
        r->err_status = NGX_HTTP_SANDBOX_HEADERS_TOO_LARGE;
    }

    return r->headers_out.status;
}


ngx_int_t
ngx_http_sandbox_nginx_error(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    const char                  *code, *text;
    ngx_uint_t                   url, headers, tls;
    ngx_http_sandbox_failure_t   failure;

    if (r->headers_out.status < NGX_HTTP_BAD_REQUEST) {
        return NGX_OK;
    }

    if (ctx->broken) {
        r->headers_out.status = ctx->failure.status;
        r->err_status = ctx->failure.status;
        r->headers_out.status_line.len = 0;

        return ngx_http_sandbox_nginx_error_replace(r, ctx, &ctx->failure);
    }

    url = (ngx_http_sandbox_nginx_error_head(r) && r->uri.len == 0);
    headers = ngx_http_sandbox_nginx_error_headers(r);
    tls = ngx_http_sandbox_nginx_error_tls(r);

    switch (ngx_http_sandbox_nginx_error_status(r)) {

    case NGX_HTTP_BAD_REQUEST:
        code = url ? "INVALID_URL" : headers ? "INVALID_HEADERS"
                                             : "invalid_request";
        text = url ? "The request line is invalid."
                   : headers ? "The request's headers are invalid."
                   : tls ? "This port accepts HTTPS only."
                         : "nginx could not parse the request.";
        break;

    case NGX_HTTP_UNAUTHORIZED:
        code = "unauthorized";
        text = "This location requires authorization.";
        break;

    case NGX_HTTP_FORBIDDEN:
        code = "FORBIDDEN";
        text = "nginx's configuration forbids this request.";
        break;

    case NGX_HTTP_NOT_ALLOWED:
        code = "METHOD_NOT_ALLOWED";
        text = "nginx does not allow this method.";
        break;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        code = "payload_too_large";
        text = "The request body is larger than this location or port allows.";
        break;

    case NGX_HTTP_REQUEST_URI_TOO_LARGE:
        code = "URL_TOO_LONG";
        text = "The request line is longer than nginx accepts.";
        break;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        code = "TOO_MANY_REQUESTS";
        text = "Too many requests. Wait, then try again.";
        break;

    case NGX_HTTP_SANDBOX_HEADERS_TOO_LARGE:
        code = "HEADERS_TOO_LARGE";
        text = "A header, or all together, exceed what nginx accepts.";
        break;

    case NGX_HTTP_NOT_IMPLEMENTED:
        code = "UNKNOWN_TRANSFER_ENCODING";
        text = "The request's Transfer-Encoding is not supported.";
        break;

    case NGX_HTTP_BAD_GATEWAY:
        code = ctx->api ? "exec_transport_error"
                        : ctx->fault == NGX_HTTP_SANDBOX_FAULT_LOOP
                          ? "REDIRECT_LOOP" : "SERVICE_NOT_RESPONDING";
        text = ctx->api ? "The sandbox's agent closed the connection early or "
                          "sent an invalid response. The request may or may "
                          "not have taken effect."
                        : ngx_http_sandbox_preview_fault(r, ctx);
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        code = "CONTAINER_UNAVAILABLE";
        text = "The service is busy. Try again later.";
        break;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        code = ctx->api ? "exec_transport_error" : "SERVICE_NOT_RESPONDING";
        text = ctx->api ? "The sandbox did not respond in time."
                        : "The app behind this preview did not respond in "
                          "time.";

        if (ctx->fault == NGX_HTTP_SANDBOX_FAULT_PLAIN) {
            text = ngx_http_sandbox_preview_fault(r, ctx);
        }

        break;

    case NGX_HTTP_VERSION_NOT_SUPPORTED:
        code = "VERSION_NOT_SUPPORTED";
        text = "The request's HTTP version is not supported.";
        break;

    default:
        code = "UNKNOWN_ERROR";
        text = "nginx refused the request.";
        break;
    }

    ngx_http_sandbox_error_set(&failure, r->headers_out.status, code, "%s",
                               text);

    return ngx_http_sandbox_nginx_error_replace(r, ctx, &failure);
}


static ngx_int_t
ngx_http_sandbox_nginx_error_replace(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_failure_t *failure)
{
    if (ngx_http_sandbox_error_text(r, failure, &ctx->replacement) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);

    r->headers_out.content_length_n = ctx->replacement.len;

    return NGX_OK;
}
