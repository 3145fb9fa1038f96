
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_mask.h"
#include "lib/sandbox_name.h"


/*
 * Secrets are found in URLs within arguments too, such as that of a redirect
 * after a login: all comparisons are of characters with their percent-encoding
 * removed, however often it was applied.
 */


#define SANDBOX_MASK  "***"


typedef struct {
    char    *pos;
    char    *end;
} sandbox_mask_out_t;


static void sandbox_mask_put(sandbox_mask_out_t *out, const char *text,
    size_t len);
static void sandbox_mask_cut(sandbox_mask_out_t *out, const char **copied,
    const char *start, const char *end);
static int sandbox_mask_hex(int c);
static int sandbox_mask_char(const char **pos, const char *end);
static int sandbox_mask_is_label(int c);
static const char *sandbox_mask_label(const char *p, const char *end,
    int authority, const char **token);
static const char *sandbox_mask_value(const char *p, const char *end,
    int document);
static int sandbox_mask_document(const char *p, const char *end);
static const char *sandbox_mask_name(const char *p, const char *end,
    const char *name);


static void
sandbox_mask_put(sandbox_mask_out_t *out, const char *text, size_t len)
{
    if (len > (size_t) (out->end - out->pos)) {
        len = (size_t) (out->end - out->pos);
    }

    memcpy(out->pos, text, len);
    out->pos += len;
}


/* writes what precedes a secret, and the mask in its place */

static void
sandbox_mask_cut(sandbox_mask_out_t *out, const char **copied,
    const char *start, const char *end)
{
    sandbox_mask_put(out, *copied, (size_t) (start - *copied));
    sandbox_mask_put(out, SANDBOX_MASK, sizeof(SANDBOX_MASK) - 1);

    *copied = end;
}


static int
sandbox_mask_hex(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* the next character; that of "%2F", "%252F" and so on is '/' */

static int
sandbox_mask_char(const char **pos, const char *end)
{
    const char  *p;

    p = *pos;

    if (*p != '%') {
        *pos = p + 1;
        return (unsigned char) *p;
    }

    for (p++; end - p >= 2 && p[0] == '2' && p[1] == '5'; p += 2) {
        /* void */
    }

    *pos = p;

    if (end - p < 2 || sandbox_mask_hex(p[0]) < 0 || sandbox_mask_hex(p[1]) < 0)
    {
        return '%';
    }

    *pos = p + 2;

    return sandbox_mask_hex(p[0]) * 16 + sandbox_mask_hex(p[1]);
}


static int
sandbox_mask_is_label(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}


/*
 * The end of a label <port>-<id>-<token>, and where its token begins; NULL: p
 * is none.  Outside of an authority, where labels are guessed, the token must
 * be as long as those that are issued, and a domain must follow.
 */

static const char *
sandbox_mask_label(const char *p, const char *end, int authority,
    const char **token)
{
    int          c, last;
    size_t       len;
    const char  *pos;

    *token = NULL;
    len = 0;
    last = 0;
    c = 0;

    while (p < end) {
        pos = p;
        c = sandbox_mask_char(&p, end);

        if (authority ? strchr(".:/?#& \"\\@", c) != NULL
                      : !sandbox_mask_is_label(c))
        {
            p = pos;
            break;
        }

        /* the last '-' that is followed by something: ignore trailing ones */

        if (last == '-' && c != '-') {
            *token = pos;
            len = 0;
        }

        last = c;
        len++;
        c = 0;
    }

    if (*token == NULL
        || (!authority && (len < SANDBOX_TOKEN_MAX || c != '.')))
    {
        return NULL;
    }

    return p;
}


/* the value of an argument, if its name says that it is secret, or NULL */

static const char *
sandbox_mask_value(const char *p, const char *end, int document)
{
    const char  *value;

    value = sandbox_mask_name(p, end, "sandbox_key");

    if (value == NULL) {
        value = sandbox_mask_name(p, end, "authorization");
    }

    if (value == NULL && document) {
        value = sandbox_mask_name(p, end, "token");
    }

    return value;
}


/* the last segment of /v1/openapi*, where "token" is a key */

static int
sandbox_mask_document(const char *p, const char *end)
{
    const char  *name;

    for (name = "openapi"; p < end && *name; name++) {
        if (sandbox_mask_char(&p, end) != *name) {
            return 0;
        }
    }

    return *name == '\0' && (p == end || sandbox_mask_char(&p, end) == '.');
}


static const char *
sandbox_mask_name(const char *p, const char *end, const char *name)
{
    int  c;

    while (p < end) {
        c = sandbox_mask_char(&p, end);

        if (*name == '\0') {
            return c == '=' ? p : NULL;
        }

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != *name++) {
            return NULL;
        }
    }

    return NULL;
}


size_t
sandbox_mask_url(const char *text, size_t len, char *buf, size_t size)
{
    int                  c, last, start, document;
    const char          *p, *pos, *end, *stop, *token, *copied, *segment;
    sandbox_mask_out_t   out;

    out.pos = buf;
    out.end = buf + size;

    p = text;
    segment = text;
    document = 0;
    end = text + len;
    copied = text;
    last = 0;
    start = 0;

    while (p < end) {
        pos = p;
        c = sandbox_mask_char(&p, end);

        switch (c) {

        case '/':
            start = (last == '/');
            segment = p;
            break;

        case '@':
            start = 1;
            break;

        case '?':
            document = sandbox_mask_document(segment, pos);

            /* fall through */

        case '&':
        case ';':
            start = 0;

            stop = sandbox_mask_value(p, end, document);

            if (stop) {
                for (p = stop; p < end && strchr("&# \"", *p) == NULL; p++) {
                    /* void */
                }

                sandbox_mask_cut(&out, &copied, stop, p);
            }

            break;

        default:

            if (c < '0' || c > '9' || sandbox_mask_is_label(last)) {
                start = 0;
                break;
            }

            stop = sandbox_mask_label(pos, end, start, &token);

            if (stop) {
                sandbox_mask_cut(&out, &copied, token, stop);
                p = stop;
            }

            start = 0;
        }

        last = c;
    }

    sandbox_mask_put(&out, copied, (size_t) (end - copied));

    return (size_t) (out.pos - buf);
}


size_t
sandbox_mask_host(const char *host, size_t len, char *buf, size_t size)
{
    const char          *stop, *token, *copied;
    sandbox_mask_out_t   out;

    out.pos = buf;
    out.end = buf + size;

    copied = host;

    if (len && host[0] >= '0' && host[0] <= '9') {
        stop = sandbox_mask_label(host, host + len, 1, &token);

        if (stop) {
            sandbox_mask_cut(&out, &copied, token, stop);
        }
    }

    sandbox_mask_put(&out, copied, (size_t) (host + len - copied));

    return (size_t) (out.pos - buf);
}
