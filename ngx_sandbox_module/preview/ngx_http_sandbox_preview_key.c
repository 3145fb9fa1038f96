
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_settings.h"
#include "lib/sandbox_query.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_strip.h"
#include "core/ngx_http_sandbox_worker.h"
#include "preview/ngx_http_sandbox_preview_cors.h"
#include "preview/ngx_http_sandbox_preview_key.h"


/*
 * The key of a port, a second secret in addition to its link: in a header, in
 * the query, in Sec-WebSocket-Protocol, or in a cookie, which is set when a
 * page is opened with the query.  All of them are removed here.
 *
 * Browsers also send cookies with cross-site requests: the cookie is accepted
 * only for the preview's own pages, and for navigation.
 */


#define NGX_HTTP_SANDBOX_PROTOCOL  "sandbox-key"


typedef struct {
    sandbox_policy_t         *policy;
    ngx_uint_t                seen;      /* keys set explicitly */
    ngx_uint_t                wrong;
    ngx_uint_t                query;     /* valid */
    ngx_uint_t                cookie;    /* valid */
    ngx_uint_t                stale;     /* an invalid cookie */
} ngx_http_sandbox_preview_key_claims_t;


static void ngx_http_sandbox_preview_key_claim(
    ngx_http_sandbox_preview_key_claims_t *claims, const u_char *text,
    size_t len);
static ngx_uint_t ngx_http_sandbox_preview_key_claim_right(
    ngx_http_sandbox_preview_key_claims_t *claims, const u_char *text,
                                                           size_t len);
static ngx_int_t ngx_http_sandbox_preview_key_claim_all(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_preview_key_claims_t *claims);
static void ngx_http_sandbox_preview_key_claim_query(ngx_http_request_t *r,
    ngx_http_sandbox_preview_key_claims_t *claims);
static ngx_int_t ngx_http_sandbox_preview_key_claim_cookie(
    ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_http_sandbox_preview_key_claims_t *claims);
static ngx_int_t ngx_http_sandbox_preview_key_claim_protocol(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h,
    ngx_http_sandbox_preview_key_claims_t *claims);
static u_char *ngx_http_sandbox_preview_key_keep(u_char *list, u_char *end,
    u_char sep, ngx_str_t *item);
static void ngx_http_sandbox_preview_key_kept(ngx_table_elt_t *h, u_char *list,
    u_char *end);
