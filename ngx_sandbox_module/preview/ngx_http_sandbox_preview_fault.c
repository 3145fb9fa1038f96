
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "preview/ngx_http_sandbox_preview_fault.h"


/*
 * Why the response of an app cannot be passed on.  Most TLS servers close a
 * connection with a plain request silently, some send an alert.
 */


/* RFC 8446, section 5.1: content type and legacy_record_version */

#define NGX_HTTP_SANDBOX_TLS_ALERT      21
#define NGX_HTTP_SANDBOX_TLS_HANDSHAKE  22
#define NGX_HTTP_SANDBOX_TLS_MAJOR      3


void
ngx_http_sandbox_preview_fault_bytes(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_buf_t  *b;

    b = &r->upstream->buffer;

    if (!ctx->tls
        && b->start && b->last - b->start >= 2
        && (b->start[0] == NGX_HTTP_SANDBOX_TLS_ALERT
            || b->start[0] == NGX_HTTP_SANDBOX_TLS_HANDSHAKE)
        && b->start[1] == NGX_HTTP_SANDBOX_TLS_MAJOR)
    {
        ctx->fault = NGX_HTTP_SANDBOX_FAULT_TLS;
    }
}


const char *
ngx_http_sandbox_preview_fault(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    switch (ctx->fault) {

    case NGX_HTTP_SANDBOX_FAULT_LOOP:
        return "The app redirects this URL to itself by https, since the "
               "request is plain HTTP for it. Disable that redirect in the "
               "app, or, if the preview is https, expose the port with "
               "\"host\": \"public\".";

    case NGX_HTTP_SANDBOX_FAULT_TLS:
        return "The app behind this preview speaks TLS. Expose its port with "
               "\"scheme\": \"https\".";

    case NGX_HTTP_SANDBOX_FAULT_PLAIN:
        return "The TLS handshake with the app behind this preview failed, "
               "and the \"scheme\" of its port is \"https\". If the app "
               "speaks plain HTTP, expose its port with \"scheme\": "
               "\"http\".";
    }

    if (!ctx->tls && u && u->state && u->state->bytes_received == 0) {
        return "The app behind this preview closed the connection without a "
               "response. If it speaks only HTTPS, expose its port with "
               "\"scheme\": \"https\".";
    }

    return "The app behind this preview closed the connection early or sent "
           "an invalid response.";
}
