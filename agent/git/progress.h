
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_PROGRESS_H_INCLUDED_
#define _AGENT_GIT_PROGRESS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The lines that git writes to stderr, ended by a line feed or a carriage
 * return.  What exceeds a line is dropped.
 */

#define AGENT_GIT_PROGRESS_LINE  2048


/* "Receiving objects:  42% (420/1000), 1.00 MiB | 2.00 MiB/s" */

typedef struct {
    char      phase[64];               /* "Receiving objects" */
    unsigned  percent;                 /* at most 100 */
    uint64_t  current;
    uint64_t  total;
    char      detail[64];              /* "1.00 MiB | 2.00 MiB/s", or "" */
} agent_git_progress_t;


typedef struct {
    char      line[AGENT_GIT_PROGRESS_LINE];
    size_t    len;
    unsigned  cut:1;                   /* the line is longer */

    /* a complete line, not NUL-terminated, which may be changed */
    void    (*on_line)(void *data, char *line, size_t len, int cut);
    void     *data;
} agent_git_progress_lines_t;


void agent_git_progress_feed(agent_git_progress_lines_t *l, const char *buf,
    size_t len);
/* the last line, if it has no end */
void agent_git_progress_end(agent_git_progress_lines_t *l);

/* 1 if the line says how far a phase is */
int agent_git_progress_parse(agent_git_progress_t *p, const char *line,
    size_t len);


#endif /* _AGENT_GIT_PROGRESS_H_INCLUDED_ */