static ngx_uint_t ngx_http_sandbox_preview_key_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_settings_t *set);
static ngx_uint_t ngx_http_sandbox_preview_key_navigates(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_preview_key_exchange(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy);
static ngx_int_t ngx_http_sandbox_preview_key_exchange_handler(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_sandbox_preview_key_header_is(ngx_http_request_t *r,
    const char *name, const char *value);


ngx_int_t
ngx_http_sandbox_preview_key(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy,
    sandbox_policy_settings_t *set)
{
    const char                            *text;
    ngx_http_sandbox_preview_key_claims_t  claims;

    ngx_memzero(&claims, sizeof(ngx_http_sandbox_preview_key_claims_t));

    claims.policy = policy;

    if (ngx_http_sandbox_preview_key_claim_all(r, ctx, &claims) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (set->access != SANDBOX_ACCESS_KEY) {
        return NGX_OK;
    }

    /* a wrong explicit key is never masked by a valid cookie */

    if (claims.wrong
        || (claims.seen == 0

            && (!claims.cookie || !ngx_http_sandbox_preview_key_own(r, ctx,
                                                                    set))))
    {
        goto refused;
    }

    ctx->preview_key.len = ngx_strlen(policy->key);
    ctx->preview_key.data = ngx_pnalloc(r->pool, ctx->preview_key.len);

    if (ctx->preview_key.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(ctx->preview_key.data, policy->key, ctx->preview_key.len);

    if (claims.query && r->method == NGX_HTTP_GET
        && ngx_http_sandbox_preview_key_navigates(r)
        && !ngx_http_sandbox_header_websocket(r))
    {
        return ngx_http_sandbox_preview_key_exchange(r, ctx, policy);
    }

    return NGX_OK;

refused:

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, preview_denied);

    if (policy->key[0] == '\0') {
        text = "This preview requires a key, but has none yet. The owner must "
               "expose or PATCH the port to have a key generated.";

    } else if (claims.wrong) {
        text = "The key is not valid. Send the key of this link, and no "
               "other.";

    } else if (claims.cookie) {
        text = "This is a cross-site request, for which the cookie is not "
               "accepted. Send the key as \"X-Sandbox-Key: <key>\".";

    } else if (claims.stale) {
        text = "The key has changed. Open the page with ?sandbox_key=<key> "
               "again.";

    } else {
        text = "This preview requires a key. Open the page with "
               "?sandbox_key=<key>, or send \"X-Sandbox-Key: <key>\".";
    }

    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_UNAUTHORIZED,
                                         "unauthorized", "%s", text);
}


static ngx_uint_t
ngx_http_sandbox_preview_key_claim_right(
    ngx_http_sandbox_preview_key_claims_t *claims, const u_char *text,
    size_t len)
{
    return claims->policy->key[0]
           && sandbox_name_equal(claims->policy->key,
                                 ngx_strlen(claims->policy->key),
                                 (const char *) text, len);
}


static void
ngx_http_sandbox_preview_key_claim(
    ngx_http_sandbox_preview_key_claims_t *claims, const u_char *text,
    size_t len)
{
    claims->seen = 1;

    if (!ngx_http_sandbox_preview_key_claim_right(claims, text, len)) {
        claims->wrong = 1;
    }
}


static ngx_int_t
ngx_http_sandbox_preview_key_claim_all(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_preview_key_claims_t *claims)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        switch (h->key.len) {

        case sizeof("Cookie") - 1:

            if (ngx_http_sandbox_header_is(h, "Origin")) {
                ctx->origin = h;
                ctx->origins++;
            }

            if (ngx_http_sandbox_header_is(h, "Cookie")
                && ngx_http_sandbox_preview_key_claim_cookie(r, h, claims)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            break;

        case sizeof("X-Sandbox-Key") - 1:

            if (ngx_http_sandbox_header_is(h, "X-Sandbox-Key")) {
                ngx_http_sandbox_preview_key_claim(claims, h->value.data,
                                                   h->value.len);
            }

            break;

        case sizeof("Sec-WebSocket-Protocol") - 1:

            if (ngx_http_sandbox_header_is(h, "Sec-WebSocket-Protocol")

                && ngx_http_sandbox_preview_key_claim_protocol(r, ctx, h,
                                                               claims)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }

            break;

        default:
            break;
        }
    }

    if (r->args.len == 0) {
        return NGX_OK;
    }

    ngx_http_sandbox_preview_key_claim_query(r, claims);

    return ngx_http_sandbox_strip_args(r, SANDBOX_QUERY_KEY);
}


static void
ngx_http_sandbox_preview_key_claim_query(ngx_http_request_t *r,
    ngx_http_sandbox_preview_key_claims_t *claims)
{
    int                  n;
    char                 buf[SANDBOX_KEY_MAX + 1];
    const char          *pos, *end;
    sandbox_query_arg_t  arg;

    pos = (char *) r->args.data;
    end = pos + r->args.len;

    while (sandbox_query_next(&pos, end, &arg)) {

        if (!arg.secret || arg.authorization) {
            continue;
        }

        n = sandbox_query_value(&arg, buf, sizeof(buf));

        if (n < 0) {
            n = 0;
        }

        ngx_http_sandbox_preview_key_claim(claims, (u_char *) buf, n);

        claims->query = 1;
    }

    ngx_explicit_memzero(buf, sizeof(buf));
}


/* removes our cookie from the header, and the header if nothing is left */

static ngx_int_t
ngx_http_sandbox_preview_key_claim_cookie(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_http_sandbox_preview_key_claims_t *claims)
{
    size_t      len;
    u_char     *p, *last, *out, *end;
    ngx_str_t   item;

    len = sizeof(NGX_HTTP_SANDBOX_COOKIE "=") - 1;

    p = h->value.data;
    last = p + h->value.len;

    if (ngx_strlcasestrn(p, last, (u_char *) NGX_HTTP_SANDBOX_COOKIE,
                         len - 2)
        == NULL)
    {
        return NGX_OK;
    }

    out = ngx_pnalloc(r->pool, h->value.len + 2);
    if (out == NULL) {
        return NGX_ERROR;
    }

    end = out;

    while (p < last) {

        ngx_http_sandbox_header_next_item(&p, last, ';', &item);

        /* a nameless cookie may be crafted to look like ours */

        if (item.len >= len
            && ngx_strncmp(item.data, NGX_HTTP_SANDBOX_COOKIE "=", len) == 0)
        {
            if (ngx_http_sandbox_preview_key_claim_right(claims,
                                                         item.data + len,
                                                         item.len - len))
            {
                claims->cookie = 1;

            } else {
                claims->stale = 1;
            }

            continue;
        }

        end = ngx_http_sandbox_preview_key_keep(out, end, ';', &item);
    }

    ngx_http_sandbox_preview_key_kept(h, out, end);

    return NGX_OK;
}


/* "sandbox-key" followed by the key; both are hidden from the app */

static ngx_int_t
ngx_http_sandbox_preview_key_claim_protocol(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_table_elt_t *h,
    ngx_http_sandbox_preview_key_claims_t *claims)
{
    u_char      *p, *last, *out, *end;
    ngx_str_t    item;
    ngx_uint_t   next;

    p = h->value.data;
    last = p + h->value.len;

    if (ngx_strlcasestrn(p, last, (u_char *) NGX_HTTP_SANDBOX_PROTOCOL,
                         sizeof(NGX_HTTP_SANDBOX_PROTOCOL) - 2)
        == NULL)
    {
        return NGX_OK;
    }

    out = ngx_pnalloc(r->pool, h->value.len + 2);
    if (out == NULL) {
        return NGX_ERROR;
    }

    end = out;
    next = 0;

    while (p < last) {

        ngx_http_sandbox_header_next_item(&p, last, ',', &item);

        if (next) {
            ngx_http_sandbox_preview_key_claim(claims, item.data, item.len);
            next = 0;
            continue;
        }

        if (item.len == sizeof(NGX_HTTP_SANDBOX_PROTOCOL) - 1
            && ngx_strncmp(item.data, NGX_HTTP_SANDBOX_PROTOCOL, item.len)
               == 0)
        {
            next = 1;
            continue;
        }

        end = ngx_http_sandbox_preview_key_keep(out, end, ',', &item);
    }

    ctx->keyed = 1;

    ngx_http_sandbox_preview_key_kept(h, out, end);

    return NGX_OK;
}


/* keeps an item of a list; returns the new end of the list */

static u_char *
ngx_http_sandbox_preview_key_keep(u_char *list, u_char *end, u_char sep,
    ngx_str_t *item)
{
    if (end != list) {
        *end++ = sep;
        *end++ = ' ';
    }

    return ngx_cpymem(end, item->data, item->len);
}


static void
ngx_http_sandbox_preview_key_kept(ngx_table_elt_t *h, u_char *list, u_char *end)
{
    h->value.data = list;
    h->value.len = end - list;

    if (h->value.len == 0) {
        ngx_http_sandbox_header_drop(h);
    }
}


/* 1 for the preview's own pages, the address bar, or a non-browser */

static ngx_uint_t
ngx_http_sandbox_preview_key_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_settings_t *set)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *origin;

    origin = ngx_http_sandbox_header_in(r, "Origin", &n);

    if (n > 1) {
        return 0;
    }

    if (origin) {
        return ngx_http_sandbox_header_same_origin(&origin->value,
                                                   &ctx->public_host)
               || (set->cors == SANDBOX_CORS_LIST
                   && ngx_http_sandbox_preview_cors_allows(r, ctx));
    }

    /* Sec-Fetch-* is sent only by browsers */

    if (ngx_http_sandbox_header_in(r, "Sec-Fetch-Site", NULL) == NULL

        || ngx_http_sandbox_preview_key_header_is(r, "Sec-Fetch-Site",
                                                  "same-origin")
        || ngx_http_sandbox_preview_key_header_is(r, "Sec-Fetch-Site", "none"))
    {
        return 1;
    }

    return ngx_http_sandbox_preview_key_navigates(r)
           && (r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD);
}


