
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_IDENTITY_H_INCLUDED_
#define _AGENT_SYS_IDENTITY_H_INCLUDED_


#include <sys/stat.h>


/*
 * Makes this thread of the pool act as the sandbox's user.  0, or -1 with
 * errno if the kernel refuses; then nothing has changed.  Restoring cannot
 * fail.
 */
int agent_identity_assume(void);
void agent_identity_restore(void);

/*
 * 1: a thread that acts as the sandbox's user may execute the file of that
 * name in dir, whose status is st
 */
int agent_identity_executable(int dir, const char *name,
    const struct stat *st);


#endif /* _AGENT_SYS_IDENTITY_H_INCLUDED_ */
