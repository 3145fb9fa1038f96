
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"


#define AGENT_PATTERN_DEPTH  32        /* of groups */


struct agent_pattern_s {
    char      *text;                   /* ended with a NUL */
    size_t     len;
    regex_t    regex;
    size_t     seen;                   /* bytes since it was made */
    unsigned   is_regex:1;
    unsigned   compiled:1;
};


static agent_pattern_t *agent_pattern_create(const char *text, size_t len,
    char *error, size_t size);
static int agent_pattern_compile(agent_pattern_t *p, char *error,
    size_t size);
static const char *agent_pattern_check(const char *text);
static const char *agent_pattern_bracket(const char *p);
static unsigned agent_pattern_times(const char **p);
static ssize_t agent_pattern_feed_text(agent_pattern_t *p,
    agent_pattern_state_t *state, const char *buf, size_t len);
static int agent_pattern_match(agent_pattern_t *p,
    agent_pattern_state_t *state, int flags);


agent_pattern_t *
agent_pattern_text(const char *text, size_t len, char *error, size_t size)
{
    return agent_pattern_create(text, len, error, size);
}


agent_pattern_t *
agent_pattern_regex(const char *text, size_t len, char *error, size_t size)
{
    const char       *reason;
    agent_pattern_t  *p;

    p = agent_pattern_create(text, len, error, size);

    if (p == NULL) {
        return NULL;
    }

    reason = strlen(p->text) == len ? agent_pattern_check(p->text)
                                    : "holds a NUL";

    if (reason) {
        snprintf(error, size, "%s", reason);
        goto failed;
    }

    p->is_regex = 1;

    if (agent_pattern_compile(p, error, size) != 0) {
        goto failed;
    }

    return p;

failed:

    agent_pattern_free(p);

    return NULL;
}


static agent_pattern_t *
agent_pattern_create(const char *text, size_t len, char *error, size_t size)
{
    agent_pattern_t  *p;

    if (len == 0 || len > AGENT_PATTERN_MAX) {
        snprintf(error, size, "not 1 to %d bytes", AGENT_PATTERN_MAX);
        return NULL;
    }

    p = calloc(1, sizeof(agent_pattern_t));

    if (p) {
        p->text = malloc(len + 1);
    }

    if (p == NULL || p->text == NULL) {
        free(p);
        snprintf(error, size, "out of memory");
        return NULL;
    }

    memcpy(p->text, text, len);
    p->text[len] = '\0';
    p->len = len;

    return p;
}


void
agent_pattern_free(agent_pattern_t *p)
{
    if (p == NULL) {
        return;
    }

    if (p->compiled) {
        regfree(&p->regex);
    }

    free(p->text);
    free(p);
}


int
agent_pattern_is_regex(agent_pattern_t *p)
{
    return p->is_regex;
}


/* 0, or -1 with a message in error */

static int
agent_pattern_compile(agent_pattern_t *p, char *error, size_t size)
{
    int  rc;

    if (p->compiled) {
        regfree(&p->regex);
    }

    rc = regcomp(&p->regex, p->text, REG_EXTENDED|REG_NOSUB);

    p->compiled = (rc == 0);
    p->seen = 0;

    if (rc != 0 && error) {
        regerror(rc, &p->regex, error, size);
    }

    return rc == 0 ? 0 : -1;
}


/*
 * What the library would make of it: a repetition {m,n} is spelt out n times,
 * and a plus makes two of what it follows, each time in each other one.  NULL
 * when that is not too much; syntax is the library's to check.
 */

static const char *
agent_pattern_check(const char *p)
{
    size_t    depth;
    unsigned  times, cost[AGENT_PATTERN_DEPTH + 1], atom;

    depth = 0;
    cost[0] = 0;
    atom = 0;

    for ( /* void */ ; *p; /* void */ ) {

        switch (*p++) {

        case '(':

            if (depth == AGENT_PATTERN_DEPTH) {
                return "too many groups inside of each other";
            }

            cost[depth] += atom;
            cost[++depth] = 0;
            atom = 0;
            break;

        case ')':
            atom = cost[depth] + atom + 1;

            if (depth) {
                depth--;
            }

            break;

        case '+':
        case '*':
        case '?':
            atom = (atom + 1) * (p[-1] == '+' ? 2 : 1);
            break;

        case '{':
            times = agent_pattern_times(&p);
            atom *= times + 1;
            break;

        case '[':
            cost[depth] += atom;
            atom = 1;
            p = agent_pattern_bracket(p);
            break;

        case '\\':

            if (*p >= '1' && *p <= '9') {
                return "back-references are not taken";
            }

            p += (*p != '\0');

            /* fall through */

        default:
            cost[depth] += atom;
            atom = 1;
        }

        if (cost[depth] + atom > AGENT_PATTERN_COST) {
            return "repeats too much";
        }
    }

    return NULL;
}


