
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_header.h"


/* reading of request headers */


static ngx_uint_t ngx_http_sandbox_header_has_token(ngx_str_t *value,
    const char *token);


ngx_table_elt_t *
ngx_http_sandbox_header_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    while (*i >= (*part)->nelts) {

        if ((*part)->next == NULL) {
            return NULL;
        }

        *part = (*part)->next;
        *i = 0;
    }

    return (ngx_table_elt_t *) (*part)->elts + (*i)++;
}


ngx_uint_t
ngx_http_sandbox_header_is(ngx_table_elt_t *h, const char *name)
{
    return h->key.len == ngx_strlen(name)
           && ngx_strncasecmp(h->key.data, (u_char *) name, h->key.len) == 0;
}


ngx_table_elt_t *
ngx_http_sandbox_header_in(ngx_http_request_t *r, const char *name,
    ngx_uint_t *count)
{
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *found;

    n = 0;
    found = NULL;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (ngx_http_sandbox_header_is(h, name) && n++ == 0) {
            found = h;
        }
    }

    if (count) {
        *count = n;
    }

    return found;
}


/*
 * Host and port are compared, but not the scheme, as TLS may be terminated in
 * front of nginx.  The default port may be omitted on either side.
 */

/* with HTTP/3, nginx makes no Host of ":authority" */

ngx_uint_t
ngx_http_sandbox_header_host(ngx_http_request_t *r, ngx_str_t *host)
{
    if (r->headers_in.host) {
        *host = r->headers_in.host->value;
        return 1;
    }

    if (r->http_version <= NGX_HTTP_VERSION_20 || r->host_end == NULL) {
        return 0;
    }

    host->data = r->host_start;
    host->len = r->host_end - r->host_start;

    return 1;
}


ngx_uint_t
ngx_http_sandbox_header_same_origin(ngx_str_t *origin, ngx_str_t *host)
{
    u_char     *port;
    ngx_str_t   o, h;

    o = *origin;
    h = *host;

    if (o.len > 7 && ngx_strncasecmp(o.data, (u_char *) "http://", 7) == 0) {
        o.data += 7;
        o.len -= 7;
        port = (u_char *) ":80";

    } else if (o.len > 8
               && ngx_strncasecmp(o.data, (u_char *) "https://", 8) == 0)
    {
        o.data += 8;
        o.len -= 8;
        port = (u_char *) ":443";

    } else {
        return 0;
    }

    if (o.len > ngx_strlen(port)
        && ngx_memcmp(o.data + o.len - ngx_strlen(port), port,
                      ngx_strlen(port)) == 0)
    {
        o.len -= ngx_strlen(port);
    }

    if (h.len > ngx_strlen(port)
        && ngx_memcmp(h.data + h.len - ngx_strlen(port), port,
                      ngx_strlen(port)) == 0)
    {
        h.len -= ngx_strlen(port);
    }

    return o.len == h.len && ngx_strncasecmp(o.data, h.data, h.len) == 0;
}


/* h2c, several protocols or a second header would bypass all checks */

ngx_uint_t
ngx_http_sandbox_header_websocket(ngx_http_request_t *r)
{
    ngx_uint_t        n, i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    if (r->method != NGX_HTTP_GET || r->http_version != NGX_HTTP_VERSION_11) {
        return 0;
    }

    h = ngx_http_sandbox_header_in(r, "Upgrade", &n);

    if (n != 1 || h->value.len != sizeof("websocket") - 1
        || ngx_strncasecmp(h->value.data, (u_char *) "websocket",
                           h->value.len)
           != 0)
    {
        return 0;
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (ngx_http_sandbox_header_is(h, "Connection")
            && ngx_http_sandbox_header_has_token(&h->value, "upgrade"))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_sandbox_header_has_token(ngx_str_t *value, const char *token)
{
    size_t   len;
    u_char  *p, *last, *start, *end;

    len = ngx_strlen(token);

    p = value->data;
    last = p + value->len;

    while (p < last) {

        start = p;

        while (p < last && *p != ',') {
            p++;
        }

        end = p++;

        while (start < end && (*start == ' ' || *start == '\t')) {
            start++;
        }

        while (start < end && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }

        if ((size_t) (end - start) == len
            && ngx_strncasecmp(start, (u_char *) token, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_sandbox_header_next_item(u_char **pos, u_char *last, u_char sep,
    ngx_str_t *item)
{
    u_char  *p, *end;

    p = *pos;
    end = ngx_strlchr(p, last, sep);

    if (end == NULL) {
        end = last;
    }

    *pos = end < last ? end + 1 : last;

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < end && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    item->data = p;
    item->len = end - p;
}
