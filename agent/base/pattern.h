
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_PATTERN_H_INCLUDED_
#define _AGENT_BASE_PATTERN_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


/*
 * A text, or a POSIX extended regular expression on lines, that is looked for
 * in bytes as they come.  The C library can take any amount of time for an
 * expression of few bytes, so it is libtre's: it takes as long as the bytes
 * times the parts, but for back-references, which are refused, as is what is
 * too large once its repetitions are spelt out.  A window of bytes may still
 * take a second: it is run in a thread.  Of a longer line the last half window
 * is looked at again with what follows: only a longer match can be missed.
 */


#define AGENT_PATTERN_MAX     1024     /* bytes of a pattern */
#define AGENT_PATTERN_WINDOW  2048     /* of a line, at a time */
#define AGENT_PATTERN_COST    256      /* parts, repetitions spelt out */


typedef struct agent_pattern_s  agent_pattern_t;


/* where one stream stands; a pattern may be run on many */
typedef struct {
    char      buf[AGENT_PATTERN_WINDOW];
    size_t    len;
    unsigned  inside:1;      /* buf does not begin with the line */
} agent_pattern_state_t;


/* NULL with a message in error */
agent_pattern_t *agent_pattern_text(const char *text, size_t len,
    char *error, size_t size);
agent_pattern_t *agent_pattern_regex(const char *text, size_t len,
    char *error, size_t size);

void agent_pattern_free(agent_pattern_t *p);

/* 1: feed and end are for a thread, one at a time for a pattern */
int agent_pattern_is_regex(agent_pattern_t *p);

void agent_pattern_begin(agent_pattern_state_t *state);

/*
 * How many of the bytes there are up to a match: for an expression, up to the
 * end of its line, or of what there is of it; -1: none yet.
 */
ssize_t agent_pattern_feed(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len);

/* 1: what has passed matches, if it was the end of the last line */
int agent_pattern_end(agent_pattern_t *p, agent_pattern_state_t *state);


#endif /* _AGENT_BASE_PATTERN_H_INCLUDED_ */
