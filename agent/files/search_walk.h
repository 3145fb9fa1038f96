
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SEARCH_WALK_H_INCLUDED_
#define _AGENT_FILES_SEARCH_WALK_H_INCLUDED_


#include <stddef.h>

#include "files/gitignore.h"
#include "files/ignore.h"
#include "files/list_walk.h"


/*
 * A walk through what a search does not leave out.  The functions block, and
 * run in a thread with the user's identity.
 */


typedef struct {
    agent_list_walk_t      walk;       /* its first part is set by the caller */
    const agent_ignore_t  *exclude;    /* set by the caller */
    int                    gitignore;  /* set by the caller */

    /* private to search_walk.c */

    agent_gitignore_t      files;
    size_t                 level;      /* whose .gitignore was read last */
    unsigned               pending:1;  /* the entry is still to be returned */
} agent_search_walk_t;


/*
 * Begins in the open directory, of which it takes ownership.  0, or -1 with
 * errno.
 */
int agent_search_walk_open(agent_search_walk_t *w, int dir);

/*
 * 1: an entry, 2: something could not be read, as agent_list_walk_next() tells,
 * 3: an entry is left out, 0: the end, or -1 with errno
 */
int agent_search_walk_next(agent_search_walk_t *w);

void agent_search_walk_close(agent_search_walk_t *w);


#endif /* _AGENT_FILES_SEARCH_WALK_H_INCLUDED_ */
