
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_PROCFS_H_INCLUDED_
#define _AGENT_SYS_PROCFS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/* processes, as /proc shows them */

typedef struct {
    pid_t     pid;
    pid_t     ppid;
    pid_t     pgrp;
    pid_t     session;
    uint64_t  start;                   /* 1/100 s */
    char      state;
    char      in;                      /* the caller's */
} agent_process_stat_t;


/* all but the agent, sorted by pid; malloc()ed, NULL with no memory */
agent_process_stat_t *agent_process_list(size_t *n);

/* name: of a directory in proc; 0, or -1 where it is not there any more */
int agent_process_stat(int proc, const char *name, agent_process_stat_t *p);

/*
 * The value of its marker into AGENT_MARKER_SIZE bytes; 0: it has none, or
 * cannot be read.
 */
int agent_process_marker(pid_t pid, char *value);

int agent_process_compare(const void *one, const void *two);


#endif /* _AGENT_SYS_PROCFS_H_INCLUDED_ */
