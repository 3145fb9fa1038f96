
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_query.h"


static int sandbox_query_hex(int c);
static int sandbox_query_unescape(const char **pos, const char *end);
static int sandbox_query_named(const char *p, const char *end,
    const char *name);


static int
sandbox_query_hex(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}


/* decodes the next byte; -1: invalid escape */

static int
sandbox_query_unescape(const char **pos, const char *end)
{
    int          hi, lo;
    const char  *p;

    p = *pos;

    if (*p != '%') {
        *pos = p + 1;
        return (unsigned char) *p;
    }

    if (end - p < 3) {
        return -1;
    }

    hi = sandbox_query_hex((unsigned char) p[1]);
    lo = sandbox_query_hex((unsigned char) p[2]);

    if (hi < 0 || lo < 0) {
        return -1;
    }

    *pos = p + 3;

    return hi * 16 + lo;
}


static int
sandbox_query_named(const char *p, const char *end, const char *name)
{
    int  c;

    while (p < end && *name) {

        c = sandbox_query_unescape(&p, end);

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != *name) {
            return 0;
        }

        name++;
    }

    return p == end && *name == '\0';
}


int
sandbox_query_next(const char **pos, const char *end, sandbox_query_arg_t *arg)
{
    const char  *p, *eq, *amp;

    p = *pos;

    if (p == NULL || p > end) {
        return 0;
    }

    amp = p < end ? memchr(p, '&', end - p) : NULL;

    arg->start = p;
    arg->end = amp ? amp : end;

    eq = p < arg->end ? memchr(p, '=', arg->end - p) : NULL;

    arg->value = eq ? eq + 1 : NULL;

    if (eq == NULL) {
        eq = arg->end;
    }

    arg->authorization = sandbox_query_named(p, eq, "authorization");
    arg->secret = arg->authorization
                  || sandbox_query_named(p, eq, "sandbox_key");
    arg->token = sandbox_query_named(p, eq, "token");

    *pos = amp ? amp + 1 : NULL;

    return 1;
}


int
sandbox_query_value(const sandbox_query_arg_t *arg, char *buf, size_t size)
{
    int          c;
    size_t       n;
    const char  *p;

    if (arg->value == NULL) {
        return -1;
    }

    n = 0;
    p = arg->value;

    while (p < arg->end) {

        c = sandbox_query_unescape(&p, arg->end);

        if (c < 0 || n == size) {
            return -1;
        }

        buf[n++] = (char) c;
    }

    return (int) n;
}


size_t
sandbox_query_strip(const char *args, size_t len, int which, char *buf)
{
    int                  first;
    char                *out;
    size_t               n;
    const char          *pos, *end;
    sandbox_query_arg_t  arg;

    out = buf;
    pos = args;
    end = args + len;
    first = 1;

    while (sandbox_query_next(&pos, end, &arg)) {

        if (arg.secret
            && (which == SANDBOX_QUERY_SECRET || !arg.authorization))
        {
            continue;
        }

        if (!first) {
            *out++ = '&';
        }

        first = 0;

        n = arg.end - arg.start;
        memcpy(out, arg.start, n);
        out += n;
    }

    return out - buf;
}
