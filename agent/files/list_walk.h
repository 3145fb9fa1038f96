
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_LIST_WALK_H_INCLUDED_
#define _AGENT_FILES_LIST_WALK_H_INCLUDED_


#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "files/sorted.h"


/*
 * Walks a directory tree in order: a directory comes before what is in it, and
 * names of one directory are ordered by their bytes.  A walk can begin after
 * any path of it, whether that exists or not.  Links are not followed.  The
 * functions block, and run in a thread with the user's identity.
 */


#define AGENT_LIST_WALK_DEPTH    128   /* of directories */


typedef struct {
    agent_sorted_t     sorted;
    size_t             len;            /* of the path of its directory */
} agent_list_walk_level_t;


typedef struct {
    /* set by the caller */
    /* 1: the directory alone; beyond AGENT_LIST_WALK_DEPTH, to be told */
    unsigned                 depth;
    int                      hidden;   /* names with a leading dot, too */
    size_t                   memory;   /* for names, about, in all */
    int                      lazy;     /* of st, only the type is needed */
    int                      outside;  /* /proc and /sys are not entered */

    /* of the entry that was found last */
    char                     path[PATH_MAX];  /* relative to the directory */
    size_t                   len;      /* of the path */
    const char              *name;     /* its last part */
    struct stat              st;

    /* what could not be read, and why: an errno */
    int                      err;
    char                     failed[PATH_MAX];

    /* private to list_walk.c */
    size_t                   n;
    unsigned                 enter:1;  /* the entry found last */
    agent_list_walk_level_t  levels[AGENT_LIST_WALK_DEPTH];
} agent_list_walk_t;


/*
 * Begins in the open directory fd, of which it takes ownership, after that
 * path, or "".  0, or -1 with errno.
 */
int agent_list_walk_open(agent_list_walk_t *w, int fd, const char *after);

/*
 * 1: an entry, 2: a directory could not be read, 0: the end, or -1 with errno
 */
int agent_list_walk_next(agent_list_walk_t *w);

/* the directory that was found last is not entered */
void agent_list_walk_skip(agent_list_walk_t *w);

/* of the entry found last: its directory, and how many levels deep that is */
int agent_list_walk_directory(const agent_list_walk_t *w);
size_t agent_list_walk_level(const agent_list_walk_t *w);

void agent_list_walk_close(agent_list_walk_t *w);


#endif /* _AGENT_FILES_LIST_WALK_H_INCLUDED_ */
