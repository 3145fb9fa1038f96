
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_headers.h"
#include "lib/sandbox_url.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_key.h"
#include "preview/ngx_http_sandbox_preview_response.h"


/*
 * Response headers of an app.  Apps of other users share the parent domain, so
 * cookies are restricted to the app's own host.
 */


static ngx_uint_t ngx_http_sandbox_preview_response_drops(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h,
    sandbox_headers_t *headers);
static ngx_int_t ngx_http_sandbox_preview_response_cookie(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static void ngx_http_sandbox_preview_response_location(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h);
static ngx_int_t ngx_http_sandbox_preview_response_add(ngx_http_request_t *r,
    sandbox_headers_t *headers);


ngx_int_t
ngx_http_sandbox_preview_response(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_uint_t                     i, referrer, protocol;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *h;
    sandbox_headers_t             *headers;
    ngx_http_sandbox_node_port_t  *p;

    p = ngx_http_sandbox_node_cached(ctx->node, ctx->port);

    headers = (p && p->policy.response.text[0]) ? &p->policy.response : NULL;
    referrer = 0;
    protocol = 0;

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (h->hash == 0) {
            continue;
        }

        if (ngx_http_sandbox_preview_response_drops(r, ctx, h, headers)) {
            h->hash = 0;
            continue;
        }

        if (ngx_http_sandbox_header_is(h, "Set-Cookie")) {

            if (ngx_http_sandbox_preview_response_cookie(r, h) != NGX_OK) {
                return NGX_ERROR;
            }

        } else if (ngx_http_sandbox_header_is(h, "Location")) {
            ngx_http_sandbox_preview_response_location(r, ctx, h);

        } else if (ngx_http_sandbox_header_is(h, "Referrer-Policy")) {
            referrer = 1;

        } else if (ngx_http_sandbox_header_is(h, "Sec-WebSocket-Protocol")) {
            protocol = 1;
        }
    }

    /*
     * browsers fail the handshake if none of the offered protocols is selected
     */

    if (ctx->keyed && !protocol
        && r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS

        && ngx_http_sandbox_response_header(r, "Sec-WebSocket-Protocol",
                                            "sandbox-key")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (headers && ngx_http_sandbox_preview_response_add(r, headers)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the host name of a preview contains its token */

    if (!referrer
        && (headers == NULL
            || !sandbox_policy_headers_sets(headers, "Referrer-Policy")))
    {
        return ngx_http_sandbox_response_header(r, "Referrer-Policy",
                                                "same-origin");
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_sandbox_preview_response_drops(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h,
    sandbox_headers_t *headers)
{
    size_t            pos;
    sandbox_header_t  header;

    /* remove Upgrade: nginx could not fulfil the offer */

    if (r->headers_out.status != NGX_HTTP_SWITCHING_PROTOCOLS
        && ngx_http_sandbox_header_is(h, "Upgrade"))
    {
        return 1;
    }

    if (ctx->cors > SANDBOX_CORS_APP
        && h->key.len > sizeof("Access-Control-") - 1
        && ngx_strncasecmp(h->key.data, (u_char *) "Access-Control-",
                           sizeof("Access-Control-") - 1)
           == 0
        && (ctx->cors == SANDBOX_CORS_OFF
            || !ngx_http_sandbox_header_is(h,
                                           "Access-Control-Expose-Headers")))
    {
        return 1;
    }

    if (ctx->cookies == SANDBOX_COOKIES_OFF
        && ngx_http_sandbox_header_is(h, "Set-Cookie"))
    {
        return 1;
    }

    pos = 0;

    while (headers && sandbox_policy_headers_next(headers, &pos, &header)) {
        if (ngx_http_sandbox_header_is(h, header.name)) {
            return 1;
        }
    }

    return 0;
}


/* remove Domain=; drop any cookie that uses our own name */

static ngx_int_t
ngx_http_sandbox_preview_response_cookie(ngx_http_request_t *r,
    ngx_table_elt_t *h)
{
    u_char      *p, *last, *out;
    ngx_str_t    item, name;
    ngx_uint_t   found;

    p = h->value.data;
    last = p + h->value.len;

    ngx_http_sandbox_header_next_item(&p, last, ';', &item);

    /* a nameless cookie is sent back as the bare value */

    while (item.len && (*item.data == '=' || *item.data == ' '
                        || *item.data == '\t'))
    {
        item.data++;
        item.len--;
    }

    if (item.len >= sizeof(NGX_HTTP_SANDBOX_COOKIE) - 1
        && ngx_strncasecmp(item.data, (u_char *) NGX_HTTP_SANDBOX_COOKIE,
                           sizeof(NGX_HTTP_SANDBOX_COOKIE) - 1)
           == 0)
    {
        h->hash = 0;
        return NGX_OK;
    }

    if (ngx_strlcasestrn(p, last, (u_char *) "domain", sizeof("domain") - 2)
        == NULL)
    {
        return NGX_OK;
    }

    out = ngx_pnalloc(r->pool, h->value.len + 1);
    if (out == NULL) {
        return NGX_ERROR;
    }

    last = out + h->value.len;
    ngx_memcpy(out, h->value.data, h->value.len);

    h->value.data = out;
    h->value.len = 0;

    found = 0;

    for (p = out; p < last; found++) {

        item.data = p;

        p = ngx_strlchr(p, last, ';');
        p = p ? p + 1 : last;

        item.len = p - item.data;

        name = item;

        while (name.len && (*name.data == ' ' || *name.data == '\t')) {
            name.data++;
            name.len--;
        }

        /* the first part is the cookie itself */

        if (found && name.len >= sizeof("domain") - 1
            && ngx_strncasecmp(name.data, (u_char *) "domain",
                               sizeof("domain") - 1)
               == 0)
        {
            continue;
        }

        ngx_memmove(out + h->value.len, item.data, item.len);
        h->value.len += item.len;
    }

    if (h->value.len && out[h->value.len - 1] == ';') {
        h->value.len--;
    }

    return NGX_OK;
}


/* redirects of an app to "localhost" are mapped to the preview */

static void
ngx_http_sandbox_preview_response_location(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h)
{
    u_char         *p, *last;
    sandbox_url_t   url;

    if (ctx->app_host != SANDBOX_HOST_LOCALHOST
        || !sandbox_url_parse((char *) h->value.data, h->value.len, &url)
        || (!(url.scheme.len == 4
              && ngx_strncasecmp((u_char *) url.scheme.data, (u_char *) "http",
                                 4)
                 == 0)
            && !(url.scheme.len == 5
                 && ngx_strncasecmp((u_char *) url.scheme.data,
                                    (u_char *) "https", 5)
                    == 0))
        || url.host.len != 9
        || (ngx_strncasecmp((u_char *) url.host.data, (u_char *) "localhost", 9)
            != 0
            && ngx_strncmp(url.host.data, "127.0.0.1", 9) != 0)
        || sandbox_url_port(&url) != ctx->port)
    {
        return;
    }

    p = (u_char *) url.rest.data;
    last = p + url.rest.len;

    /*
     * Keep only the path.  A leading "//" would be read as a host: reuse the
     * byte in front for "/." or "/".
     */

    if (p == last || *p != '/') {
        *--p = '/';

    } else if (last - p > 1 && (p[1] == '/' || p[1] == '\\')) {
        *--p = '.';
        *--p = '/';
    }

    h->value.data = p;
    h->value.len = last - p;

    /* otherwise nginx would make it absolute with its own name */

    r->headers_out.location = NULL;
}


static ngx_int_t
ngx_http_sandbox_preview_response_add(ngx_http_request_t *r,
    sandbox_headers_t *headers)
{
    size_t             pos;
    ngx_str_t          name, value;
    sandbox_header_t   header;

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &header)) {

        if (header.value == NULL) {
            continue;
        }

        name.data = (u_char *) header.name;
        name.len = ngx_strlen(header.name) + 1;

        value.data = (u_char *) header.value;
        value.len = ngx_strlen(header.value);

        name.data = ngx_pstrdup(r->pool, &name);
        value.data = ngx_pstrdup(r->pool, &value);

        if (name.data == NULL || value.data == NULL

            || ngx_http_sandbox_response_header_text(r, (char *) name.data,
                                                     &value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
