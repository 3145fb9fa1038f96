
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_int.h"


typedef uint64_t  agent_set_t[AGENT_PATTERN_WORDS];


struct agent_pattern_s {
    /* a text: itself, and how much of it matches again after a mismatch */
    char               *text;
    size_t              len;
    uint16_t           *fail;

    /* an expression: what follows each state without a byte */
    agent_automaton_t   automaton;
    agent_set_t        *follow;
    agent_set_t         anywhere;      /* what may begin in a line */
    agent_set_t         bol;           /* at its beginning */
    agent_set_t         match;
    agent_set_t         eol;           /* a match, if the line ends */
};


static void agent_pattern_follow(agent_automaton_t *a, int state, int bol,
    int eol, agent_set_t set, agent_set_t seen);
static int agent_pattern_meet(const agent_set_t one, const agent_set_t two);
static ssize_t agent_pattern_feed_text(agent_pattern_t *p,
    agent_pattern_state_t *state, const char *buf, size_t len);
static void agent_pattern_step(agent_pattern_t *p,
    agent_pattern_state_t *state, unsigned char c);


agent_pattern_t *
agent_pattern_text(const char *text, size_t len, char *error, size_t size)
{
    size_t            i, k;
    agent_pattern_t  *p;

    if (len == 0 || len > AGENT_PATTERN_MAX) {
        snprintf(error, size, "not 1 to %d bytes", AGENT_PATTERN_MAX);
        return NULL;
    }

    p = calloc(1, sizeof(agent_pattern_t));

    if (p == NULL) {
        goto failed;
    }

    p->text = malloc(len);
    p->fail = malloc(len * sizeof(uint16_t));

    if (p->text == NULL || p->fail == NULL) {
        goto failed;
    }

    memcpy(p->text, text, len);
    p->len = len;
    p->fail[0] = 0;

    for (i = 1, k = 0; i < len; i++) {

        while (k && text[i] != text[k]) {
            k = p->fail[k - 1];
        }

        k += (text[i] == text[k]);
        p->fail[i] = (uint16_t) k;
    }

    return p;

failed:

    agent_pattern_free(p);
    snprintf(error, size, "out of memory");

    return NULL;
}


agent_pattern_t *
agent_pattern_regex(const char *text, size_t len, char *error, size_t size)
{
    int                 i;
    agent_set_t         seen, ends;
    agent_pattern_t    *p;
    agent_automaton_t  *a;

    if (len == 0 || len > AGENT_PATTERN_MAX) {
        snprintf(error, size, "not 1 to %d bytes", AGENT_PATTERN_MAX);
        return NULL;
    }

    p = calloc(1, sizeof(agent_pattern_t));

    if (p == NULL) {
        snprintf(error, size, "out of memory");
        return NULL;
    }

    a = &p->automaton;

    if (agent_pattern_parse(a, text, len, error, size) != 0) {
        goto failed;
    }

    p->follow = calloc(a->n, sizeof(agent_set_t));

    if (p->follow == NULL) {
        snprintf(error, size, "out of memory");
        goto failed;
    }

    for (i = 0; i < a->n; i++) {

        switch (a->states[i].kind) {

        case AGENT_STATE_CLASS:
            memset(seen, 0, sizeof(seen));
            agent_pattern_follow(a, a->states[i].out, 0, 0, p->follow[i],
                                 seen);
            break;

        case AGENT_STATE_EOL:
            memset(seen, 0, sizeof(seen));
            memset(ends, 0, sizeof(ends));
            agent_pattern_follow(a, a->states[i].out, 0, 1, ends, seen);

            if (agent_bit_test(ends, 0)) {
                agent_bit_set(p->eol, i);
            }

            break;

        case AGENT_STATE_MATCH:
            agent_bit_set(p->match, i);
            agent_bit_set(p->eol, i);
            break;

        default:
            break;
        }
    }

    memset(seen, 0, sizeof(seen));
    agent_pattern_follow(a, a->start, 0, 0, p->anywhere, seen);

    memset(seen, 0, sizeof(seen));
    agent_pattern_follow(a, a->start, 1, 0, p->bol, seen);

    if (agent_pattern_meet(p->bol, p->match)) {
        snprintf(error, size, "matches where there is nothing");
        goto failed;
    }

    return p;

failed:

    agent_pattern_free(p);

    return NULL;
}


