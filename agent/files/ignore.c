
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "files/braces.h"
#include "files/glob.h"
#include "files/ignore.h"


#define AGENT_IGNORE_FIRST  16         /* rules */


static size_t agent_ignore_trim(const char *line, size_t len);
static const char *agent_ignore_choice(void *data, const char *pattern,
    size_t len);
static int agent_ignore_up(const char *pattern, size_t len);
static int agent_ignore_add(agent_ignore_t *x, const char *pattern,
    size_t len, int negate, int anchored);
static void *agent_ignore_grow(void *p, size_t used, size_t need,
    size_t *size, size_t item, size_t first);
static int agent_ignore_rule(const agent_ignore_t *x,
    const agent_ignore_rule_t *rule, const char *path, size_t len,
    size_t name, int directory);


int
agent_ignore_parse(agent_ignore_t *x, const char *text, size_t len)
{
    int          negate;
    size_t       n;
    const char  *p, *end, *next;

    p = text;
    end = text + len;

    /* the mark of UTF-8 */

    if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    for ( /* void */ ; p < end; p = next) {

        next = memchr(p, '\n', end - p);
        n = next ? (size_t) (next - p) : (size_t) (end - p);
        next = next ? next + 1 : end;

        if (n == 0 || *p == '#') {
            continue;
        }

        n = agent_ignore_trim(p, n);
        negate = (n && *p == '!');

        if (agent_ignore_add(x, p + negate, n - negate, negate, 0) == -1) {
            return -1;
        }
    }

    return 0;
}


/*
 * the length without a carriage return, and spaces that no backslash keeps; a
 * NUL ends a line for git
 */

static size_t
agent_ignore_trim(const char *line, size_t len)
{
    size_t  i, n;

    if (line[len - 1] == '\r') {
        len--;
    }

    for (i = 0, n = 0; i < len && line[i] != '\0'; i++) {

        if (line[i] == '\\' && i + 1 < len) {
            i++;

        } else if (line[i] == ' ') {
            continue;
        }

        n = i + 1;
    }

    return n;
}


const char *
agent_ignore_pattern(agent_ignore_t *x, const char *pattern, size_t len)
{
    if (len == 0) {
        return "must not be empty";
    }

    if (len > AGENT_BRACES_MAX) {
        return "must not exceed 1024 bytes";
    }

    if (memchr(pattern, '\0', len) != NULL) {
        return "must not contain NUL";
    }

    return agent_braces_expand(pattern, len, agent_ignore_choice, x);
}


static const char *
agent_ignore_choice(void *data, const char *pattern, size_t len)
{
    int              negate, anchored;
    const char      *error;
    agent_ignore_t  *x;

    x = data;

    error = agent_glob_check(pattern, len);

    if (error) {
        return error;
    }

    negate = (len && pattern[0] == '!');
    pattern += negate;
    len -= negate;

    anchored = 0;

    while (len > 1 && pattern[0] == '.' && pattern[1] == '/') {
        anchored = 1;
        pattern += 2;
        len -= 2;
    }

    if (len == 0 || (len == 1 && pattern[0] == '/')) {
        return "has no name in it";
    }

    if (agent_ignore_up(pattern, len)) {
        return "must not contain \"..\" or \"//\": it begins in the directory "
               "that is searched";
    }

    if (x->n == AGENT_IGNORE_RULES || x->used + len > AGENT_IGNORE_TEXT) {
        return "more than 256 patterns, or 16 KB of them";
    }

    return agent_ignore_add(x, pattern, len, negate, anchored) == -1
           ? "out of memory" : NULL;
}


/* a component that no path below a directory has */

static int
agent_ignore_up(const char *pattern, size_t len)
{
    size_t       n;
    const char  *p, *end;

    p = pattern;
    end = pattern + len;

    while (p < end) {
        n = 0;

        while (p + n < end && p[n] != '/') {
            n++;
        }

        if ((n == 0 && p != pattern) || (n == 2 && memcmp(p, "..", 2) == 0)) {
            return 1;
        }

        p += n + 1;
    }

    return 0;
}


/* 0, or -1 if out of memory; what can match nothing is no rule */

static int
agent_ignore_add(agent_ignore_t *x, const char *pattern, size_t len,
    int negate, int anchored)
{
    void                 *p;
    char                 *text;
    size_t                i, n;
    agent_ignore_rule_t   rule;

    memset(&rule, 0, sizeof(agent_ignore_rule_t));

    rule.negate = negate;
    rule.path = anchored;

    if (len && pattern[len - 1] == '/') {
        rule.directory = 1;
        len--;
    }

    if (memchr(pattern, '/', len) != NULL) {
        rule.path = 1;
    }

    if (len && pattern[0] == '/') {
        pattern++;
        len--;
    }

    if (len == 0 || len > AGENT_IGNORE_PATTERN) {
        return 0;
    }

    p = agent_ignore_grow(x->text, x->used, len, &x->size, 1, 256);

    if (p == NULL) {
        return -1;
    }

    x->text = p;

    p = agent_ignore_grow(x->rules, x->n, 1, &x->room,
                          sizeof(agent_ignore_rule_t), AGENT_IGNORE_FIRST);

    if (p == NULL) {
        return -1;
    }

    x->rules = p;

    /* "\/" is a slash, at which the path is cut */

    text = x->text + x->used;

    for (i = 0, n = 0; i < len; i++) {

        if (pattern[i] == '\\' && i + 1 < len) {

            if (pattern[i + 1] != '/') {
                text[n++] = '\\';
            }

            i++;
        }

        text[n++] = pattern[i];
    }

    rule.at = x->used;
    rule.len = n;
    rule.plain = agent_glob_plain(text, n);

    x->used += n;
    x->rules[x->n++] = rule;

    return 0;
}


static void *
agent_ignore_grow(void *p, size_t used, size_t need, size_t *size, size_t item,
    size_t first)
{
    size_t  n;

    if (used + need <= *size) {
        return p;
    }

    for (n = *size ? *size * 2 : first; n < used + need; n *= 2) { /* void */ }

    p = realloc(p, n * item);

    if (p) {
        *size = n;
    }

    return p;
}


int
agent_ignore_match(const agent_ignore_t *x, const char *path, size_t len,
    size_t name, int directory)
{
    size_t  i;

    for (i = x->n; i; i--) {

        if (agent_ignore_rule(x, &x->rules[i - 1], path, len, name, directory))
        {
            return x->rules[i - 1].negate ? -1 : 1;
        }
    }

    return 0;
}


static int
agent_ignore_rule(const agent_ignore_t *x, const agent_ignore_rule_t *rule,
    const char *path, size_t len, size_t name, int directory)
{
    const char  *pattern;

    if (rule->directory && !directory) {
        return 0;
    }

    pattern = x->text + rule->at;

    if (!rule->path) {
        path += name;
        len -= name;
    }

    if (rule->plain && !x->icase) {
        return rule->len == len && memcmp(pattern, path, len) == 0;
    }

    if (rule->path) {
        return agent_glob_path(pattern, rule->len, path, len, x->icase);
    }

    return agent_glob_name(pattern, rule->len, path, len, x->icase);
}


size_t
agent_ignore_memory(const agent_ignore_t *x)
{
    return x->size + x->room * sizeof(agent_ignore_rule_t);
}


void
agent_ignore_free(agent_ignore_t *x)
{
    free(x->text);
    free(x->rules);

    x->text = NULL;
    x->rules = NULL;
    x->used = 0;
    x->size = 0;
    x->n = 0;
    x->room = 0;
}
