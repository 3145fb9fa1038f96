
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_QUEUE_H_INCLUDED_
#define _AGENT_WATCH_QUEUE_H_INCLUDED_


#include "watch/tree.h"


/*
 * The directories of a tree that are to be scanned, in order; detached ones
 * are left out.  One that is taken out of the queue is not freed before its
 * scan is done.
 */


/* report: what is found in it is new */
void agent_watch_queue_add(agent_watch_tree_t *t, agent_watch_node_t *n,
    int report);

/* NULL if there is none */
agent_watch_node_t *agent_watch_queue_next(agent_watch_tree_t *t);
void agent_watch_queue_done(agent_watch_tree_t *t, agent_watch_node_t *n);

/* adds what no scan has found, in the directory and below it */
void agent_watch_queue_below(agent_watch_tree_t *t, agent_watch_node_t *top);


#endif /* _AGENT_WATCH_QUEUE_H_INCLUDED_ */
