
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_PATTERN_H_INCLUDED_
#define _AGENT_BASE_PATTERN_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


/*
 * Searches a stream of bytes for a fixed string, or for lines that match a
 * POSIX extended regular expression.  The C library's regexec() may take
 * exponential time, so libtre is used: its time is proportional to the input
 * times the size of the expression.  Back-references, for which this does not
 * hold, are refused, and so are expressions that are too large once
 * repetitions are expanded.  A window may still take a second, so matching
 * runs in a thread.  In a line longer than the window, the last half window is
 * searched again together with the bytes that follow: only a match longer than
 * that can be missed.
 */


#define AGENT_PATTERN_MAX     1024     /* maximum length of a pattern, bytes */
#define AGENT_PATTERN_WINDOW  2048     /* bytes of a line matched at a time */
#define AGENT_PATTERN_COST    256  /* maximum size with repetitions expanded */


typedef struct agent_pattern_s  agent_pattern_t;


/* the state of one stream; a pattern may run on many streams */
typedef struct {
    char      buf[AGENT_PATTERN_WINDOW];
    size_t    len;
    unsigned  inside:1;   /* buf does not start at the beginning of the line */
} agent_pattern_state_t;


/* NULL with a message in error */
agent_pattern_t *agent_pattern_text(const char *text, size_t len,
    char *error, size_t size);
agent_pattern_t *agent_pattern_regex(const char *text, size_t len,
    char *error, size_t size);

/*
 * An expression for the two functions below; icase: the case of ASCII letters
 * is ignored
 */
agent_pattern_t *agent_pattern_lines(const char *text, size_t len, int icase,
    char *error, size_t size);

void agent_pattern_free(agent_pattern_t *p);

/* 1: feed and end must run in a thread, one call at a time for a pattern */
int agent_pattern_is_regex(agent_pattern_t *p);

void agent_pattern_begin(agent_pattern_state_t *state);

/*
 * Returns the number of bytes up to the end of the match: for an expression,
 * to the end of the matching line as far as it has arrived.  -1: no match yet.
 */
ssize_t agent_pattern_feed(agent_pattern_t *p, agent_pattern_state_t *state,
    const char *buf, size_t len);

/* 1: the last, unterminated line matches; call at the end of the stream */
int agent_pattern_end(agent_pattern_t *p, agent_pattern_state_t *state);

/*
 * 1: one of several lines may match, 0: none does.  At most
 * AGENT_PATTERN_WINDOW bytes; may take a second, as agent_pattern_find().
 */
int agent_pattern_any(agent_pattern_t *p, const char *lines, size_t len);

/*
 * 1 with the position of the first match in a line, or in a part of one, of at
 * most AGENT_PATTERN_WINDOW bytes; begins and ends: as the line does
 */
int agent_pattern_find(agent_pattern_t *p, const char *line, size_t len,
    int begins, int ends, size_t *from, size_t *to);


#endif /* _AGENT_BASE_PATTERN_H_INCLUDED_ */
