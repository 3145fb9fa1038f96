
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "watch/queue.h"
#include "watch/tree.h"


void
agent_watch_queue_add(agent_watch_tree_t *t, agent_watch_node_t *n,
    int report)
{
    n->report |= (report != 0);

    if (n->waits) {
        return;
    }

    n->waits = 1;
    n->queued = NULL;

    if (t->last) {
        t->last->queued = n;

    } else {
        t->first = n;
    }

    t->last = n;
}


agent_watch_node_t *
agent_watch_queue_next(agent_watch_tree_t *t)
{
    agent_watch_node_t  *n;

    while ((n = t->first) != NULL) {
        t->first = n->queued;

        if (t->first == NULL) {
            t->last = NULL;
        }

        n->waits = 0;

        if (!agent_watch_tree_detached(n)) {
            n->scanning = 1;
            return n;
        }

        n->missed = 1;

        if (n->swept && !n->scanning) {
            agent_watch_tree_release(t, n);
        }
    }

    return NULL;
}


void
agent_watch_queue_done(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    n->scanning = 0;

    if (agent_watch_tree_detached(n)) {
        n->missed = 1;
    }

    if (n->swept && !n->waits) {
        agent_watch_tree_release(t, n);
    }
}


void
agent_watch_queue_below(agent_watch_tree_t *t, agent_watch_node_t *top)
{
    agent_watch_node_t  *n;

    for (n = top; n; n = agent_watch_tree_next(top, n)) {

        if (n->wd == -1 || n->missed) {
            n->missed = 0;
            agent_watch_queue_add(t, n, 1);
        }
    }
}
