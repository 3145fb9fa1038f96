
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_REMOVE_H_INCLUDED_
#define _AGENT_SYS_REMOVE_H_INCLUDED_


#include <stdint.h>


/*
 * Removes a directory tree, of any depth, in slices.  Memory and descriptors
 * are bounded.  Links are removed and never followed, and a mount point in the
 * tree is not entered (EBUSY).  The functions block, and run in a thread with
 * the user's identity.
 */


typedef struct agent_remove_s  agent_remove_t;


/* the directory name in dir; NULL with errno; dir is borrowed to the end */
agent_remove_t *agent_remove_start(int dir, const char *name);

/*
 * Works until that time, ms, or for one directory entry at least.  1: there is
 * more, 0: removed, -1 with errno: what is left stays.
 */
int agent_remove_step(agent_remove_t *t, uint64_t until);

void agent_remove_free(agent_remove_t *t);


#endif /* _AGENT_SYS_REMOVE_H_INCLUDED_ */
