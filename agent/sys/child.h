
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_CHILD_H_INCLUDED_
#define _AGENT_SYS_CHILD_H_INCLUDED_


#include <stdint.h>
#include <sys/types.h>


/* names the commands' marker: all of a command's tree inherits it */
#define AGENT_CHILD_MARKER  "SANDBOX_COMMAND_ID"

/* its value is so many digits; within a session, a dot and a number follow */
#define AGENT_CHILD_MARKER_DIGITS  32
#define AGENT_CHILD_MARKER_SIZE    64


typedef struct agent_child_s  agent_child_t;


struct agent_child_s {
    pid_t           pid;
    char            marker[AGENT_CHILD_MARKER_SIZE];

    /* its own and those of the children that it waited for; once reaped */
    int64_t         cpu_ms;
    int64_t         peak;              /* bytes resident, of the largest */

    /*
     * Runs once, from the loop, with the status of waitpid(); the child is
     * reaped and out of the table.
     */
    void          (*on_exit)(agent_child_t *child, int status);
    void           *data;

    agent_child_t  *next;
};


/*
 * A process that has become our child because its parent ended, or is about
 * to: its exit is told as that of others.  -1 for a number that cannot be.
 */
int agent_child_adopt(agent_child_t *child, pid_t pid);

/* forgets a child whose exit is of no more interest */
void agent_child_forget(agent_child_t *child);

/* reaps what has ended, orphans too; a bounded number, 1: there may be more */
int agent_child_reap(void);

/* a child that was started: it is reaped from now on */
void agent_child_add(agent_child_t *child, pid_t pid);


#endif /* _AGENT_SYS_CHILD_H_INCLUDED_ */
