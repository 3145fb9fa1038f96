
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_TARGET_H_INCLUDED_
#define _AGENT_GIT_TARGET_H_INCLUDED_


#include <limits.h>
#include <sys/types.h>


/*
 * The directory of a clone.  All functions block, and are called in a thread
 * with the identity of the sandbox's user.
 */


/*
 * Completes a relative path from the directory of a process, or from the
 * workspace if pid is 0; path has PATH_MAX bytes.  0, or -1 with errno.
 */
int agent_git_target_resolve(char *path, pid_t pid);

/*
 * Makes sure that the directory exists and is empty.  1: it was created, 0: it
 * was there, -1 with errno; ENOTEMPTY: something else is there.
 */
int agent_git_target_make(const char *path);

/*
 * Removes it after a failure if it is empty.  0: it is gone, or was not ours
 * and is empty; 1: something is in it; -1 with errno.
 */
int agent_git_target_remove(const char *path, int created);

/* the branch that is checked out; "" if unknown; branch has 256 bytes */
void agent_git_target_branch(const char *path, char *branch);


#endif /* _AGENT_GIT_TARGET_H_INCLUDED_ */
