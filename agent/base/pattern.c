
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tre/tre.h>

#include "base/pattern.h"


#define AGENT_PATTERN_DEPTH  32        /* nesting of groups */


struct agent_pattern_s {
    char      *text;                   /* NUL-terminated */
    size_t     len;
    regex_t    regex;
    unsigned   is_regex:1;
};


static agent_pattern_t *agent_pattern_create(const char *text, size_t len,
    char *error, size_t size);
static agent_pattern_t *agent_pattern_compile(const char *text, size_t len,
    int flags, char *error, size_t size);
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
    return agent_pattern_compile(text, len, REG_NOSUB, error, size);
}


agent_pattern_t *
agent_pattern_lines(const char *text, size_t len, int icase, char *error,
    size_t size)
{
    return agent_pattern_compile(text, len,
                                 REG_NEWLINE|(icase ? REG_ICASE : 0), error,
                                 size);
}


static agent_pattern_t *
agent_pattern_compile(const char *text, size_t len, int flags, char *error,
    size_t size)
{
    int               rc;
    const char       *reason;
    agent_pattern_t  *p;

    p = agent_pattern_create(text, len, error, size);

    if (p == NULL) {
        return NULL;
    }

    reason = strlen(p->text) == len ? agent_pattern_check(p->text)
                                    : "must not contain NUL";

    if (reason) {
        snprintf(error, size, "%s", reason);
        goto failed;
    }

    rc = tre_regncomp(&p->regex, p->text, len, REG_EXTENDED|flags);

    if (rc != 0) {
        (void) tre_regerror(rc, &p->regex, error, size);
        goto failed;
    }

    p->is_regex = 1;

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
        snprintf(error, size, "must be 1 to %d bytes", AGENT_PATTERN_MAX);
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

    if (p->is_regex) {
        tre_regfree(&p->regex);
    }

    free(p->text);
    free(p);
}


int
agent_pattern_is_regex(agent_pattern_t *p)
{
    return p->is_regex;
}


/*
 * Estimates the size of the compiled expression, in which a repetition {m,n}
 * is expanded n times.  NULL if it is acceptable.  The library checks the
 * syntax, except for its extensions to POSIX, which are refused: (?flags),
 * approximate matching {~1} and quoting; and except for an unmatched
 * parenthesis, on which it may not terminate.
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
                return "groups nested too deeply";
            }

            cost[depth] += atom;
            cost[++depth] = 0;
            atom = 0;
            break;

        case ')':

            if (depth == 0) {
                return "unmatched ): write \\) for a literal )";
            }

            atom = cost[depth] + atom + 1;
            depth--;
            break;

        case '|':
            cost[depth] += atom + 1;
            atom = 0;
            break;

        case '+':
        case '*':
        case '?':

            if (atom == 0) {
                return "+, * or ? has nothing to repeat: escape it with \\ "
                       "for a literal";
            }

            atom++;
            break;

        case '{':

            if (atom == 0) {
                return "{ has nothing to repeat: write \\{ for a literal {";
            }

            times = agent_pattern_times(&p);

            if (*p++ != '}') {
                return "{ does not begin a valid repetition: write \\{ for a "
                       "literal {";
            }

            atom *= times + 1;
            break;

        case '[':
            cost[depth] += atom;
            atom = 1;
            p = agent_pattern_bracket(p);

            if (p == NULL) {
                return "unmatched [, or an invalid range or class in [ ]";
            }

            break;

        case '\\':

            if (*p >= '1' && *p <= '9') {
                return "back-references are not supported";
            }

            if (*p == 'Q' || *p == 'x') {
                return "\\Q and \\x are not supported";
            }

            p += (*p != '\0');

            /* fall through */

        default:
            cost[depth] += atom;
            atom = 1;
        }

        if (cost[depth] + atom > AGENT_PATTERN_COST) {
            return "repetition count too large";
        }
    }

    return NULL;
}


/* the position after the closing bracket; NULL if missing or ambiguous */

static const char *
agent_pattern_bracket(const char *p)
{
    p += (*p == '^');
    p += (*p == ']');

    for ( /* void */ ; *p; p++) {

        if (*p == ']') {
            return p + 1;
        }

        if (*p != '[') {
            continue;
        }

        if (p[1] == '.' || p[1] == '=') {
            return NULL;
        }

        if (p[1] != ':') {
            continue;
        }

        for (p += 2; *p >= 'a' && *p <= 'z'; p++) { /* void */ }

        if (*p++ != ':' || *p != ']') {
            return NULL;
        }
    }

    return NULL;
}


/* the larger number of "m,n}", capped just above the limit */

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


/* first across the boundary to the previous bytes, then in the rest */

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

    /* keep the bytes that may begin a match */

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
    if (state->inside) {
        flags |= REG_NOTBOL;
    }

    /* a line may contain NUL */

    return tre_regnexec(&p->regex, state->buf, state->len, 0, NULL, flags)
           == 0;
}


int
agent_pattern_end(agent_pattern_t *p, agent_pattern_state_t *state)
{
    return p->is_regex && state->len && agent_pattern_match(p, state, 0);
}


int
agent_pattern_any(agent_pattern_t *p, const char *lines, size_t len)
{
    /* without positions, which take longer */

    return tre_regnexec(&p->regex, lines, len, 0, NULL, 0) == 0;
}


int
agent_pattern_find(agent_pattern_t *p, const char *line, size_t len,
    int begins, int ends, size_t *from, size_t *to)
{
    int         flags;
    regmatch_t  match;

    flags = (begins ? 0 : REG_NOTBOL) | (ends ? 0 : REG_NOTEOL);

    if (tre_regnexec(&p->regex, line, len, 1, &match, flags) != 0) {
        return 0;
    }

    *from = match.rm_so;
    *to = match.rm_eo;

    return 1;
}
