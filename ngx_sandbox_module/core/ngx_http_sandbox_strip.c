
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_query.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_strip.h"


/* removal of headers and arguments that must not reach a container */


/*
 * RFC 9110, section 5.6.2: 0 is a letter, a digit or '-', 1 another character
 * of a token, 2 no character of a token.
 */

static const u_char  ngx_http_sandbox_strip_chars[] =
    "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2" "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2"
    /*  ! " # $ % & ' ( ) * + , - . /     0 ... 9 : ; < = > ? */
    "\2\1\2\1\1\1\1\1\2\2\1\1\2\0\1\2" "\0\0\0\0\0\0\0\0\0\0\2\2\2\2\2\2"
    /* @ A ... O                           P ... Z [ \ ] ^ _ */
    "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0\0\0\0\2\2\2\1\1"
    /* ` a ... o                           p ... z { | } ~ */
    "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0\0\0\0\2\1\2\1\2"
    "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2" "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2"
    "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2" "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2"
    "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2" "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2"
    "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2" "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2";


static ngx_uint_t ngx_http_sandbox_strip_begins(ngx_str_t *name,
    const char *text, size_t len);
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


/*
 * CGI-like gateways put headers into variables, in whose names '-' and, with
 * some, every other character of a token become '_'.
 */

static ngx_uint_t
ngx_http_sandbox_strip_begins(ngx_str_t *name, const char *text, size_t len)
{
    size_t  i;
    u_char  ch;

    if (name->len < len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        ch = name->data[i];
        ch = ngx_http_sandbox_strip_chars[ch] ? '-' : ngx_tolower(ch);

        if (ch != (u_char) text[i]) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_http_sandbox_strip_imitates(ngx_str_t *name, const char *header)
{
    size_t  i;
    u_char  ch, ours;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];
        ours = (u_char) header[i];

        if (ours == '\0') {
            return 0;
        }

        ch = ngx_http_sandbox_strip_chars[ch] ? '-' : ngx_tolower(ch);
        ours = ngx_http_sandbox_strip_chars[ours] ? '-' : ngx_tolower(ours);

        if (ch != ours) {
            return 0;
        }
    }

    return header[i] == '\0';
}


static ngx_uint_t
ngx_http_sandbox_strip_listed(ngx_str_t *name, const sandbox_text_t *s)
{
    for ( /* void */ ; s->data; s++) {

        /* a name that ends with '-' is a prefix */

        if (name->len > s->len && s->data[s->len - 1] != '-') {
            continue;
        }

        if (ngx_http_sandbox_strip_begins(name, s->data, s->len)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_sandbox_strip_matches(ngx_str_t *name, ngx_uint_t secrets)
{
    u_char   chars, first;
    u_char  *p, *last;

    static const sandbox_text_t  ours[] = {
        { "x-sandbox-", 10 },
        { "x-accel-", 8 },
        { "http2-settings", 14 },
        { NULL, 0 }
    };

    /* imitations of what nginx sets, or removes when it caches */

    static const sandbox_text_t  imitated[] = {
        { "x-forwarded-", 12 },
        { "x-real-ip", 9 },
        { "content-length", 14 },
        { "transfer-encoding", 17 },
        { "if-", 3 },
        { NULL, 0 }
    };

    static const sandbox_text_t  secret[] = {
        { "authorization", 13 },
        { "proxy-authorization", 19 },
        { "cookie", 6 },
        { "cookie2", 7 },
        { NULL, 0 }
    };

    if (name->len == 0) {
        return 1;
    }

    p = name->data;
    last = p + name->len;
    chars = 0;

    do {
        chars |= ngx_http_sandbox_strip_chars[*p++];
    } while (p < last);

    first = name->data[0] | 0x20;

    if (chars == 0
        && first != 'x' && first != 'h'
        && !(secrets && (first == 'a' || first == 'c' || first == 'p')))
    {
        /* nearly all: no listed name begins like this */

        return 0;
    }

    return (chars & 2)
           || ngx_http_sandbox_strip_listed(name, ours)
           || (chars && ngx_http_sandbox_strip_listed(name, imitated))
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
