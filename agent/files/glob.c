
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "files/glob.h"


/* what a byte is that is no part of a character: no code point */
#define AGENT_GLOB_BYTE  0x110000


typedef struct {
    const char  *name;
    int        (*is)(int c);
} agent_glob_class_t;


static int agent_glob_one(const char **pattern, const char *pend,
    const char **name, const char *end, int icase);
static const char *agent_glob_set(const char *p, const char *end, uint32_t c,
    uint32_t other, int *found);
static const char *agent_glob_set_char(const char *p, const char *end,
    uint32_t *c);
static const char *agent_glob_class(const char *p, const char *end,
    uint32_t c, uint32_t other, int *found);
static uint32_t agent_glob_char(const char **p, const char *end);
static uint32_t agent_glob_other(uint32_t c);
static const char *agent_glob_slash(const char *p, const char *end);
static int agent_glob_stars(const char *p, const char *end);


static const agent_glob_class_t  agent_glob_classes[] = {
    { "alnum", isalnum },
    { "alpha", isalpha },
    { "blank", isblank },
    { "cntrl", iscntrl },
    { "digit", isdigit },
    { "graph", isgraph },
    { "lower", islower },
    { "print", isprint },
    { "punct", ispunct },
    { "space", isspace },
    { "upper", isupper },
    { "xdigit", isxdigit },
    { NULL, NULL }
};


/*
 * As a star stands for anything, only the last one has to be extended: there
 * is nothing that an earlier one could do better.
 */

int
agent_glob_name(const char *pattern, size_t plen, const char *name,
    size_t len, int icase)
{
    const char  *p, *s, *pend, *end, *star, *from;

    p = pattern;
    pend = p + plen;
    s = name;
    end = s + len;

    star = NULL;
    from = NULL;

    while (s < end) {

        if (p < pend && *p == '*') {
            star = ++p;
            from = s;
            continue;
        }

        if (p < pend && agent_glob_one(&p, pend, &s, end, icase)) {
            continue;
        }

        if (star == NULL) {
            return 0;
        }

        (void) agent_glob_char(&from, end);

        s = from;
        p = star;
    }

    while (p < pend && *p == '*') {
        p++;
    }

    return p == pend;
}


/* the same with components for characters, and "**" for a star */

int
agent_glob_path(const char *pattern, size_t plen, const char *path,
    size_t len, int icase)
{
    const char  *p, *s, *pend, *end, *pnext, *next, *star, *from;

    p = pattern;
    pend = p + plen;
    s = path;
    end = s + len;

    star = NULL;
    from = NULL;

    /* both are beyond their end when the last component is matched */

    while (s <= end) {

        if (p <= pend) {
            pnext = agent_glob_slash(p, pend);

            if (agent_glob_stars(p, pnext)) {

                if (pnext == pend) {
                    return 1;
                }

                p = pnext + 1;
                star = p;
                from = s;
                continue;
            }

            next = memchr(s, '/', end - s);
            next = next ? next : end;

            if (agent_glob_name(p, pnext - p, s, next - s, icase)) {
                p = pnext + 1;
                s = next + 1;
                continue;
            }
        }

        if (star == NULL) {
            return 0;
        }

        next = memchr(from, '/', end - from);

        if (next == NULL) {
            return 0;
        }

        from = next + 1;
        s = from;
        p = star;
    }

    return p > pend;
}


int
agent_glob_plain(const char *pattern, size_t plen)
{
    size_t  i;

    for (i = 0; i < plen; i++) {

        if (strchr("*?[\\", pattern[i]) != NULL) {
            return 0;
        }
    }

    return 1;
}


const char *
agent_glob_set_end(const char *p, const char *end)
{
    int  found;

    return agent_glob_set(p, end, 0, 0, &found);
}


const char *
agent_glob_check(const char *pattern, size_t plen)
{
    const char  *p, *end;

    end = pattern + plen;

    for (p = pattern; p < end; /* void */ ) {

        switch (*p++) {

        case '\\':

            if (p == end) {
                return "a backslash ends it: write \\\\ for a backslash";
            }

            p++;
            break;

        case '[':
            p = agent_glob_set_end(p, end);

            if (p == NULL) {
                return "unmatched [: write \\[ for a literal [";
            }

            break;
        }
    }

    return NULL;
}


/* 1 if the pattern's first element matches a character; both are skipped */

