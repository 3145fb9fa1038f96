
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_PROCFS_H_INCLUDED_
#define _AGENT_SYS_PROCFS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/* processes as listed in /proc */

typedef struct {
    pid_t     pid;
    pid_t     ppid;
    pid_t     pgrp;
    pid_t     session;
    uint64_t  start;                   /* 1/100 s */
    char      state;
    char      in;                      /* set by the caller */
} agent_procfs_stat_t;


/*
 * all processes but the agent, sorted by pid; malloc()ed, NULL if out of
 * memory
 */
agent_procfs_stat_t *agent_procfs_list(size_t *n);

/* name: of a directory in /proc; 0, or -1 if it no longer exists */
int agent_procfs_stat(int proc, const char *name, agent_procfs_stat_t *p);

/*
 * Copies the value of the marker of a process into AGENT_CHILD_MARKER_SIZE
 * bytes.  0: it has none, or its environment cannot be read.
 */
int agent_procfs_marker(pid_t pid, char *value);

int agent_procfs_compare(const void *one, const void *two);


#endif /* _AGENT_SYS_PROCFS_H_INCLUDED_ */
