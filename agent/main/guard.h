
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_GUARD_H_INCLUDED_
#define _AGENT_MAIN_GUARD_H_INCLUDED_


#include <stdint.h>


/*
 * Bounds what the kernel keeps for a sandbox and charges to no limit: unread
 * messages of netlink sockets, which are host memory, and terminals, of which
 * there is one number for all containers.  A sandbox that has too much of
 * either has all its processes killed.
 *
 * memory: the limit of the sandbox in bytes; -1: none, or not known.  0, or a
 * libuv error.
 */
int agent_guard_start(int64_t memory);


#endif /* _AGENT_MAIN_GUARD_H_INCLUDED_ */
