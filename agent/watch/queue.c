
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "watch/queue.h"
#include "watch/tree.h"


static agent_watch_node_t *agent_watch_queue_walk(agent_watch_node_t *top,
    agent_watch_node_t *n);


void
agent_watch_queue_add(agent_watch_tree_t *t, agent_watch_node_t *n,
    int report)
{
    n->report |= (report != 0);

    if (n->missed) {
        agent_watch_tree_miss(t, n, 0);
    }

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

        agent_watch_tree_miss(t, n, 1);

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
        agent_watch_tree_miss(t, n, 1);
    }

    if (n->swept && !n->waits) {
        agent_watch_tree_release(t, n);
    }
}


void
agent_watch_queue_below(agent_watch_tree_t *t, agent_watch_node_t *top)
{
    agent_watch_node_t  *n;

    n = t->nunknown ? top : NULL;

    for ( /* void */ ; n; n = agent_watch_queue_walk(top, n)) {

        if ((n->wd == -1 && !n->skipped) || n->missed) {
            agent_watch_queue_add(t, n, 1);
        }
    }
}


/* the directory after n in the order of a walk from top */

static agent_watch_node_t *
agent_watch_queue_walk(agent_watch_node_t *top, agent_watch_node_t *n)
{
    if (n->child) {
        return n->child;
    }

    while (n != top) {

        if (n->next) {
            return n->next;
        }

        n = n->parent;
    }

    return NULL;
}
