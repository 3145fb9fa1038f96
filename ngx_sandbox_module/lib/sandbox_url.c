
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_url.h"


/* splits URLs and origins */


int
sandbox_url_parse(const char *text, size_t len, sandbox_url_t *url)
{
    const char  *p, *last, *end, *colon;

    memset(url, 0, sizeof(sandbox_url_t));

    last = text + len;
    p = memchr(text, ':', len);

    if (p == NULL || p == text || last - p < 4 || p[1] != '/' || p[2] != '/') {
        return 0;
    }

    url->scheme.data = text;
    url->scheme.len = (size_t) (p - text);

    p += 3;

    for (end = p; end < last; end++) {
        if (*end == '/' || *end == '?' || *end == '#') {
            break;
        }
    }

    if (end == p) {
        return 0;
    }

    url->rest.data = end;
    url->rest.len = (size_t) (last - end);

    url->host.data = p;

    /* colons within brackets belong to an address */

    colon = (*p == '[') ? memchr(p, ']', (size_t) (end - p)) : p;
    colon = colon ? memchr(colon, ':', (size_t) (end - colon)) : NULL;

    if (colon) {
        url->has_port = 1;
        url->port.data = colon + 1;
        url->port.len = (size_t) (end - colon) - 1;
        end = colon;
    }

    url->host.len = (size_t) (end - p);

    return 1;
}


int
sandbox_url_is_http(const sandbox_url_t *url)
{
    return (url->scheme.len == 4 && memcmp(url->scheme.data, "http", 4) == 0)
           || (url->scheme.len == 5
               && memcmp(url->scheme.data, "https", 5) == 0);
}


unsigned
sandbox_url_port(const sandbox_url_t *url)
{
    size_t    i;
    unsigned  port;

    if (url->port.len == 0 || url->port.len > 5) {
        return 0;
    }

    port = 0;

    for (i = 0; i < url->port.len; i++) {

        if (url->port.data[i] < '0' || url->port.data[i] > '9') {
            return 0;
        }

        port = port * 10 + (unsigned) (url->port.data[i] - '0');
    }

    return port <= 65535 ? port : 0;
}
