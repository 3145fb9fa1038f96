
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_CHILD_H_INCLUDED_
#define _AGENT_SYS_CHILD_H_INCLUDED_


#include <stdint.h>
#include <sys/types.h>


/* name of the marker variable, inherited by the whole tree of a command */
#define AGENT_CHILD_MARKER  "SANDBOX_COMMAND_ID"

/* digits of its value; within a session, a dot and a number follow */
#define AGENT_CHILD_MARKER_DIGITS  32
#define AGENT_CHILD_MARKER_SIZE    64


typedef struct agent_child_s  agent_child_t;


struct agent_child_s {
    pid_t           pid;
    char            marker[AGENT_CHILD_MARKER_SIZE];

    /* its own and those of children that it waited for; valid once reaped */
    int64_t         cpu_ms;
    int64_t         peak;              /* maximum resident set size, bytes */

    /*
     * Called once, from the loop, with the status of waitpid(); the child has
     * been reaped and removed from the table.
     */
    void          (*on_exit)(agent_child_t *child, int status);
    void           *data;

    agent_child_t  *next;
};


/*
 * Adopts a process that has become our child because its parent exited, or is
 * about to: its exit is reported like that of other children.  -1 for an
 * invalid pid.
 */
int agent_child_adopt(agent_child_t *child, pid_t pid);

/* forgets a child whose exit no longer matters */
void agent_child_forget(agent_child_t *child);

/*
 * reaps exited children, including orphans, up to a limit; 1: there may be
 * more
 */
int agent_child_reap(void);

/* registers a started child, to be reaped from now on */
void agent_child_add(agent_child_t *child, pid_t pid);


#endif /* _AGENT_SYS_CHILD_H_INCLUDED_ */
