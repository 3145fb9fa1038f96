
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PATTERN_H_INCLUDED_
#define _AGENT_PATTERN_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/*
 * A text or a regular expression that is looked for in bytes as they come.
 * An expression is a POSIX extended one, on lines, with \d \s \w and their
 * opposites; it becomes an automaton of bounded size that is run in all its
 * states at once: a byte costs no more than there are states, whatever the
 * pattern and whatever the line's length, and nothing is kept of what has
 * passed.  Not regcomp(): some patterns cost it any amount of memory or time.
 */


#define AGENT_PATTERN_MAX     1024     /* bytes of a pattern */
#define AGENT_PATTERN_STATES  256


typedef struct agent_pattern_s  agent_pattern_t;


/* where one stream stands; a pattern may be run on many */
typedef struct {
    uint64_t  set[AGENT_PATTERN_STATES / 64];
    size_t    len;           /* of the text: how much of it has matched */
    unsigned  line:1;        /* not at the beginning of one */
} agent_pattern_state_t;


/* NULL with a message in error */
agent_pattern_t *agent_pattern_text(const char *text, size_t len,
    char *error, size_t size);
agent_pattern_t *agent_pattern_regex(const char *text, size_t len,
    char *error, size_t size);

void agent_pattern_free(agent_pattern_t *p);

void agent_pattern_begin(agent_pattern_t *p, agent_pattern_state_t *state);

/* how many bytes there are up to the end of the first match; -1: none yet */
ssize_t agent_pattern_feed(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len);

/* 1: what has passed matches, if it was the end of the last line */
int agent_pattern_end(agent_pattern_t *p, agent_pattern_state_t *state);


#endif /* _AGENT_PATTERN_H_INCLUDED_ */
