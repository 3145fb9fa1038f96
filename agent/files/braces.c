
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "files/braces.h"
#include "files/glob.h"


/* pairs of braces in a pattern, of all that stand for others */
#define AGENT_BRACES_PAIRS  64


typedef struct {
    const char  *(*add)(void *data, const char *pattern, size_t len);
    void         *data;
    unsigned      depth;               /* pairs that are chosen from */
} agent_braces_t;


static const char *agent_braces_choose(agent_braces_t *b, const char *pattern,
    size_t len);
static const char *agent_braces_next(const char *p, const char *end);


const char *
agent_braces_expand(const char *pattern, size_t len,
    const char *(*add)(void *data, const char *pattern, size_t len),
    void *data)
{
    agent_braces_t  b;

    b.add = add;
    b.data = data;
    b.depth = 0;

    return agent_braces_choose(&b, pattern, len);
}


/* the first pair of braces is replaced by each of its alternatives in turn */

static const char *
agent_braces_choose(agent_braces_t *b, const char *pattern, size_t len)
{
    char        *text;
    size_t       n, head, depth;
    unsigned     commas;
    const char  *p, *end, *open, *close, *from, *error;

    end = pattern + len;

    /* outside of braces, a comma is a comma */

    open = agent_braces_next(pattern, end);

    while (open && *open == ',') {
        open = agent_braces_next(open + 1, end);
    }

    if (open == NULL) {
        return b->add(b->data, pattern, len);
    }

    if (*open == '}') {
        return "unmatched }: write \\} for a literal }";
    }

    if (b->depth == AGENT_BRACES_PAIRS) {
        return "too many { }";
    }

    /* where it ends */

    depth = 1;
    commas = 0;

    for (close = open; depth; /* void */ ) {
        close = agent_braces_next(close + 1, end);

        if (close == NULL) {
            return "unmatched {: write \\{ for a literal {";
        }

        depth += (*close == '{');
        depth -= (*close == '}');
        commas += (depth == 1 && *close == ',');
    }

    if (commas == 0) {
        return "{ } without a comma: write \\{ for a literal {";
    }

    text = malloc(len);

    if (text == NULL) {
        return "out of memory";
    }

    head = open - pattern;
    memcpy(text, pattern, head);

    b->depth++;
    error = NULL;
    from = open + 1;

    for (p = open, depth = 1; depth && error == NULL; /* void */ ) {
        p = agent_braces_next(p + 1, end);

        depth += (*p == '{');
        depth -= (*p == '}');

        if (depth > 1 || *p == '{' || (depth == 1 && *p == '}')) {
            continue;
        }

        n = p - from;

        memcpy(text + head, from, n);
        memcpy(text + head + n, close + 1, end - close - 1);

        error = agent_braces_choose(b, text, head + n + (end - close - 1));
        from = p + 1;
    }

    b->depth--;
    free(text);

    return error;
}


/* the next brace or comma that means something */

static const char *
agent_braces_next(const char *p, const char *end)
{
    const char  *next;

    for ( /* void */ ; p < end; p++) {

        switch (*p) {

        case '{':
        case '}':
        case ',':
            return p;

        case '\\':
            p += (end - p > 1);
            break;

        case '[':
            next = agent_glob_set_end(p + 1, end);
            p = next ? next - 1 : p;
            break;
        }
    }

    return NULL;
}
