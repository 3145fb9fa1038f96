
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_CGROUP_H_INCLUDED_
#define _AGENT_SYS_CGROUP_H_INCLUDED_


#include <stdint.h>


/* what the whole sandbox uses; -1: the kernel does not tell it here */

typedef struct {
    int64_t  memory;       /* bytes, without what can be reclaimed at once */
    int64_t  pids;         /* processes and threads */
    int64_t  cpu_ms;       /* of all processors, since it started */
} agent_cgroup_usage_t;


/*
 * Reads the control group that the engine shows below root, which is
 * "/sys/fs/cgroup": at most five small files of the kernel's.
 */
void agent_cgroup_usage(agent_cgroup_usage_t *usage, const char *root);


/*
 * How many processes the kernel has killed in this container for want of
 * memory, by the control group's own account; -1: there is none to read.
 */
int64_t agent_cgroup_oom_kills(void);


#endif /* _AGENT_SYS_CGROUP_H_INCLUDED_ */
