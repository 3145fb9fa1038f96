
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/sandbox_url.h"


/* splits URLs and origins */


#define SANDBOX_URL_ADDRESS  46          /* INET6_ADDRSTRLEN */


static int sandbox_url_authority(const char *p, const char *last,
    sandbox_url_t *url);


int
sandbox_url_parse(const char *text, size_t len, sandbox_url_t *url)
{
    const char  *p, *last;

    memset(url, 0, sizeof(sandbox_url_t));

    last = text + len;
    p = memchr(text, ':', len);

    if (p == NULL || p == text || last - p < 4 || p[1] != '/' || p[2] != '/') {
        return 0;
    }

    url->scheme.data = text;
    url->scheme.len = (size_t) (p - text);

    return sandbox_url_authority(p + 3, last, url);
}


int
sandbox_url_parse_reference(const char *text, size_t len, sandbox_url_t *url)
{
    if (len > 2 && text[0] == '/' && text[1] == '/') {
        memset(url, 0, sizeof(sandbox_url_t));

        return sandbox_url_authority(text + 2, text + len, url);
    }

    return sandbox_url_parse(text, len, url);
}


static int
sandbox_url_authority(const char *p, const char *last, sandbox_url_t *url)
{
    const char  *end, *colon;

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


int
sandbox_url_is_local(const sandbox_url_t *url)
{
    char             text[SANDBOX_URL_ADDRESS];
    size_t           len;
    const char      *host;
    struct in_addr   v4;
    struct in6_addr  v6;

    host = url->host.data;
    len = url->host.len;

    if (len == sizeof("localhost") - 1
        && strncasecmp(host, "localhost", len) == 0)
    {
        return 1;
    }

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }

    if (len == 0 || len >= sizeof(text)) {
        return 0;
    }

    memcpy(text, host, len);
    text[len] = '\0';

    if (host == url->host.data) {
        return inet_pton(AF_INET, text, &v4) == 1
               && (v4.s_addr == INADDR_ANY
                   || ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET);
    }

    if (inet_pton(AF_INET6, text, &v6) != 1) {
        return 0;
    }

    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        memcpy(&v4, &v6.s6_addr[12], sizeof(v4));

        return v4.s_addr == INADDR_ANY
               || ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    }

    return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6);
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
