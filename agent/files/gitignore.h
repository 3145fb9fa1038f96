
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_GITIGNORE_H_INCLUDED_
#define _AGENT_FILES_GITIGNORE_H_INCLUDED_


#include <limits.h>
#include <stddef.h>

#include "files/ignore.h"


/*
 * The .gitignore files that apply to a walk: of the directory that is searched
 * and those below it, and of the ones above it up to the root of a repository.
 * A file that is too large or not regular has no rules.  The functions block,
 * and run in a thread with the user's identity.
 */

/* bytes of a file, and of the rules of all files that apply to one path */
#define AGENT_GITIGNORE_FILE    65536
#define AGENT_GITIGNORE_MEMORY  (256 * 1024)


typedef struct {
    agent_ignore_t             rules;
    size_t                     level;  /* of the walk; 0: above it */
    size_t                     at;     /* in path: where they apply */
} agent_gitignore_level_t;


/* a zeroed structure has none */

typedef struct {
    agent_gitignore_level_t   *levels;
    size_t                     n;
    size_t                     room;
    size_t                     memory;

    /* from the root of the repository: the directory, and what is in it */
    size_t                     top;
    char                       path[PATH_MAX * 2];
} agent_gitignore_t;


/*
 * The files above the open directory, whose absolute path is known.  0, or -1
 * with errno.
 */
int agent_gitignore_above(agent_gitignore_t *g, int dir, const char *path);

/*
 * The file of a directory at that level; len is the length of its path in the
 * walk.  0, or -1 with errno: EFBIG if it is too large.
 */
int agent_gitignore_enter(agent_gitignore_t *g, int dir, size_t level,
    size_t len);

/* forgets what is deeper than that level */
void agent_gitignore_leave(agent_gitignore_t *g, size_t level);

/* 1: the path of the walk is ignored; name is where its last component is */
int agent_gitignore_match(agent_gitignore_t *g, const char *path, size_t len,
    size_t name, int directory);

void agent_gitignore_free(agent_gitignore_t *g);


#endif /* _AGENT_FILES_GITIGNORE_H_INCLUDED_ */
