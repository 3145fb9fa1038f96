
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"


/* the grammar of policies, and their packed lists */


static int sandbox_set(const char *text, size_t len, size_t min, size_t max,
    const char *others);
static int sandbox_header_listed(const char *name, const char *const *list);


/* letters, digits and the characters of others */

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
sandbox_policy_grammar_key(const char *text, size_t len)
{
    return sandbox_set(text, len, SANDBOX_KEY_MIN, SANDBOX_KEY_MAX, "-_");
}


int
sandbox_policy_grammar_link_name(const char *text, size_t len)
{
    /* it is a path segment: no leading dot */

    return sandbox_set(text, len, 1, SANDBOX_LINK_NAME_MAX, ".-_")
           && text[0] != '.';
}


int
sandbox_policy_grammar_origin(const char *text, size_t len)
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


/* '_' is treated as '-', and a name that ends with '-' is a prefix */

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
sandbox_policy_grammar_header_name(const char *name, int response)
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
sandbox_policy_grammar_header_value(const char *value)
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
