
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_KERNEL_LISTEN_H_INCLUDED_
#define _AGENT_CONTEXT_KERNEL_LISTEN_H_INCLUDED_


#include <stddef.h>


/*
 * Where a kernel connects again, once user code has closed its socket: an
 * abstract socket of the container.  The kernel proves itself by its token,
 * and gets new descriptors for stdin, stdout and stderr.
 */


#define AGENT_KERNEL_LISTEN_NAME  48


/*
 * The address, beginning with a NUL, into a buffer of that size; listens from
 * the first call on.  Its length, or 0 on failure.
 */
size_t agent_kernel_listen(char *name);


#endif /* _AGENT_CONTEXT_KERNEL_LISTEN_H_INCLUDED_ */
