
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/literal.h"


/* the text that is being read, and the longest one so far */

typedef struct {
    char    *out;
    size_t   best;                     /* at the beginning of out */
    size_t   len;                      /* of the text now, after it */
} agent_literal_t;


static const char *agent_literal_atom(const char *p, const char *end,
    int *byte);
static const char *agent_literal_group(const char *p, const char *end);
static const char *agent_literal_bracket(const char *p, const char *end);
static const char *agent_literal_repeat(const char *p, const char *end,
    int *optional, int *repeated);
static void agent_literal_close(agent_literal_t *l);


size_t
agent_literal(const char *regex, size_t len, char *out)
{
    int               byte, optional, repeated;
    const char       *p, *end;
    agent_literal_t   l;

    l.out = out;
    l.best = 0;
    l.len = 0;

    end = regex + len;

    for (p = regex; p < end; /* void */ ) {

        /* either side of it is enough */

        if (*p == '|') {
            return 0;
        }

        p = agent_literal_atom(p, end, &byte);
        p = agent_literal_repeat(p, end, &optional, &repeated);

        if (byte == -1 || optional) {
            agent_literal_close(&l);
            continue;
        }

        /*
         * the text must fit behind the longest one: both are shorter than what
         * was read
         */

        l.out[l.best + l.len++] = byte;

        if (repeated) {
            agent_literal_close(&l);
        }
    }

    agent_literal_close(&l);

    return l.best;
}


/* the end of one atom, which is this byte, or -1 */

static const char *
agent_literal_atom(const char *p, const char *end, int *byte)
{
    int  c;

    *byte = -1;
    c = (unsigned char) *p++;

    switch (c) {

    case '(':
        return agent_literal_group(p, end);

    case '[':
        return agent_literal_bracket(p, end);

    case '.':
    case '^':
    case '$':
        return p;

    case '\\':

        if (p == end) {
            return p;
        }

        c = (unsigned char) *p++;

        /* "\." is a byte, "\w" a class, "\<" and "\b" are positions */

        if (strchr(".[]{}()*+?|^$\\/-", c) != NULL && c != '\0') {
            *byte = c;
        }

        return p;

    default:
        *byte = c;
        return p;
    }
}


/* p is behind the parenthesis */

static const char *
agent_literal_group(const char *p, const char *end)
{
    size_t  depth;

    depth = 1;

    while (p < end && depth) {

        switch (*p++) {

        case '(':
            depth++;
            break;

        case ')':
            depth--;
            break;

        case '[':
            p = agent_literal_bracket(p, end);
            break;

        case '\\':
            p += (p < end);
            break;
        }
    }

    return p;
}


/* p is behind the bracket; "[[:alpha:]]" has brackets in it */

static const char *
agent_literal_bracket(const char *p, const char *end)
{
    p += (p < end && *p == '^');
    p += (p < end && *p == ']');

    while (p < end && *p != ']') {

        if (p[0] == '[' && end - p > 1 && p[1] == ':') {
            p = memchr(p + 2, ']', end - p - 2);

            if (p == NULL) {
                return end;
            }
        }

        p++;
    }

    return p < end ? p + 1 : end;
}


/* what is said of the atom before it: any number of repetitions */

static const char *
agent_literal_repeat(const char *p, const char *end, int *optional,
    int *repeated)
{
    *optional = 0;
    *repeated = 0;

    for ( /* void */ ; p < end; p++) {

        switch (*p) {

        case '*':
        case '?':
            *optional = 1;
            break;

        case '+':
            *repeated = 1;
            break;

        case '{':

            /* "{0,3}" and "{,3}", and it is not worth knowing more */

            *optional = 1;
            p = memchr(p, '}', end - p);

            if (p == NULL) {
                return end;
            }

            break;

        default:
            return p;
        }
    }

    return p;
}


/* the text ends here */

static void
agent_literal_close(agent_literal_t *l)
{
    if (l->len > l->best) {
        memmove(l->out, l->out + l->best, l->len);
        l->best = l->len;
    }

    l->len = 0;
}