static ngx_uint_t
ngx_http_sandbox_preview_key_navigates(ngx_http_request_t *r)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_http_sandbox_header_in(r, "Sec-Fetch-Mode", &n);

    if (h) {
        return ngx_http_sandbox_preview_key_header_is(r, "Sec-Fetch-Mode",
                                                      "navigate");
    }

    h = ngx_http_sandbox_header_in(r, "Accept", &n);

    return h
           && ngx_strlcasestrn(h->value.data, h->value.data + h->value.len,
                               (u_char *) "text/html",
                               sizeof("text/html") - 2)
              != NULL;
}


static ngx_uint_t
ngx_http_sandbox_preview_key_header_is(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_http_sandbox_header_in(r, name, &n);

    return n == 1 && h->value.len == ngx_strlen(value)
           && ngx_strncasecmp(h->value.data, (u_char *) value, h->value.len)
              == 0;
}


/* in a frame of another site, use a partitioned cookie */

static ngx_int_t
ngx_http_sandbox_preview_key_exchange(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy)
{
    u_char      *cookie, *location, *p;
    size_t       len;
    const char  *site;

    site = (ngx_http_sandbox_header_in(r, "Sec-Fetch-Dest", NULL) == NULL

            || ngx_http_sandbox_preview_key_header_is(r, "Sec-Fetch-Dest",
                                                      "document"))
           ? "Lax" : "None; Partitioned";

    len = sizeof(NGX_HTTP_SANDBOX_COOKIE "=; Path=/; Secure; HttpOnly; "
                 "SameSite=None; Partitioned") + SANDBOX_KEY_MAX;

    cookie = ngx_pnalloc(r->pool, len);
    location = ngx_pnalloc(r->pool, r->unparsed_uri.len + 3);

    if (cookie == NULL || location == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_snprintf(cookie, len, NGX_HTTP_SANDBOX_COOKIE "=%s; Path=/; "
                        "Secure; HttpOnly; SameSite=%s%Z", policy->key, site);

    /* two leading slashes would be a host */

    p = location;

    if (r->unparsed_uri.len > 1
        && (r->unparsed_uri.data[1] == '/' || r->unparsed_uri.data[1] == '\\'))
    {
        *p++ = '/';
        *p++ = '.';
    }

    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);
    *p = '\0';

    if (ngx_http_sandbox_response_header(r, "Set-Cookie", (char *) cookie)
        != NGX_OK
        || ngx_http_sandbox_response_header(r, "Location", (char *) location)
        != NGX_OK
        || ngx_http_sandbox_response_header(r, "Cache-Control", "no-store")
        != NGX_OK
        || ngx_http_sandbox_response_header(r, "Referrer-Policy", "no-referrer")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->own = 1;
    r->content_handler = ngx_http_sandbox_preview_key_exchange_handler;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_preview_key_exchange_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = NGX_HTTP_MOVED_TEMPORARILY;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}
