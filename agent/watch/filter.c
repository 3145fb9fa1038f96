
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "files/glob.h"
#include "watch/filter.h"


static int agent_watch_filter_list(json_t *body, const char *name,
    json_t **list, agent_fault_t *fault);
static const char *agent_watch_filter_pattern(json_t *value, size_t *len,
    const char *name, agent_fault_t *fault);
static int agent_watch_filter_order(const void *a, const void *b);
static int agent_watch_filter_match(const agent_watch_filter_t *f,
    const char *root, const char *path, int within);
static int agent_watch_filter_ends(const char *pattern, const char *path,
    int within);


static const char *const  agent_watch_filter_default[] = {
    ".DS_Store", ".git", "node_modules"
};


int
agent_watch_filter_parse(agent_watch_filter_t *f, json_t *body,
    agent_fault_t *fault)
{
    size_t           i, n, len;
    json_t          *include, *exclude, *list;
    const char      *name, *patterns[AGENT_WATCH_FILTER_MAX], *before;
    agent_buffer_t   b;

    memset(f, 0, sizeof(agent_watch_filter_t));
    memset(&b, 0, sizeof(agent_buffer_t));

    if (agent_watch_filter_list(body, "include", &include, fault) != 0
        || agent_watch_filter_list(body, "exclude", &exclude, fault) != 0)
    {
        return -1;
    }

    if (json_array_size(include) && json_array_size(exclude)) {
        return agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:O, s:O}", "include", include,
                                         "exclude", exclude),
                               "include, exclude: only one of them is "
                               "possible");
    }

    f->include = (json_array_size(include) != 0);
    list = f->include ? include : exclude;
    name = f->include ? "include" : "exclude";
    n = json_array_size(list);

    if (n > AGENT_WATCH_FILTER_MAX) {
        return agent_fault_invalid(fault, "%s: more than %d patterns", name,
                                   AGENT_WATCH_FILTER_MAX);
    }

    for (i = 0; i < n; i++) {
        patterns[i] = agent_watch_filter_pattern(json_array_get(list, i), &len,
                                                 name, fault);
        if (patterns[i] == NULL) {
            return -1;
        }
    }

    if (list == NULL) {
        n = sizeof(agent_watch_filter_default)
            / sizeof(agent_watch_filter_default[0]);
        memcpy(patterns, agent_watch_filter_default,
               sizeof(agent_watch_filter_default));
    }

    qsort(patterns, n, sizeof(char *), agent_watch_filter_order);
    before = "";

    for (i = 0; i < n; i++) {

        if (strcmp(patterns[i], before) != 0) {
            len = strlen(patterns[i]);

            while (len > 1 && patterns[i][len - 1] == '/') {
                len--;
            }

            agent_buffer_add(&b, patterns[i], len);
            agent_buffer_add(&b, "", 1);
            f->n++;
        }

        before = patterns[i];
    }

    f->size = b.len;

    if (n) {
        f->text = agent_buffer_take(&b);

        if (f->text == NULL) {
            return agent_fault_no_memory(fault);
        }
    }

    return 0;
}


/* NULL: absent, or null */

static int
agent_watch_filter_list(json_t *body, const char *name, json_t **list,
    agent_fault_t *fault)
{
    *list = json_object_get(body, name);

    if (json_is_null(*list)) {
        *list = NULL;
    }

    if (*list && !json_is_array(*list)) {
        return agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:O}", name, *list),
                               "%s: must be an array of patterns", name);
    }

    return 0;
}


static const char *
agent_watch_filter_pattern(json_t *value, size_t *len, const char *name,
    agent_fault_t *fault)
{
    const char  *s, *wrong;

    s = agent_json_string_of(value);

    if (s == NULL) {
        wrong = "must be a string without NUL";

    } else if (s[strspn(s, " \t\r\n\f\v")] == '\0') {
        wrong = "must not be blank";

    } else if (strlen(s) > AGENT_WATCH_FILTER_SIZE) {
        (void) agent_fault_invalid(fault, "%s: a pattern exceeds %d bytes",
                                   name, AGENT_WATCH_FILTER_SIZE);
        return NULL;

    } else if (strpbrk(s, "[]{}") != NULL) {
        wrong = "must not contain [, ], { or }: use *, ** and ?";

    } else {
        wrong = agent_glob_check(s, strlen(s));
    }

    if (wrong) {
        (void) agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:O}", "pattern", value),
                               "%s: a pattern %s", name, wrong);
        return NULL;
    }

    *len = strlen(s);

    return s;
}


static int
agent_watch_filter_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}


void
agent_watch_filter_free(agent_watch_filter_t *f)
{
    free(f->text);
    f->text = NULL;
    f->n = 0;
}


int
agent_watch_filter_equal(const agent_watch_filter_t *a,
    const agent_watch_filter_t *b)
{
    return a->include == b->include && a->size == b->size
           && (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
}


int
agent_watch_filter_pass(const agent_watch_filter_t *f, const char *root,
    const char *path)
{
    if (f->include) {
        return agent_watch_filter_match(f, root, path, 1);
    }

    return !agent_watch_filter_match(f, root, path, 0);
}


int
agent_watch_filter_prune(const agent_watch_filter_t *f, const char *root,
    const char *path)
{
    return !f->include && agent_watch_filter_match(f, root, path, 0);
}


/* within: the match may also end before the end of the path */

static int
agent_watch_filter_match(const agent_watch_filter_t *f, const char *root,
    const char *path, int within)
{
    char         text[PATH_MAX * 2 + NAME_MAX];
    size_t       i, len;
    const char  *p, *s;

    p = f->text;

    for (i = 0; i < f->n; i++, p += len + 1) {
        len = strlen(p);

        if (p[0] == '/') {
            (void) snprintf(text, sizeof(text), "%s/%s", root + 1, path);

            if (agent_watch_filter_ends(p + 1, text, within)) {
                return 1;
            }

            continue;
        }

        for (s = path; s; s = strchr(s, '/')) {
            s += (*s == '/');

            if (agent_watch_filter_ends(p, s, within)) {
                return 1;
            }
        }
    }

    return 0;
}


/* the pattern matches the path from its beginning */

static int
agent_watch_filter_ends(const char *pattern, const char *path, int within)
{
    size_t       plen;
    const char  *p, *end;

    plen = strlen(pattern);
    end = path;

    /* it has as many names as the pattern, unless there is a "**" */

    if (strstr(pattern, "**") == NULL) {

        for (p = pattern; p; p = strchr(p, '/')) {
            p += (p != pattern);

            if (p != pattern && *end == '\0') {
                return 0;
            }

            end = strchrnul(end + (p != pattern), '/');
        }

        return (within || *end == '\0')
               && agent_glob_path(pattern, plen, path, end - path, 0);
    }

    if (!within) {
        return agent_glob_path(pattern, plen, path, strlen(path), 0);
    }

    for ( ;; ) {
        end = strchrnul(end, '/');

        if (agent_glob_path(pattern, plen, path, end - path, 0)) {
            return 1;
        }

        if (*end++ == '\0') {
            return 0;
        }
    }
}
