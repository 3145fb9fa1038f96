
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/literal.h"


typedef struct {
    const char  *p;
    const char  *end;
} agent_literal_parser_t;


static void agent_literal_alternatives(agent_literal_parser_t *q,
    agent_literal_t *l);
static void agent_literal_sequence(agent_literal_parser_t *q,
    agent_literal_t *l);
static void agent_literal_atom(agent_literal_parser_t *q,
    agent_literal_t *group, int *byte);
static const char *agent_literal_bracket(const char *p, const char *end);
static void agent_literal_repeat(agent_literal_parser_t *q, int *optional,
    int *repeated);
static void agent_literal_byte(agent_literal_t *l, char c);
static void agent_literal_choose(agent_literal_t *best, agent_literal_t *l);
static size_t agent_literal_shortest(const agent_literal_t *l);


void
agent_literal(const char *regex, size_t len, agent_literal_t *l)
{
    agent_literal_parser_t  q;

    q.p = regex;
    q.end = regex + len;

    agent_literal_alternatives(&q, l);

    /* a parenthesis that closes nothing */

    if (q.p < q.end) {
        l->n = 0;
    }
}


/* up to the parenthesis that closes them: each must have a text */

static void
agent_literal_alternatives(agent_literal_parser_t *q, agent_literal_t *l)
{
    int              none;
    size_t           i;
    agent_literal_t  one;

    l->n = 0;
    l->used = 0;
    none = 0;

    for ( ;; ) {
        agent_literal_sequence(q, &one);

        if (one.n == 0 || l->n + one.n > AGENT_LITERAL_MAX) {
            none = 1;
        }

        for (i = 0; i < one.n && !none; i++) {
            l->len[l->n] = one.len[i];
            l->at[l->n] = l->used;
            l->n++;

            memcpy(l->text + l->used, one.text + one.at[i], one.len[i]);
            l->used += one.len[i];
        }

        if (q->p == q->end || *q->p == ')') {
            break;
        }

        /* "|" */
        q->p++;
    }

    if (none) {
        l->n = 0;
    }
}


/* the best of what is required one after the other */

static void
agent_literal_sequence(agent_literal_parser_t *q, agent_literal_t *l)
{
    int              byte, optional, repeated;
    agent_literal_t  text, group;

    l->n = 0;
    memset(&text, 0, sizeof(agent_literal_t));

    while (q->p < q->end && *q->p != '|' && *q->p != ')') {

        agent_literal_atom(q, &group, &byte);
        agent_literal_repeat(q, &optional, &repeated);

        if (!optional) {
            agent_literal_choose(l, &group);
        }

        if (byte != -1 && !optional) {
            agent_literal_byte(&text, byte);

            if (!repeated) {
                continue;
            }
        }

        agent_literal_choose(l, &text);
        text.n = 0;
    }

    agent_literal_choose(l, &text);
}


/* one atom: a group, a byte, or, with -1, something else */

static void
agent_literal_atom(agent_literal_parser_t *q, agent_literal_t *group,
    int *byte)
{
    int  c;

    *byte = -1;
    group->n = 0;

    c = (unsigned char) *q->p++;

    switch (c) {

    case '(':
        agent_literal_alternatives(q, group);
        q->p += (q->p < q->end);
        return;

    case '[':
        q->p = agent_literal_bracket(q->p, q->end);
        return;

    case '.':
    case '^':
    case '$':
        return;

    case '\\':

        if (q->p == q->end) {
            return;
        }

        c = (unsigned char) *q->p++;

        /* "\." is a byte, "\w" a class, "\<" and "\b" are positions */

        if (strchr(".[]{}()*+?|^$\\/-", c) != NULL && c != '\0') {
            *byte = c;
        }

        return;

    default:
        *byte = c;
    }
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

static void
agent_literal_repeat(agent_literal_parser_t *q, int *optional, int *repeated)
{
    *optional = 0;
    *repeated = 0;

    for ( /* void */ ; q->p < q->end; q->p++) {

        switch (*q->p) {

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
            q->p = memchr(q->p, '}', q->end - q->p);

            if (q->p == NULL) {
                q->p = q->end;
                return;
            }

            break;

        default:
            return;
        }
    }
}


static void
agent_literal_byte(agent_literal_t *l, char c)
{
    if (l->n == 0) {
        l->n = 1;
        l->len[0] = 0;
        l->at[0] = 0;
        l->used = 0;
    }

    l->text[l->used++] = c;
    l->len[0]++;
}


/* the longer the texts, the fewer lines have them */

static void
agent_literal_choose(agent_literal_t *best, agent_literal_t *l)
{
    size_t  one, two;

    if (l->n == 0) {
        return;
    }

    one = agent_literal_shortest(best);
    two = agent_literal_shortest(l);

    if (two > one || (two == one && l->n < best->n)) {
        *best = *l;
    }
}


/* 0 if there is none */

static size_t
agent_literal_shortest(const agent_literal_t *l)
{
    size_t  i, len;

    if (l->n == 0) {
        return 0;
    }

    len = l->len[0];

    for (i = 1; i < l->n; i++) {
        len = l->len[i] < len ? l->len[i] : len;
    }

    return len;
}