/* behind the bracket that closes, or at the end */

static const char *
agent_pattern_bracket(const char *p)
{
    char  kind;

    p += (*p == '^');
    p += (*p == ']');

    for ( /* void */ ; *p; p++) {

        if (*p == ']') {
            return p + 1;
        }

        if (*p != '[' || (p[1] != ':' && p[1] != '.' && p[1] != '=')) {
            continue;
        }

        kind = p[1];

        for (p += 2; *p && !(*p == kind && p[1] == ']'); p++) { /* void */ }

        if (*p == '\0') {
            return p;
        }

        p++;
    }

    return p;
}


/* the larger number of "m,n}"; no more than is too much */

static unsigned
agent_pattern_times(const char **p)
{
    unsigned  n, max;

    max = 0;

    for (n = 0; (**p >= '0' && **p <= '9') || **p == ','; (*p)++) {

        if (**p == ',') {
            n = 0;
            continue;
        }

        n = n * 10 + (unsigned) (**p - '0');

        if (n > AGENT_PATTERN_COST) {
            n = AGENT_PATTERN_COST;
        }

        if (n > max) {
            max = n;
        }
    }

    return max;
}


void
agent_pattern_begin(agent_pattern_state_t *state)
{
    state->len = 0;
    state->inside = 0;
}


ssize_t
agent_pattern_feed(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len)
{
    size_t       n, used;
    const char  *line;

    if (!p->is_regex) {
        return agent_pattern_feed_text(p, state, buf, len);
    }

    for (used = 0; used < len; /* void */ ) {

        line = memchr(buf + used, '\n', len - used);
        n = line ? (size_t) (line - buf) - used : len - used;

        if (n > AGENT_PATTERN_WINDOW - state->len) {
            n = AGENT_PATTERN_WINDOW - state->len;
            line = NULL;
        }

        memcpy(state->buf + state->len, buf + used, n);
        state->len += n;
        used += n;

        if (agent_pattern_match(p, state, line ? 0 : REG_NOTEOL)) {
            return (ssize_t) used;
        }

        if (line) {
            used++;
            agent_pattern_begin(state);

        } else if (state->len == AGENT_PATTERN_WINDOW) {
            state->len = AGENT_PATTERN_WINDOW / 2;
            memmove(state->buf, state->buf + AGENT_PATTERN_WINDOW / 2,
                    state->len);
            state->inside = 1;
        }
    }

    return -1;
}


/* across what was there before, and then in the rest */

static ssize_t
agent_pattern_feed_text(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len)
{
    char    *found;
    size_t   n, keep;

    n = len < p->len - 1 ? len : p->len - 1;

    memcpy(state->buf + state->len, buf, n);

    found = memmem(state->buf, state->len + n, p->text, p->len);

    if (found) {
        return found + p->len - state->buf - (ssize_t) state->len;
    }

    found = memmem(buf, len, p->text, p->len);

    if (found) {
        return found + p->len - buf;
    }

    /* what a match may begin with */

    keep = p->len - 1;

    if (len >= keep) {
        memcpy(state->buf, buf + len - keep, keep);
        state->len = keep;
        return -1;
    }

    state->len += n;

    if (state->len > keep) {
        memmove(state->buf, state->buf + state->len - keep, keep);
        state->len = keep;
    }

    return -1;
}


static int
agent_pattern_match(agent_pattern_t *p, agent_pattern_state_t *state,
    int flags)
{
    regmatch_t  match;

    /* each byte may have made a state of the automaton, of 2 KB and more */

    if (p->seen > AGENT_PATTERN_WINDOW
        && agent_pattern_compile(p, NULL, 0) != 0)
    {
        return 0;
    }

    if (!p->compiled) {
        return 0;
    }

    p->seen += state->len;

    /* a line may hold a NUL */

    match.rm_so = 0;
    match.rm_eo = (regoff_t) state->len;

    flags |= REG_STARTEND|(state->inside ? REG_NOTBOL : 0);

    return regexec(&p->regex, state->buf, 1, &match, flags) == 0;
}


int
agent_pattern_end(agent_pattern_t *p, agent_pattern_state_t *state)
{
    return p->is_regex && state->len && agent_pattern_match(p, state, 0);
}
