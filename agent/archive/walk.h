
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_WALK_H_INCLUDED_
#define _AGENT_ARCHIVE_WALK_H_INCLUDED_


#include <stddef.h>

#include "archive/tar.h"


/*
 * A walk through a directory tree, of any depth and with directories of any
 * size, in bounded memory.  Each directory is returned before its contents,
 * and names are in ascending order of bytes: none is returned twice, whatever
 * is renamed meanwhile.  A large directory is read several times, each time
 * for the next names of that order.  No symbolic link is followed.  All of it
 * blocks.
 */


typedef struct agent_walk_level_s  agent_walk_level_t;


typedef struct {
    /* the entry; valid until the next call */

    char                 path[AGENT_TAR_PATH + 2];  /* "./a/b" */
    size_t               len;
    const char          *name;         /* its last component, in path */
    int                  dir;          /* the directory that it is in */
    unsigned char        type;         /* DT_*, as read */

    /* private to walk.c */

    agent_walk_level_t  *levels;
    size_t               depth;
    size_t               nlevels;
    size_t               memory;       /* bytes of all lists of names */
    char                *buf;
} agent_walk_t;


/* takes ownership of the directory; 0, or -1 with errno */
int agent_walk_open(agent_walk_t *w, int dir);
void agent_walk_close(agent_walk_t *w);

/* the directory whose entries come next */
int agent_walk_current(const agent_walk_t *w);

/* 1: an entry; 0: the end; -1 with errno */
int agent_walk_next(agent_walk_t *w);

/*
 * Enters the directory that agent_walk_next() has returned: it is the next
 * one's.  0, or -1 with errno: ENOENT, ENOTDIR and ELOOP if it has been
 * replaced.
 */
int agent_walk_enter(agent_walk_t *w);


#endif /* _AGENT_ARCHIVE_WALK_H_INCLUDED_ */
