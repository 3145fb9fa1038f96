
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_IGNORED_H_INCLUDED_
#define _AGENT_ARCHIVE_IGNORED_H_INCLUDED_


#include <stddef.h>


/*
 * What git ignores below a directory, as "git ls-files" tells it.  Nothing, if
 * there is no git, or the directory is not in a repository.
 */


/* bytes of all paths */
#define AGENT_IGNORED_MAX  (256 * 1024)


typedef struct agent_ignored_s  agent_ignored_t;


/*
 * done is called once, from the loop: paths below the directory, each with its
 * NUL, malloc()ed, to be freed by the callee, or NULL; len -1: there are too
 * many.  NULL: git cannot be run, and done is not called.
 */
agent_ignored_t *agent_ignored_start(const char *dir,
    void (*done)(void *data, char *paths, ptrdiff_t len), void *data);

/* done is not called any more */
void agent_ignored_cancel(agent_ignored_t *g);


#endif /* _AGENT_ARCHIVE_IGNORED_H_INCLUDED_ */
