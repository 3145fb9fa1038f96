
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_LINES_H_INCLUDED_
#define _AGENT_FILES_LINES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/literal.h"
#include "base/pattern.h"


/*
 * Finds the lines of a file that have a text or match an expression.  The file
 * is read into one buffer.  A line that does not fit is searched in parts that
 * overlap by AGENT_LINES_OVERLAP bytes: only a longer match can be missed.  The
 * functions block, and run in a thread with the user's identity.
 */


#define AGENT_LINES_OVERLAP  2048
#define AGENT_LINES_CONTEXT  10        /* maximum number of lines */

/* a NUL in the first bytes of a file means that it is binary, as for git */
#define AGENT_LINES_BINARY   8000


typedef struct {
    /* what is searched for; set by the caller, the same for many files */

    agent_pattern_t  *pattern;         /* NULL: a text */
    agent_literal_t   literal;         /* texts, in lower case if icase */
    int               icase;
    unsigned          before;          /* lines of context */
    unsigned          after;

    char             *buf;
    char             *fold;            /* as long, if icase and a literal */
    size_t            size;            /* 8 KB at least */

    /* the line that was found, as positions in buf */

    uint64_t          number;          /* from 1 */
    uint64_t          column;          /* of the match, in characters, from 1 */
    uint64_t          offset;          /* of the match in the file */
    size_t            line;
    size_t            line_end;
    size_t            from;            /* of the match */
    size_t            to;
    unsigned          begins:1;        /* the line is here from its beginning */
    unsigned          ends:1;          /* and to its end */

    /* private to lines.c */

    int               fd;
    int64_t           length;          /* when it was opened; 0: not known */
    uint64_t          base;            /* position of buf in the file */
    size_t            pos;             /* the search goes on here */
    size_t            end;             /* of the bytes in buf */
    size_t            window;          /* of an expression in the line at pos */
    size_t            known;           /* literals up to here are known: */
    size_t            next[AGENT_LITERAL_MAX];  /* behind the begin; 0: not */
    size_t            hot;             /* lines before it are matched singly */
    size_t            counted;         /* lines are counted up to here */
    uint64_t          lines;           /* which is in this one, from 1 */
    uint64_t          left;            /* characters of the line before pos */
    unsigned          found:1;
    unsigned          inside:1;        /* the line at pos began before it */
    unsigned          skip:1;          /* the rest of this line is skipped */
    unsigned          eof:1;
} agent_lines_t;


/* fd is borrowed.  1: it is binary, 0: it can be searched, -1 with errno */
int agent_lines_open(agent_lines_t *l, int fd, int64_t length);

/*
 * 1: a line is found, 0: there is no other one, 2: it took until that time,
 * ms, and is to be called again; or -1 with errno
 */
int agent_lines_next(agent_lines_t *l, uint64_t until);

/*
 * The lines of context that are in the buffer: fills in positions, from the
 * first line on, each of a line's beginning and end; returns their number.
 */
unsigned agent_lines_before(const agent_lines_t *l,
    size_t context[AGENT_LINES_CONTEXT][2]);
unsigned agent_lines_after(const agent_lines_t *l,
    size_t context[AGENT_LINES_CONTEXT][2]);

/* characters between two positions; a byte that is no part of one counts */
uint64_t agent_lines_chars(const agent_lines_t *l, size_t from, size_t to);


#endif /* _AGENT_FILES_LINES_H_INCLUDED_ */
