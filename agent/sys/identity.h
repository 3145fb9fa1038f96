
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_IDENTITY_H_INCLUDED_
#define _AGENT_SYS_IDENTITY_H_INCLUDED_


/*
 * Takes the rights of the sandbox's user on this thread, for the work of the
 * thread pool; -1 with errno where the kernel refuses, and nothing has
 * changed.  Restoring cannot fail.
 */
int agent_identity_assume(void);
void agent_identity_restore(void);


#endif /* _AGENT_SYS_IDENTITY_H_INCLUDED_ */
