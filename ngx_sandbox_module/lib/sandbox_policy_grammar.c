
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_url.h"


/* the grammar of policies, and their packed lists */


static int sandbox_header_listed(const char *name, const char *const *list);


int
sandbox_policy_grammar_key(const char *text, size_t len)
{
    return sandbox_name_chars(text, len, SANDBOX_KEY_MIN, SANDBOX_KEY_MAX,
                              "-_");
}


int
sandbox_policy_grammar_link_name(const char *text, size_t len)
{
    /* it is a path segment: no leading dot */

    return sandbox_name_chars(text, len, 1, SANDBOX_LINK_NAME_MAX, ".-_")
           && text[0] != '.';
}


int
sandbox_policy_grammar_origin(const char *text, size_t len)
{
    size_t         i;
    sandbox_url_t  url;

    if (!sandbox_url_parse(text, len, &url) || !sandbox_url_is_http(&url)
        || url.rest.len
        || !sandbox_name_chars(url.host.data, url.host.len, 1, 253, "-.")
        || (url.has_port && sandbox_url_port(&url) == 0))
    {
        return 0;
    }

    for (i = 0; i < url.host.len; i++) {
        if (url.host.data[i] >= 'A' && url.host.data[i] <= 'Z') {
            return 0;
        }
    }

    return 1;
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
        "set-cookie2", "clear-site-data", "access-control-",
        "www-authenticate", NULL
    };

    return sandbox_name_chars(name, strlen(name), 1, SANDBOX_HEADER_NAME_MAX,
                              "-_")
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
