
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CGROUP_H_INCLUDED_
#define _AGENT_CGROUP_H_INCLUDED_


#include <stdint.h>


/*
 * How many processes the kernel has killed in this container for want of
 * memory, by the control group's own account; -1: there is none to read.
 */
int64_t agent_cgroup_oom_kills(void);


#endif /* _AGENT_CGROUP_H_INCLUDED_ */
