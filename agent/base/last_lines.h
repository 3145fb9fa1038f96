
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LAST_LINES_H_INCLUDED_
#define _AGENT_BASE_LAST_LINES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>


#define AGENT_LAST_LINES_MAX   64    /* lines kept */
#define AGENT_LAST_LINES_SIZE  512   /* bytes of a line; the rest is dropped */


/*
 * The last lines of a command's output in readable form: escape sequences and
 * control characters are removed, and a carriage return restarts the line.
 * Lines are numbered from 0 and do not change once complete.
 */

typedef struct {
    char          text[AGENT_LAST_LINES_SIZE];
    size_t        len;
    int           state;
} agent_last_lines_part_t;


typedef struct {
    char         *lines[AGENT_LAST_LINES_MAX];  /* by number, modulo size */
    uint64_t      next;                         /* number of the next line */
    agent_last_lines_part_t  part[2];           /* stdout, stderr */
} agent_last_lines_t;


/* stream: 1 or 2; output is dropped if out of memory */
void agent_last_lines_add(agent_last_lines_t *t, int stream, const char *buf,
    size_t len);

/* completes a partial line: the output has ended */
void agent_last_lines_end(agent_last_lines_t *t);

/* adds a line written by the agent itself */
void agent_last_lines_say(agent_last_lines_t *t, const char *text);

/* the number of the oldest line kept */
uint64_t agent_last_lines_first(agent_last_lines_t *t);

/*
 * Writes lines from *from on as the inside of a JSON string, separated by
 * "\n", as many as fit into size.  *from is set to the number of the first
 * line written, *to to the number after the last.  Returns the length, which
 * is 0 if there are no lines or only empty ones.
 */
size_t agent_last_lines_text(agent_last_lines_t *t, uint64_t *from,
    uint64_t *to, char *buf, size_t size);

/* the last n lines as a JSON array of strings, or NULL */
json_t *agent_last_lines_json(agent_last_lines_t *t, size_t n);

void agent_last_lines_free(agent_last_lines_t *t);


#endif /* _AGENT_BASE_LAST_LINES_H_INCLUDED_ */
