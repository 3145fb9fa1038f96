
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_CGROUP_H_INCLUDED_
#define _AGENT_SYS_CGROUP_H_INCLUDED_


#include <stdint.h>


/* resource usage of the whole sandbox; -1: not available */

typedef struct {
    int64_t  memory;       /* bytes, without reclaimable page cache */
    int64_t  pids;         /* processes and threads */
    int64_t  cpu_ms;       /* CPU time of all CPUs since its start */
} agent_cgroup_usage_t;


/*
 * Reads the control group mounted at root, "/sys/fs/cgroup": four small files.
 */
void agent_cgroup_usage(agent_cgroup_usage_t *usage, const char *root);


/* its memory limit in bytes; -1: none, or not available */
int64_t agent_cgroup_memory_limit(const char *root);


/*
 * The number of processes that the kernel has killed in this container when
 * out of memory, according to the control group; -1: not available.
 */
int64_t agent_cgroup_oom_kills(void);

/* the same, of an open memory.events or memory.oom_control */
int64_t agent_cgroup_oom_kills_read(int fd);


#endif /* _AGENT_SYS_CGROUP_H_INCLUDED_ */
