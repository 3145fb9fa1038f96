
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
 * every process whose environment contains its marker, or that marker followed
 * by a dot.  Once found, a process stays in the tree, whatever happens to its
 * parents.
 */


/*
 * After a deadline, SIGTERM is followed by SIGKILL after the grace period.
 * What survives SIGKILL beyond the limit is given up.  Together at most a
 * second.
 */
#define AGENT_KILL_TREE_GRACE  400
#define AGENT_KILL_TREE_LIMIT  500


typedef struct agent_kill_tree_s  agent_kill_tree_t;


/*
 * Kills the tree of leader: sends sig, and SIGKILL after grace_ms, until
 * nothing is left.  done is called once, from the loop: when nothing is left,
 * or with left 1 AGENT_KILL_TREE_LIMIT ms after the first SIGKILL; the
 * attempts then continue for a while.  NULL if out of memory.
 */
agent_kill_tree_t *agent_kill_tree(pid_t leader, const char *marker, int sig,
    unsigned grace_ms, void (*done)(void *data, int left), void *data);

/*
 * sends another signal to a tree being killed, and may shorten the grace
 * period
 */
void agent_kill_tree_again(agent_kill_tree_t *tree, int sig, unsigned grace_ms);

/* sends a signal once to the current tree of leader; does not wait */
void agent_kill_tree_signal(pid_t leader, const char *marker, int sig);


/*
 * a point in time in terms of process start times; the clock alone is too
 * coarse
 */

typedef struct {
    uint64_t  clock;
    pid_t     last;                      /* the last pid assigned */
} agent_kill_tree_moment_t;


void agent_kill_tree_moment(agent_kill_tree_moment_t *m);


/*
 * Kills what the shell of a session runs, but not the shell and older
 * processes: those with the command's marker, children of the shell and
 * orphans since then, and their descendants.  The marker of the shell is that
 * of the command up to the dot.  busy is called at every scan, with last set
 * near the limit, and returns 1 while the shell is not free.
 */
agent_kill_tree_t *agent_kill_tree_command(pid_t shell, const char *marker,
    const agent_kill_tree_moment_t *since, int sig, unsigned grace_ms,
    int (*busy)(void *data, int last), void (*done)(void *data, int left),
    void *data);

/* 1: something was left to SIGKILL, the other signals having had no effect */
int agent_kill_tree_forced(agent_kill_tree_t *tree);

/* the leader was reaped: its pid may be reused */
void agent_kill_tree_reaped(agent_kill_tree_t *tree);

/* done will not be called */
void agent_kill_tree_detach(agent_kill_tree_t *tree);

/* the number of trees being killed */
size_t agent_kill_tree_active(void);


#endif /* _AGENT_SYS_KILL_TREE_H_INCLUDED_ */
