
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>
#include <strings.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_headers.h"


/* packed list of headers that a policy sets or removes */


static size_t sandbox_headers_len(const sandbox_headers_t *headers);


/*
 * Each rule is '=' or '-', the name and NUL, the value and NUL; a NUL instead
 * of the first character terminates the list.
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

        /* clear the rest: equal lists must have equal bytes */

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
