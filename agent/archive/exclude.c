
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/exclude.h"


#define AGENT_EXCLUDE_MAX  256         /* patterns */


static void agent_exclude_stars(char *p);
static char *agent_exclude_normalize(char *p, const char **error);
static int agent_exclude_compare(const void *a, const void *b);
static int agent_exclude_any(const char *p, size_t n, const char *path);
static int agent_exclude_glob(const char *p, const char *s);
static const char *agent_exclude_one(const char *p, unsigned char c);
static const char *agent_exclude_set(const char *p, unsigned char c);


int
agent_exclude_parse(agent_exclude_t *x, char *text, const char **error)
{
    char  *p, *next, *d;

    memset(x, 0, sizeof(agent_exclude_t));

    x->text = text;

    d = text;

    for (p = text; p; p = next) {
        next = strchr(p, ',');

        if (next) {
            *next++ = '\0';
        }

        *error = NULL;
        p = agent_exclude_normalize(p, error);

        if (p == NULL) {

            if (*error) {
                goto failed;
            }

            continue;
        }

        if (x->n == AGENT_EXCLUDE_MAX) {
            *error = "excludes: more than 256 paths";
            goto failed;
        }

        x->n++;

        memmove(d, p, strlen(p) + 1);
        d += strlen(d) + 1;
    }

    return 0;

failed:

    agent_exclude_free(x);

    return -1;
}


int
agent_exclude_add(agent_exclude_t *x, const char *text, const char **error)
{
    char    *copy, *p, *deep;
    size_t   len;

    *error = "out of memory";

    copy = strdup(text);

    if (copy == NULL) {
        return -1;
    }

    agent_exclude_stars(copy);

    *error = NULL;
    p = agent_exclude_normalize(copy, error);

    if (p == NULL) {
        free(copy);
        return *error ? -1 : 0;
    }

    if (x->ndeep == AGENT_EXCLUDE_MAX) {
        *error = "exclude: more than 256 patterns";
        goto failed;
    }

    len = strlen(p) + 1;
    deep = realloc(x->deep, x->len + len);

    if (deep == NULL) {
        *error = "out of memory";
        goto failed;
    }

    memcpy(deep + x->len, p, len);

    x->deep = deep;
    x->len += len;
    x->ndeep++;

    free(copy);

    return 0;

failed:

    free(copy);

    return -1;
}


static void
agent_exclude_stars(char *p)
{
    char    *d;
    size_t   n;

    for (d = p; *p; p += n) {
        n = strcspn(p, "/");

        if (n != 2 || p[0] != '*' || p[1] != '*') {
            n += (p[n] == '/');
            memmove(d, p, n);
            d += n;
            continue;
        }

        n += (p[n] == '/');
    }

    *d = '\0';
}


/* NULL: empty, or an error */

static char *
agent_exclude_normalize(char *p, const char **error)
{
    char        *end;
    size_t       n;
    const char  *s;

    if (p[0] == '/') {
        *error = "exclude paths must be relative";
        return NULL;
    }

    for (s = p; *s; s += n + (s[n] == '/')) {
        n = strcspn(s, "/");

        if (n == 2 && s[0] == '.' && s[1] == '.') {
            *error = "exclude paths must not contain \"..\"";
            return NULL;
        }
    }

    while (p[0] == '.' && p[1] == '/') {
        p += 2 + strspn(p + 2, "/");
    }

    end = p + strlen(p);

    while (end > p && end[-1] == '/') {
        *--end = '\0';
    }

    return (*p == '\0' || strcmp(p, ".") == 0) ? NULL : p;
}


int
agent_exclude_paths(agent_exclude_t *x, char *text, size_t len)
{
    char    *p;
    size_t   n;

    x->names = text;

    for (n = 0, p = text; p < text + len; p += strlen(p) + 1) {
        n++;
    }

    x->paths = malloc((n ? n : 1) * sizeof(char *));

    if (x->paths == NULL) {
        return -1;
    }

    for (p = text; p < text + len; p += n + 1) {
        n = strlen(p);

        x->paths[x->npaths++] = p;

        if (n && p[n - 1] == '/') {
            p[n - 1] = '\0';
        }
    }

    qsort(x->paths, x->npaths, sizeof(char *), agent_exclude_compare);

    return 0;
}


static int
agent_exclude_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


void
agent_exclude_free(agent_exclude_t *x)
{
    free(x->text);
    free(x->deep);
    free(x->names);
    free(x->paths);

    memset(x, 0, sizeof(agent_exclude_t));
}


int
agent_exclude_match(const agent_exclude_t *x, const char *path)
{
    const char  *slash;

    if (agent_exclude_any(x->text, x->n, path)
        || (x->npaths && bsearch(&path, x->paths, x->npaths, sizeof(char *),
                                 agent_exclude_compare)))
    {
        return 1;
    }

    while (x->ndeep) {

        if (agent_exclude_any(x->deep, x->ndeep, path)) {
            return 1;
        }

        slash = strchr(path, '/');

        if (slash == NULL) {
            break;
        }

        path = slash + 1;
    }

    return 0;
}


static int
agent_exclude_any(const char *p, size_t n, const char *path)
{
    for ( /* void */ ; n; n--) {

        if (agent_exclude_glob(p, path)) {
            return 1;
        }

        p += strlen(p) + 1;
    }

    return 0;
}


/*
 * As a star matches anything, only the last one has to be extended: the time
 * is the product of both lengths, whatever the pattern.
 */

static int
agent_exclude_glob(const char *p, const char *s)
{
    const char  *next, *star, *from;

    star = NULL;
    from = NULL;

    while (*s) {

        if (*p == '*') {
            star = ++p;
            from = s;
            continue;
        }

        next = agent_exclude_one(p, (unsigned char) *s);

        if (next) {
            p = next;
            s++;
            continue;
        }

        if (star == NULL) {
            return 0;
        }

        p = star;
        s = ++from;
    }

    while (*p == '*') {
        p++;
    }

    return *p == '\0';
}


/* what follows the pattern's first element if it matches, otherwise NULL */

static const char *
agent_exclude_one(const char *p, unsigned char c)
{
    switch (*p) {

    case '\0':
        return NULL;

    case '?':
        return p + 1;

    case '[':

        /* without its end, it is a bracket */

        if (p[1] == '\0' || strchr(p + 2, ']') == NULL) {
            break;
        }

        return agent_exclude_set(p + 1, c);

    case '\\':

        if (p[1]) {
            p++;
        }

        break;
    }

    return (unsigned char) *p == c ? p + 1 : NULL;
}


/* p is behind the bracket; the first character of a set may be another one */

static const char *
agent_exclude_set(const char *p, unsigned char c)
{
    int            invert, found, first;
    unsigned char  low, high;

    invert = (*p == '!' || *p == '^');
    p += invert;

    found = 0;

    for (first = 1; *p && (first || *p != ']'); first = 0) {
        low = (unsigned char) *p++;
        high = low;

        if (p[0] == '-' && p[1] && p[1] != ']') {
            high = (unsigned char) p[1];
            p += 2;
        }

        found |= (c >= low && c <= high);
    }

    return (*p == ']' && found != invert) ? p + 1 : NULL;
}
