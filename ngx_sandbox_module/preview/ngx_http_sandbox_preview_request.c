
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_headers.h"
#include "lib/sandbox_query.h"
#include "lib/sandbox_url.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_strip.h"
#include "core/ngx_http_sandbox_variable.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "preview/ngx_http_sandbox_preview_request.h"


/*
 * The request sent to the app: applies the removals of the policy, and sets
 * variables for sandbox_proxy.conf that describe its origin.  An app with
 * app_host "localhost" sees <scheme>://localhost:<port> in all headers, also
 * behind an https preview: this is the origin that frameworks compare with,
 * whether they take the scheme from the connection or from X-Forwarded-Proto.
 * The preview host, which contains the token, is hidden from it.
 */


static ngx_uint_t ngx_http_sandbox_preview_request_drops(ngx_table_elt_t *h,
    ngx_uint_t strip, sandbox_headers_t *headers);
static ngx_int_t ngx_http_sandbox_preview_request_add(ngx_http_request_t *r,
    sandbox_header_t *header);
static ngx_int_t ngx_http_sandbox_preview_request_own(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_http_sandbox_ctx_t *ctx,
    ngx_str_t *path);
static ngx_uint_t ngx_http_sandbox_preview_request_whose(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *origin);
static size_t ngx_http_sandbox_preview_request_rewrite_origin(ngx_str_t *url);


/* the page that sent a request, by its Origin or Referer */

#define NGX_HTTP_SANDBOX_OWN       0  /* the same port, by any link */
#define NGX_HTTP_SANDBOX_ANY       1
#define NGX_HTTP_SANDBOX_KIN       2  /* another port of the same sandbox */
#define NGX_HTTP_SANDBOX_NEIGHBOR  3  /* another sandbox; includes its token */


ngx_int_t
ngx_http_sandbox_preview_request(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    size_t                         pos;
    ngx_uint_t                     i, strip;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *h;
    sandbox_header_t               header;
    sandbox_headers_t             *headers;
    ngx_http_sandbox_node_port_t  *p;

    p = ngx_http_sandbox_node_cached(ctx->node, ctx->port);
    if (p == NULL) {
        return NGX_ERROR;
    }

    strip = ctx->strip;
    headers = &p->policy.request;

    if (ctx->cookies == SANDBOX_COOKIES_OFF) {
        strip |= SANDBOX_STRIP_COOKIE;
    }

    if (strip == SANDBOX_STRIP_GIVEN && headers->text[0] == '\0') {
        return ngx_http_sandbox_strip(r, 0);
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (ngx_http_sandbox_preview_request_drops(h, strip, headers)) {
            ngx_http_sandbox_header_drop(h);
        }
    }

    if (ngx_http_sandbox_strip(r, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &header)) {

        if (header.value
            && ngx_http_sandbox_preview_request_add(r, &header) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_sandbox_preview_request_drops(ngx_table_elt_t *h, ngx_uint_t strip,
    sandbox_headers_t *headers)
{
    size_t            pos;
    sandbox_header_t  header;

    if ((strip & SANDBOX_STRIP_AUTHORIZATION)
        && ngx_http_sandbox_header_is(h, "Authorization"))
    {
        return 1;
    }

    if ((strip & SANDBOX_STRIP_COOKIE)
        && ngx_http_sandbox_header_is(h, "Cookie"))
    {
        return 1;
    }

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &header)) {
        if (ngx_http_sandbox_strip_imitates(&h->key, header.name)) {
            return 1;
        }
    }

    return 0;
}


/* copy the policy's values: it may change before the request is sent */

static ngx_int_t
ngx_http_sandbox_preview_request_add(ngx_http_request_t *r,
    sandbox_header_t *header)
{
    u_char           *p;
    size_t            name, value;
    ngx_table_elt_t  *h;

    name = ngx_strlen(header->name);
    value = ngx_strlen(header->value);

    h = ngx_list_push(&r->headers_in.headers);
    p = ngx_pnalloc(r->pool, 2 * name + value);

    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = p;
    h->key.len = name;
    h->lowcase_key = p + name;
    h->value.data = p + 2 * name;
    h->value.len = value;

    ngx_memcpy(h->key.data, header->name, name);
    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, name);
    ngx_memcpy(h->value.data, header->value, value);

    return NGX_OK;
}