static int
agent_glob_one(const char **pattern, const char *pend, const char **name,
    const char *end, int icase)
{
    int           found;
    uint32_t      c;
    const char   *p, *s;

    p = *pattern;
    s = *name;

    switch (*p) {

    case '?':
        p++;
        (void) agent_glob_char(&s, end);
        break;

    case '[':
        c = agent_glob_char(&s, end);
        p = agent_glob_set(p + 1, pend, c, icase ? agent_glob_other(c) : c,
                           &found);

        if (p == NULL || !found) {
            return 0;
        }

        break;

    case '\\':

        if (++p == pend) {
            return 0;
        }

        /* fall through */

    default:

        if (*p != *s
            && !(icase && agent_glob_other((unsigned char) *p)
                          == (unsigned char) *s))
        {
            return 0;
        }

        p++;
        s++;
    }

    *pattern = p;
    *name = s;

    return 1;
}


/*
 * whether the character, or its other case, is in a set; p is behind the
 * bracket, and the first character of a set may be another one
 */

static const char *
agent_glob_set(const char *p, const char *end, uint32_t c, uint32_t other,
    int *found)
{
    int          invert, first, in;
    uint32_t     low, high;
    const char  *next;

    invert = (p < end && (*p == '!' || *p == '^'));
    p += invert;

    in = 0;

    for (first = 1; p < end && (first || *p != ']'); first = 0) {

        if (*p == '[') {
            next = agent_glob_class(p, end, c, other, &in);

            if (next == NULL) {
                return NULL;
            }

            if (next != p) {
                p = next;
                continue;
            }
        }

        p = agent_glob_set_char(p, end, &low);

        if (p == NULL) {
            return NULL;
        }

        high = low;

        if (end - p > 1 && p[0] == '-' && p[1] != ']') {
            p = agent_glob_set_char(p + 1, end, &high);

            if (p == NULL) {
                return NULL;
            }
        }

        in |= (c >= low && c <= high) || (other >= low && other <= high);
    }

    *found = (in != invert);

    return p < end ? p + 1 : NULL;
}


static const char *
agent_glob_set_char(const char *p, const char *end, uint32_t *c)
{
    p += (*p == '\\');

    if (p == end) {
        return NULL;
    }

    *c = agent_glob_char(&p, end);

    return p;
}


/*
 * the end of a "[:class:]", p if there is none, or NULL if it is not known
 */

static const char *
agent_glob_class(const char *p, const char *end, uint32_t c, uint32_t other,
    int *found)
{
    size_t                     len;
    const char                *name, *close;
    const agent_glob_class_t  *class;

    if (end - p < 2 || p[1] != ':') {
        return p;
    }

    name = p + 2;
    close = memchr(name, ']', end - name);

    if (close == NULL) {
        return NULL;
    }

    if (close == name || close[-1] != ':') {
        return p;
    }

    len = close - 1 - name;

    for (class = agent_glob_classes; class->name; class++) {

        if (strlen(class->name) == len && memcmp(class->name, name, len) == 0) {
            *found |= (c < 0x80 && (class->is(c) || class->is(other)));
            return close + 1;
        }
    }

    return NULL;
}


static uint32_t
agent_glob_char(const char **p, const char *end)
{
    int                   i, n;
    uint32_t              c;
    const unsigned char  *s;

    s = (const unsigned char *) *p;
    n = agent_utf8_char(*p, end - *p);

    if (n <= 1) {
        (*p)++;
        return s[0] < 0x80 ? s[0] : AGENT_GLOB_BYTE + s[0];
    }

    c = s[0] & (0x7f >> n);

    for (i = 1; i < n; i++) {
        c = c << 6 | (s[i] & 0x3f);
    }

    *p += n;

    return c;
}


/* the other case of an ASCII letter */

static uint32_t
agent_glob_other(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c ^ 0x20 : c;
}


/* the end of a component: a slash in a set is none */

static const char *
agent_glob_slash(const char *p, const char *end)
{
    const char  *next;

    while (p < end && *p != '/') {

        if (*p == '\\' && end - p > 1) {
            p++;

        } else if (*p == '[') {
            next = agent_glob_set_end(p + 1, end);

            /* it matches nothing, wherever it ends */

            if (next == NULL) {
                return end;
            }

            p = next;
            continue;
        }

        p++;
    }

    return p;
}


static int
agent_glob_stars(const char *p, const char *end)
{
    if (end - p < 2) {
        return 0;
    }

    while (p < end && *p == '*') {
        p++;
    }

    return p == end;
}
