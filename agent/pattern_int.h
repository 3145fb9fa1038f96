
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PATTERN_INT_H_INCLUDED_
#define _AGENT_PATTERN_INT_H_INCLUDED_


#include "pattern.h"


/* what pattern_parse.c makes, and pattern.c runs */


#define AGENT_PATTERN_WORDS  (AGENT_PATTERN_STATES / 64)


typedef enum {
    AGENT_STATE_MATCH = 0,
    AGENT_STATE_CLASS,
    AGENT_STATE_SPLIT,
    AGENT_STATE_BOL,
    AGENT_STATE_EOL
} agent_state_e;


typedef struct {
    uint64_t  bits[4];
} agent_class_t;


typedef struct {
    agent_state_e   kind;
    int             out;
    int             other;             /* of a split */
    agent_class_t   class;
} agent_state_t;


typedef struct {
    agent_state_t   states[AGENT_PATTERN_STATES];
    int             n;
    int             start;
} agent_automaton_t;


#define agent_bit_set(set, i)   ((set)[(i) / 64] |= 1ULL << ((i) % 64))
#define agent_bit_test(set, i)  ((set)[(i) / 64] >> ((i) % 64) & 1)


/* 0, or -1 with a message in error */
int agent_pattern_parse(agent_automaton_t *a, const char *text, size_t len,
    char *error, size_t size);


#endif /* _AGENT_PATTERN_INT_H_INCLUDED_ */
