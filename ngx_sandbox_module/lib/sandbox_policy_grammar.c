
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>
#include <strings.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"


/* the grammar of a policy, and its packed lists */


static int sandbox_set(const char *text, size_t len, size_t min, size_t max,
    const char *others);
static int sandbox_header_listed(const char *name, const char *const *list);
static size_t sandbox_headers_len(const sandbox_headers_t *headers);


/* letters and digits, and others */

static int
sandbox_set(const char *text, size_t len, size_t min, size_t max,
    const char *others)
{
    char    c;
    size_t  i;

    if (len < min || len > max) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        c = text[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || (c != '\0' && strchr(others, c) != NULL)))
        {
            return 0;
        }
    }

    return 1;
}


int
sandbox_policy_key_valid(const char *text, size_t len)
{
    return sandbox_set(text, len, SANDBOX_KEY_MIN, SANDBOX_KEY_MAX, "-_");
}


int
sandbox_policy_link_name_valid(const char *text, size_t len)
{
    /* it stands in paths, where dots may be another's */

    return sandbox_set(text, len, 1, SANDBOX_LINK_NAME_MAX, ".-_")
           && text[0] != '.';
}


int
sandbox_policy_origin_valid(const char *text, size_t len)
{
    size_t       n;
    unsigned     port;
    const char  *p, *end;

    p = text;
    end = text + len;

    if (len > 8 && memcmp(p, "https://", 8) == 0) {
        p += 8;

    } else if (len > 7 && memcmp(p, "http://", 7) == 0) {
        p += 7;

    } else {
        return 0;
    }

    for (n = 0; p < end && *p != ':'; p++, n++) {
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')
              || *p == '-' || *p == '.'))
        {
            return 0;
        }
    }

    if (n == 0 || n > 253) {
        return 0;
    }

    if (p == end) {
        return 1;
    }

    port = 0;

    for (p++, n = 0; p < end; p++, n++) {

        if (*p < '0' || *p > '9' || n == 5) {
            return 0;
        }

        port = port * 10 + (unsigned) (*p - '0');
    }

    return n != 0 && port != 0 && port <= 65535;
}


int
sandbox_policy_origin_add(char origins[SANDBOX_ORIGINS_SIZE], const char *text)
{
    char    *p;
    size_t   len;

    len = strlen(text);

    if (!sandbox_policy_origin_valid(text, len)) {
        return -1;
    }

    for (p = origins; *p; p = sandbox_policy_origin_next(p)) {
        if (strcmp(p, text) == 0) {
            return 0;
        }
    }

    /* an empty one ends them */

    if ((size_t) (origins + SANDBOX_ORIGINS_SIZE - p) < len + 2) {
        return -1;
    }

    memcpy(p, text, len + 1);
    p[len + 1] = '\0';

    return 0;
}


/* '_' counts as '-', and a name that ends with '-' is a prefix */

static int
sandbox_header_listed(const char *name, const char *const *list)
{
    char         c;
    size_t       i, len;

    for ( /* void */ ; *list; list++) {

        len = strlen(*list);

        for (i = 0; i < len; i++) {
            c = name[i];

            if (c >= 'A' && c <= 'Z') {
                c |= 0x20;

            } else if (c == '_') {
                c = '-';
            }

            if (c != (*list)[i]) {
                break;
            }
        }

        if (i == len && (name[i] == '\0' || (*list)[len - 1] == '-')) {
            return 1;
        }
    }

    return 0;
}


int
sandbox_policy_header_name_valid(const char *name, int response)
{
    static const char *const  both[] = {
        "connection", "keep-alive", "proxy-", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings", "content-length",
        "sandbox-", "x-sandbox-", "x-accel-", "sec-websocket-", NULL
    };

    static const char *const  requests[] = {
        "host", "expect", "forwarded", "x-forwarded-", "x-real-ip", "cookie",
        "cookie2", "origin", "referer", NULL
    };

    static const char *const  responses[] = {
        "content-type", "content-encoding", "content-range", "accept-ranges",
        "location", "last-modified", "etag", "date", "server", "set-cookie",
        "set-cookie2", "access-control-", "www-authenticate", NULL
    };

    return sandbox_set(name, strlen(name), 1, SANDBOX_HEADER_NAME_MAX, "-_")
           && !sandbox_header_listed(name, both)
           && !sandbox_header_listed(name, response ? responses : requests);
}


int
sandbox_policy_header_value_valid(const char *value)
{
    size_t  len;

    len = strlen(value);

    if (len == 0 || value[0] == ' ' || value[len - 1] == ' ') {
        return 0;
    }

    for ( /* void */ ; *value; value++) {
        if (*value < 0x20 || *value > 0x7e) {
            return 0;
        }
    }

    return 1;
}


/*
 * Each is '=' or '-', the name and a zero byte, the value and a zero byte; a
 * zero byte instead of the first ends them.
 */

static size_t
sandbox_headers_len(const sandbox_headers_t *headers)
{
    size_t            pos;
    sandbox_header_t  h;

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &h)) { /* void */ }

    return pos;
}


int
sandbox_policy_headers_next(const sandbox_headers_t *headers, size_t *pos,
    sandbox_header_t *header)
{
    const char  *p;

    p = headers->text + *pos;

    if (*p == '\0') {
        return 0;
    }

    header->name = p + 1;
    header->value = header->name + strlen(header->name) + 1;

    *pos = (size_t) (header->value + strlen(header->value) + 1
                     - headers->text);

    if (*p == '-') {
        header->value = NULL;
    }

    return 1;
}


int
sandbox_policy_headers_set(sandbox_headers_t *headers, const char *name,
    const char *value)
{
    char    *p;
    size_t   len, n, v;

    sandbox_policy_headers_unset(headers, name);

    len = sandbox_headers_len(headers);
    n = strlen(name) + 1;
    v = value ? strlen(value) + 1 : 1;

    if (len + 1 + n + v + 1 > SANDBOX_HEADERS_SIZE) {
        return -1;
    }

    p = headers->text + len;

    *p++ = value ? '=' : '-';
    memcpy(p, name, n);
    memcpy(p + n, value ? value : "", v);
    p[n + v] = '\0';

    return 0;
}


void
sandbox_policy_headers_unset(sandbox_headers_t *headers, const char *name)
{
    size_t            pos, start, len;
    sandbox_header_t  h;

    pos = 0;

    for (start = 0; sandbox_policy_headers_next(headers, &pos,
                                                &h); start = pos)
    {

        if (strcasecmp(h.name, name) != 0) {
            continue;
        }

        len = sandbox_headers_len(headers);

        memmove(headers->text + start, headers->text + pos, len - pos + 1);

        /* nothing is left behind: equal lists are equal bytes */

        memset(headers->text + len - (pos - start), 0, pos - start);
        return;
    }
}


int
sandbox_policy_headers_sets(const sandbox_headers_t *headers, const char *name)
{
    size_t            pos;
    sandbox_header_t  h;

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &h)) {
        if (strcasecmp(h.name, name) == 0) {
            return h.value != NULL;
        }
    }

    return 0;
}
