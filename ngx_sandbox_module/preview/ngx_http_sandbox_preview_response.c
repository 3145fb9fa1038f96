
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


/* headers of the app that are not added by nginx */

#define NGX_HTTP_SANDBOX_SEEN_REFERRER  1
#define NGX_HTTP_SANDBOX_SEEN_PROTOCOL  2


/* most headers differ in length: compare it first */

#define ngx_http_sandbox_preview_response_named(h, name)                      \
    ((h)->key.len == sizeof(name) - 1                                         \
     && ngx_strncasecmp((h)->key.data, (u_char *) name, sizeof(name) - 1)     \
        == 0)


static ngx_uint_t ngx_http_sandbox_preview_response_drops(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h,
    sandbox_headers_t *headers);
static ngx_int_t ngx_http_sandbox_preview_response_rewrite(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h,
    ngx_uint_t *seen);
static ngx_int_t ngx_http_sandbox_preview_response_cookie(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static ngx_int_t ngx_http_sandbox_preview_response_clear(ngx_http_request_t *r,
    ngx_table_elt_t *h);
static ngx_int_t ngx_http_sandbox_preview_response_location(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h);
static void ngx_http_sandbox_preview_response_refresh(
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h);
static ngx_uint_t ngx_http_sandbox_preview_response_own(
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *url, sandbox_url_t *parts);
static ngx_int_t ngx_http_sandbox_preview_response_add(ngx_http_request_t *r,
    sandbox_headers_t *headers);


ngx_int_t
ngx_http_sandbox_preview_response(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i, seen;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *h;
    sandbox_headers_t             *headers;
    ngx_http_sandbox_node_port_t  *p;

    p = ngx_http_sandbox_node_cached(ctx->node, ctx->port);

    headers = (p && p->policy.response.text[0]) ? &p->policy.response : NULL;
    seen = 0;

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

        rc = ngx_http_sandbox_preview_response_rewrite(r, ctx, h, &seen);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    /*
     * browsers fail the handshake if none of the offered protocols is selected
     */

    if (ctx->keyed && !(seen & NGX_HTTP_SANDBOX_SEEN_PROTOCOL)
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

    if (!(seen & NGX_HTTP_SANDBOX_SEEN_REFERRER)
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
        && ngx_http_sandbox_preview_response_named(h, "Upgrade"))
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
        && ngx_http_sandbox_preview_response_named(h, "Set-Cookie"))
    {
        return 1;
    }

    /* RFC 2965, obsolete; its Domain could be that of all previews */

    if (ngx_http_sandbox_preview_response_named(h, "Set-Cookie2")) {
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


/* limits a header to the host of the preview; NGX_DECLINED: see location() */

static ngx_int_t
ngx_http_sandbox_preview_response_rewrite(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h, ngx_uint_t *seen)
{
    if (ngx_http_sandbox_preview_response_named(h, "Set-Cookie")) {
        return ngx_http_sandbox_preview_response_cookie(r, h);
    }

    if (ngx_http_sandbox_preview_response_named(h, "Location")) {
        return ngx_http_sandbox_preview_response_location(r, ctx, h);
    }

    if (ngx_http_sandbox_preview_response_named(h, "Clear-Site-Data")) {
        return ngx_http_sandbox_preview_response_clear(r, h);
    }

    if (ngx_http_sandbox_preview_response_named(h, "Refresh")) {
        ngx_http_sandbox_preview_response_refresh(ctx, h);

    } else if (ngx_http_sandbox_preview_response_named(h, "Referrer-Policy")) {
        *seen |= NGX_HTTP_SANDBOX_SEEN_REFERRER;

    } else if (ngx_http_sandbox_preview_response_named(h,
                                                   "Sec-WebSocket-Protocol"))
    {
        *seen |= NGX_HTTP_SANDBOX_SEEN_PROTOCOL;
    }

    return NGX_OK;
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


/*
 * Clear-Site-Data: "cookies", and so "*", acts on all hosts of the registrable
 * domain, which are other previews.  The other types act on the origin of the
 * response alone; unknown types are removed.
 */

static ngx_int_t
ngx_http_sandbox_preview_response_clear(ngx_http_request_t *r,
    ngx_table_elt_t *h)
{
    u_char     *p, *last, *out;
    ngx_str_t   item, value;
    ngx_uint_t  i, all, types;

    static const ngx_str_t  names[] = {
        ngx_string("\"cache\""),
        ngx_string("\"clientHints\""),
        ngx_string("\"executionContexts\""),
        ngx_string("\"prefetchCache\""),
        ngx_string("\"prerenderCache\""),
        ngx_string("\"storage\""),
        ngx_null_string
    };

    p = h->value.data;
    last = p + h->value.len;
    all = 0;
    types = 0;

    while (p < last) {

        ngx_http_sandbox_header_next_item(&p, last, ',', &item);

        if (item.len == 3 && ngx_strncmp(item.data, "\"*\"", 3) == 0) {
            all = 1;
        }

        for (i = 0; names[i].len; i++) {
            if (item.len == names[i].len
                && ngx_strncmp(item.data, names[i].data, item.len) == 0)
            {
                types |= 1 << i;
            }
        }
    }

    if (all) {
        types = (ngx_uint_t) -1;
    }

    value.len = 0;

    for (i = 0; names[i].len; i++) {
        if (types & (1 << i)) {
            value.len += names[i].len + sizeof(", ") - 1;
        }
    }

    if (value.len == 0) {
        h->hash = 0;
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    out = value.data;

    for (i = 0; names[i].len; i++) {
        if (types & (1 << i)) {
            out = ngx_cpymem(out, names[i].data, names[i].len);
            out = ngx_cpymem(out, ", ", 2);
        }
    }

    value.len -= 2;
    h->value = value;

    return NGX_OK;
}


/*
 * Redirects of an app to its own address are mapped to the preview.
 * NGX_DECLINED: the browser would be redirected to the same URL forever.
 */

static ngx_int_t
ngx_http_sandbox_preview_response_location(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h)
{
    sandbox_url_t  parts;

    if (!ngx_http_sandbox_preview_response_own(ctx, &h->value, &parts)) {
        return NGX_OK;
    }

    /* otherwise nginx would make it absolute with its own name */

    r->headers_out.location = NULL;

    if ((r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && r->headers_out.status >= NGX_HTTP_SPECIAL_RESPONSE
        && r->headers_out.status < NGX_HTTP_BAD_REQUEST
        && parts.scheme.len == 5 && ctx->app_proto.len == 4
        && h->value.len == r->unparsed_uri.len
        && ngx_memcmp(h->value.data, r->unparsed_uri.data, h->value.len) == 0)
    {
        ctx->fault = NGX_HTTP_SANDBOX_FAULT_LOOP;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* the same for the URL of "Refresh: 0; url=..." */

static void
ngx_http_sandbox_preview_response_refresh(ngx_http_sandbox_ctx_t *ctx,
    ngx_table_elt_t *h)
{
    u_char         *p, *last;
    ngx_str_t       url;
    sandbox_url_t   parts;

    p = h->value.data;
    last = p + h->value.len;

    p = ngx_strlcasestrn(p, last, (u_char *) "url=", 4 - 1);
    if (p == NULL) {
        return;
    }

    p += 4;

    if (p < last && (*p == '"' || *p == '\'')) {
        p++;
    }

    url.data = p;
    url.len = last - p;

    if (!ngx_http_sandbox_preview_response_own(ctx, &url, &parts)) {
        return;
    }

    ngx_memmove(p, url.data, url.len);
    h->value.len = p + url.len - h->value.data;
}


/* the path of a URL that leads to the app itself, in place of the URL */

static ngx_uint_t
ngx_http_sandbox_preview_response_own(ngx_http_sandbox_ctx_t *ctx,
    ngx_str_t *url, sandbox_url_t *parts)
{
    u_char  *p, *last;

    if (ctx->app_host != SANDBOX_HOST_LOCALHOST
        || !sandbox_url_parse_reference((char *) url->data, url->len, parts)
        || !(parts->scheme.len == 0
             || (parts->scheme.len == 4
                 && ngx_strncasecmp((u_char *) parts->scheme.data,
                                    (u_char *) "http", 4)
                    == 0)
             || (parts->scheme.len == 5
                 && ngx_strncasecmp((u_char *) parts->scheme.data,
                                    (u_char *) "https", 5)
                    == 0))
        || sandbox_url_port(parts) != ctx->port
        || !sandbox_url_is_local(parts))
    {
        return 0;
    }

    p = (u_char *) parts->rest.data;
    last = p + parts->rest.len;

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

    url->data = p;
    url->len = last - p;

    return 1;
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
