
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_query.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_strip.h"


/* removal of headers and arguments that must not reach a container */


static ngx_uint_t ngx_http_sandbox_strip_listed(ngx_str_t *name,
    const sandbox_text_t *s);
static ngx_uint_t ngx_http_sandbox_strip_matches(ngx_str_t *name,
    ngx_uint_t secrets);
static ngx_int_t ngx_http_sandbox_strip_headers(ngx_http_request_t *r,
    ngx_uint_t secrets);


ngx_int_t
ngx_http_sandbox_strip(ngx_http_request_t *r, ngx_uint_t secrets)
{
    if (ngx_http_sandbox_strip_headers(r, secrets) != NGX_OK) {
        return NGX_ERROR;
    }

    return secrets ? ngx_http_sandbox_strip_args(r, SANDBOX_QUERY_SECRET)
                   : NGX_OK;
}


/* '_' is treated as '-': CGI-like gateways do not distinguish them */

static ngx_uint_t
ngx_http_sandbox_strip_listed(ngx_str_t *name, const sandbox_text_t *s)
{
    size_t  i;
    u_char  ch;

    for ( /* void */ ; s->data; s++) {

        /* a name that ends with '-' is a prefix */

        if (name->len < s->len
            || (name->len > s->len && s->data[s->len - 1] != '-'))
        {
            continue;
        }

        for (i = 0; i < s->len; i++) {
            ch = name->data[i] == '_' ? '-' : ngx_tolower(name->data[i]);

            if (ch != (u_char) s->data[i]) {
                break;
            }
        }

        if (i == s->len) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_sandbox_strip_matches(ngx_str_t *name, ngx_uint_t secrets)
{
    static const sandbox_text_t  ours[] = {
        { "x-sandbox-", 10 },
        { "x-accel-", 8 },
        { "http2-settings", 14 },
        { NULL, 0 }
    };

    static const sandbox_text_t  secret[] = {
        { "authorization", 13 },
        { "proxy-authorization", 19 },
        { "cookie", 6 },
        { "cookie2", 7 },
        { NULL, 0 }
    };

    return name->len == 0
           || ngx_http_sandbox_strip_listed(name, ours)
           || (secrets && ngx_http_sandbox_strip_listed(name, secret));
}


static ngx_int_t
ngx_http_sandbox_strip_headers(ngx_http_request_t *r, ngx_uint_t secrets)
{
    ngx_uint_t        i, found;
    ngx_list_t        headers;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copy;

    found = 0;
    ngx_memzero(&headers, sizeof(ngx_list_t));

again:

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (ngx_http_sandbox_strip_matches(&h->key, secrets)) {

            if (found) {
                continue;
            }

            /* nginx lists do not support deletion: copy the rest */

            found = 1;

            if (ngx_list_init(&headers, r->pool, 20, sizeof(ngx_table_elt_t))
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            goto again;
        }

        if (found) {
            copy = ngx_list_push(&headers);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = *h;
        }
    }

    if (found) {

        r->headers_in.headers = headers;

        /* a list with a single part points into itself */

        if (headers.last == &headers.part) {
            r->headers_in.headers.last = &r->headers_in.headers.part;
        }
    }

    if (!secrets) {
        return NGX_OK;
    }

    r->headers_in.authorization = NULL;
    ngx_str_null(&r->headers_in.user);
    ngx_str_null(&r->headers_in.passwd);

#if (nginx_version >= 1023000)
    r->headers_in.cookie = NULL;
#else
    r->headers_in.cookies.nelts = 0;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_strip_args(ngx_http_request_t *r, int which)
{
    u_char  *p, *query, *end;
    size_t   n, len;

    if (r->args.len) {

        p = ngx_pnalloc(r->pool, r->args.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        n = sandbox_query_strip((char *) r->args.data, r->args.len, which,
                                (char *) p);

        if (n != r->args.len) {
            r->args.data = p;
            r->args.len = n;
        }
    }

    end = r->unparsed_uri.data + r->unparsed_uri.len;
    query = ngx_strlchr(r->unparsed_uri.data, end, '?');

    if (query == NULL) {
        return NGX_OK;
    }

    query++;
    len = query - r->unparsed_uri.data;

    p = ngx_pnalloc(r->pool, r->unparsed_uri.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, r->unparsed_uri.data, len);

    n = sandbox_query_strip((char *) query, end - query, which,
                            (char *) p + len);

    if (n == (size_t) (end - query)) {
        return NGX_OK;
    }

    r->unparsed_uri.data = p;
    r->unparsed_uri.len = n ? len + n : len - 1;

    return NGX_OK;
}