/* the same for requests and handshakes: dev servers check both */

ngx_int_t
ngx_http_sandbox_preview_request_host(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || !ctx->preview || ctx->port == 0) {
        ngx_http_sandbox_variable_set(v, (u_char *) "localhost",
                                      sizeof("localhost") - 1);
        return NGX_OK;
    }

    if (ctx->app_name.len == 0) {

        if (ctx->app_host == SANDBOX_HOST_PUBLIC) {
            ctx->app_name = ctx->public_host;

        } else {
            p = ngx_pnalloc(r->pool, sizeof("localhost:65535") - 1);
            if (p == NULL) {
                return NGX_ERROR;
            }

            ctx->app_name.data = p;
            ctx->app_name.len = ngx_sprintf(p, "localhost:%ui",
                                            (ngx_uint_t) ctx->port)
                                - p;
        }
    }

    ngx_http_sandbox_variable_set(v, ctx->app_name.data, ctx->app_name.len);

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_preview_request_proto(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->app_proto.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_sandbox_variable_set(v, ctx->app_proto.data, ctx->app_proto.len);

    return NGX_OK;
}


/* RFC 7239 */

ngx_int_t
ngx_http_sandbox_preview_request_forwarded(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                     *p;
    size_t                      len;
    ngx_str_t                  *addr;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_variable_value_t   host;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || !ctx->preview || ctx->port == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_memzero(&host, sizeof(ngx_http_variable_value_t));

    if (ngx_http_sandbox_preview_request_host(r, &host, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    addr = &r->connection->addr_text;

    len = sizeof("for=\"[]\";host=\"\";proto=https") + addr->len + host.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;

    if (r->connection->sockaddr->sa_family == AF_INET) {
        p = ngx_cpymem(p, "for=", 4);
        p = ngx_cpymem(p, addr->data, addr->len);

#if (NGX_HAVE_INET6)
    } else if (r->connection->sockaddr->sa_family == AF_INET6) {
        p = ngx_sprintf(p, "for=\"[%V]\"", addr);
#endif

    } else {
        p = ngx_cpymem(p, "for=unknown", 11);
    }

    p = ngx_cpymem(p, ";host=\"", 7);
    p = ngx_cpymem(p, host.data, host.len);
    p = ngx_cpymem(p, "\";proto=", 8);
    p = ngx_cpymem(p, ctx->app_proto.data, ctx->app_proto.len);

    ngx_http_sandbox_variable_set(v, v->data, p - v->data);

    return NGX_OK;
}


/* Origin of the app's own pages is replaced by that of the host it sees */

ngx_int_t
ngx_http_sandbox_preview_request_origin(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                path;
    ngx_uint_t               n;
    ngx_table_elt_t         *h;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx && ctx->preview) {
        h = ctx->origin;
        n = ctx->origins;

    } else {
        h = ngx_http_sandbox_header_in(r, "Origin", &n);
    }

    if (n != 1) {
        v->not_found = 1;
        return NGX_OK;
    }

    switch (ngx_http_sandbox_preview_request_whose(r, ctx, &h->value)) {

    case NGX_HTTP_SANDBOX_OWN:
        ngx_str_null(&path);
        return ngx_http_sandbox_preview_request_own(r, v, ctx, &path);

    case NGX_HTTP_SANDBOX_NEIGHBOR:
        ngx_http_sandbox_variable_set(v, (u_char *) "null", 4);
        break;

    default:
        ngx_http_sandbox_variable_set(v, h->value.data, h->value.len);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_preview_request_referer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p, *query;
    size_t                   len;
    ngx_str_t                url, origin, path;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (r->headers_in.referer == NULL
        || r->headers_in.referer->value.len == 0)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    url = r->headers_in.referer->value;

    /* remove the key of a page opened with it */

    query = ngx_strlchr(url.data, url.data + url.len, '?');

    if (query) {
        query++;
        len = url.data + url.len - query;

        p = ngx_pnalloc(r->pool, url.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, url.data, query - url.data);

        len = sandbox_query_strip((char *) query, len, SANDBOX_QUERY_KEY,
                                  (char *) p + (query - url.data));

        url.len = len ? query - url.data + len : (size_t) (query - url.data)
                                                 - 1;
        url.data = p;
    }

    origin.data = url.data;
    origin.len = ngx_http_sandbox_preview_request_rewrite_origin(&url);

    switch (ngx_http_sandbox_preview_request_whose(r, ctx, &origin)) {

    case NGX_HTTP_SANDBOX_OWN:
        path.data = url.data + origin.len;
        path.len = url.len - origin.len;

        return ngx_http_sandbox_preview_request_own(r, v, ctx, &path);

    case NGX_HTTP_SANDBOX_KIN:
    case NGX_HTTP_SANDBOX_NEIGHBOR:
        v->not_found = 1;
        break;

    default:
        ngx_http_sandbox_variable_set(v, url.data, url.len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_preview_request_own(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_http_sandbox_ctx_t *ctx,
    ngx_str_t *path)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, sizeof("https://localhost:65535") + path->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sandbox_variable_set(v, p,
                    ngx_sprintf(p, "%V://localhost:%ui%V", &ctx->app_proto,
                                (ngx_uint_t) ctx->port, path)
                    - p);

    return NGX_OK;
}


/* pages of other ports of the sandbox keep a meaningful origin */

static ngx_uint_t
ngx_http_sandbox_preview_request_whose(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *origin)
{
    u_char                        *dot, text[256];
    sandbox_url_t                  url;
    sandbox_label_t                label;
    ngx_http_sandbox_main_conf_t  *smcf;

    if (ctx == NULL || !ctx->preview || ctx->node == NULL) {
        return NGX_HTTP_SANDBOX_ANY;
    }

    if (ctx->app_host == SANDBOX_HOST_LOCALHOST
        && ngx_http_sandbox_header_same_origin(origin, &ctx->public_host))
    {
        return NGX_HTTP_SANDBOX_OWN;
    }

    if (!sandbox_url_parse((char *) origin->data, origin->len, &url)
        || url.rest.len || url.host.len > sizeof(text))
    {
        return NGX_HTTP_SANDBOX_ANY;
    }

    ngx_strlow(text, (u_char *) url.host.data, url.host.len);

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    dot = ngx_strlchr(text, text + url.host.len, '.');

    if (dot == NULL
        || ngx_http_sandbox_preview_domain_find(smcf, dot + 1,
                                                text + url.host.len - (dot + 1))
           == NULL)
    {
        return NGX_HTTP_SANDBOX_ANY;
    }

    if (!sandbox_name_label_parse((char *) text, dot - text, &label)) {
        return NGX_HTTP_SANDBOX_ANY;
    }

    if (label.id_len != ctx->id.len
        || ngx_memcmp(label.id, ctx->id.data, label.id_len) != 0)
    {
        return NGX_HTTP_SANDBOX_NEIGHBOR;
    }

    if (label.port != ctx->port) {
        return NGX_HTTP_SANDBOX_KIN;
    }

    return ctx->app_host == SANDBOX_HOST_LOCALHOST ? NGX_HTTP_SANDBOX_OWN
                                                   : NGX_HTTP_SANDBOX_ANY;
}


static size_t
ngx_http_sandbox_preview_request_rewrite_origin(ngx_str_t *url)
{
    sandbox_url_t  parts;

    return sandbox_url_parse((char *) url->data, url->len, &parts)
           ? (size_t) (parts.rest.data - (char *) url->data) : 0;
}
