
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SORTED_H_INCLUDED_
#define _AGENT_FILES_SORTED_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The names of a directory in order of their bytes, in bounded memory however
 * many there are: those that do not fit are found by reading the directory
 * again.  A name that exists all the time is returned once, whatever is
 * created and deleted meanwhile.  The functions block.
 */

typedef struct {
    int        fd;                     /* borrowed */
    size_t     budget;                 /* bytes for names */

    /* of the name returned last: as in agent_dirent_t */
    unsigned char  type;

    /* private to sorted.c */

    char      *names;                  /* each with its type and its NUL */
    size_t     len;
    size_t     size;
    uint32_t  *order;
    size_t     n;
    size_t     room;
    size_t     next;
    char       last[256];              /* returned last, or where it begins */
    char       bound[256];             /* names from here on were left out */
    unsigned   more:1;
} agent_sorted_t;


/* begins after that name, "": at the first.  0, or -1 with errno. */
int agent_sorted_open(agent_sorted_t *s, int fd, const char *after,
    size_t budget);

/*
 * 1 with the next name, valid until the next call, 0 at the end, or -1 with
 * errno
 */
int agent_sorted_next(agent_sorted_t *s, const char **name);

void agent_sorted_close(agent_sorted_t *s);

/* bytes that it has allocated */
size_t agent_sorted_memory(agent_sorted_t *s);


#endif /* _AGENT_FILES_SORTED_H_INCLUDED_ */
