
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LAST_LINES_H_INCLUDED_
#define _AGENT_BASE_LAST_LINES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>


#define AGENT_LAST_LINES_MAX   64      /* that are kept */
#define AGENT_LAST_LINES_SIZE  512     /* bytes of one; the rest is dropped */


/*
 * The last lines of a command's output, for people to read: escape sequences
 * and control characters are left out, a carriage return begins the line
 * anew.  Lines are numbered from 0 and never change once they are there.
 */

typedef struct {
    char          text[AGENT_LAST_LINES_SIZE];
    size_t        len;
    int           state;
} agent_last_lines_part_t;


typedef struct {
    char         *lines[AGENT_LAST_LINES_MAX];  /* by number, modulo */
    uint64_t      next;                        /* number of the next line */
    agent_last_lines_part_t  part[2];          /* stdout, stderr */
} agent_last_lines_t;


/* stream: 1 or 2; what there is no memory for is lost */
void agent_last_lines_add(agent_last_lines_t *t, int stream, const char *buf,
    size_t len);

/* a line that was begun is one: the output has ended */
void agent_last_lines_end(agent_last_lines_t *t);

/* a line of the agent's own */
void agent_last_lines_say(agent_last_lines_t *t, const char *text);

/* the number of the oldest line that is kept */
uint64_t agent_last_lines_first(agent_last_lines_t *t);

/*
 * Lines from *from on as the inside of a JSON string, with "\n" between them,
 * as many as fit into size; *from becomes the number of the first of them,
 * *to that behind the last.  Returns the length, which is 0 for no line and
 * for empty ones.
 */
size_t agent_last_lines_text(agent_last_lines_t *t, uint64_t *from,
    uint64_t *to, char *buf, size_t size);

/* the last n lines as a JSON array of strings, or NULL */
json_t *agent_last_lines_json(agent_last_lines_t *t, size_t n);

void agent_last_lines_free(agent_last_lines_t *t);


#endif /* _AGENT_BASE_LAST_LINES_H_INCLUDED_ */
