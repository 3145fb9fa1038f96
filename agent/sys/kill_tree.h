
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_KILL_TREE_H_INCLUDED_
#define _AGENT_SYS_KILL_TREE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/*
 * The tree of a command: its process group and session, its descendants, and
 * every process with its marker in the environment, or one that continues it
 * after a dot.  What was once found in it stays in it, whatever becomes of its
 * parents.
 */


/*
 * Past a deadline TERM is given this long before KILL; what KILL has not ended
 * after the limit will not end: all of it within a second.
 */
#define AGENT_KILL_TREE_GRACE  400
#define AGENT_KILL_TREE_LIMIT  500


typedef struct agent_kill_tree_s  agent_kill_tree_t;


/*
 * Ends the tree of leader: sig, and KILL after grace_ms, until nothing is
 * left.  done runs once, from the loop: when nothing is left, or with left 1
 * AGENT_KILL_TREE_LIMIT after the first KILL; what is left is then still hunted
 * for a while.  NULL where there is no memory.
 */
agent_kill_tree_t *agent_kill_tree(pid_t leader, const char *marker, int sig,
    unsigned grace_ms, void (*done)(void *data, int left), void *data);

/* another signal to a tree that is being ended, and perhaps less patience */
void agent_kill_tree_again(agent_kill_tree_t *tree, int sig, unsigned grace_ms);

/* a signal to the tree of leader as it is now, and no more; does not wait */
void agent_kill_tree_signal(pid_t leader, const char *marker, int sig);


/* a moment, as processes tell when they began; the clock alone is too coarse */

typedef struct {
    uint64_t  clock;
    pid_t     last;                      /* the number given last */
} agent_kill_tree_moment_t;


void agent_kill_tree_moment(agent_kill_tree_moment_t *m);


/*
 * Ends what a session's shell runs, and spares the shell and what was there
 * before: the processes with the command's marker, the shell's children and
 * orphans since then, and their descendants.  The
 * shell's own marker is that of the command up to its dot.  busy runs at
 * every look, last once the limit is near: 1 while the shell is not free.
 */
agent_kill_tree_t *agent_kill_tree_command(pid_t shell, const char *marker,
    const agent_kill_tree_moment_t *since, int sig, unsigned grace_ms,
    int (*busy)(void *data, int last), void (*done)(void *data, int left),
    void *data);

/* the leader was reaped: its number may come to mean another process */
void agent_kill_tree_reaped(agent_kill_tree_t *tree);

/* done will not be called */
void agent_kill_tree_detach(agent_kill_tree_t *tree);

/* trees that are being ended */
size_t agent_kill_tree_active(void);


#endif /* _AGENT_SYS_KILL_TREE_H_INCLUDED_ */