void
agent_pattern_free(agent_pattern_t *p)
{
    if (p == NULL) {
        return;
    }

    free(p->text);
    free(p->fail);
    free(p->follow);
    free(p);
}


/* the states with a byte, an end or a match that lead on from this one */

static void
agent_pattern_follow(agent_automaton_t *a, int state, int bol, int eol,
    agent_set_t set, agent_set_t seen)
{
    agent_state_t  *s;

    /* as deep as there are states */

    if (agent_bit_test(seen, state)) {
        return;
    }

    agent_bit_set(seen, state);

    s = &a->states[state];

    if (s->kind == AGENT_STATE_SPLIT) {
        agent_pattern_follow(a, s->out, bol, eol, set, seen);
        agent_pattern_follow(a, s->other, bol, eol, set, seen);
        return;
    }

    if (s->kind == AGENT_STATE_BOL) {

        if (bol) {
            agent_pattern_follow(a, s->out, bol, eol, set, seen);
        }

        return;
    }

    agent_bit_set(set, state);

    if (s->kind == AGENT_STATE_EOL && eol) {
        agent_pattern_follow(a, s->out, bol, eol, set, seen);
    }
}


static int
agent_pattern_meet(const agent_set_t one, const agent_set_t two)
{
    size_t  i;

    for (i = 0; i < AGENT_PATTERN_WORDS; i++) {

        if (one[i] & two[i]) {
            return 1;
        }
    }

    return 0;
}


void
agent_pattern_begin(agent_pattern_t *p, agent_pattern_state_t *state)
{
    state->len = 0;
    state->line = 0;

    memcpy(state->set, p->bol, sizeof(state->set));
}


ssize_t
agent_pattern_feed(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len)
{
    size_t  i;

    if (p->text) {
        return agent_pattern_feed_text(p, state, buf, len);
    }

    for (i = 0; i < len; i++) {

        if (buf[i] == '\n') {

            if (agent_pattern_meet(state->set, p->eol)) {
                return i;
            }

            agent_pattern_begin(p, state);
            continue;
        }

        state->line = 1;
        agent_pattern_step(p, state, (unsigned char) buf[i]);

        if (agent_pattern_meet(state->set, p->match)) {
            return i + 1;
        }
    }

    return -1;
}


static ssize_t
agent_pattern_feed_text(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len)
{
    size_t  i, k;

    k = state->len;

    for (i = 0; i < len; i++) {

        while (k && buf[i] != p->text[k]) {
            k = p->fail[k - 1];
        }

        k += (buf[i] == p->text[k]);

        if (k == p->len) {
            return i + 1;
        }
    }

    state->len = k;

    return -1;
}


static void
agent_pattern_step(agent_pattern_t *p, agent_pattern_state_t *state,
    unsigned char c)
{
    int             n;
    size_t          i, k;
    uint64_t        word;
    agent_set_t     next;
    agent_state_t  *s;

    memcpy(next, p->anywhere, sizeof(next));

    for (i = 0; i < AGENT_PATTERN_WORDS; i++) {

        for (word = state->set[i]; word; word &= word - 1) {
            n = (int) i * 64 + __builtin_ctzll(word);
            s = &p->automaton.states[n];

            if (s->kind != AGENT_STATE_CLASS
                || !agent_bit_test(s->class.bits, c))
            {
                continue;
            }

            for (k = 0; k < AGENT_PATTERN_WORDS; k++) {
                next[k] |= p->follow[n][k];
            }
        }
    }

    memcpy(state->set, next, sizeof(next));
}


int
agent_pattern_end(agent_pattern_t *p, agent_pattern_state_t *state)
{
    return p->text == NULL && state->line
           && agent_pattern_meet(state->set, p->eol);
}
