
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/temporary.h"
#include "watch/found.h"
#include "watch/queue.h"
#include "watch/report.h"


struct agent_watch_found_s {
    agent_watch_node_t   *node;
    agent_watch_found_t  *next;        /* of the same hash */
    const char           *name;        /* NULL: it is reported */
    int                   is_directory;
};


static void agent_watch_found_item(agent_watch_t *w,
    agent_watch_scan_item_t *item);
static void agent_watch_found_wd(agent_watch_t *w,
    agent_watch_scan_item_t *item);
static void agent_watch_found_directory(agent_watch_t *w,
    agent_watch_node_t *n, const char *name);
static void agent_watch_found_complete(agent_watch_t *w,
    agent_watch_scan_item_t *item);
static void agent_watch_found_settle(agent_watch_t *w,
    agent_watch_node_t *n);
static size_t agent_watch_found_hash(agent_watch_t *w, const char *name);


/* the heads of the lists, after the entries */
#define agent_watch_found_heads(w)                                            \
    ((agent_watch_found_t **) &(w)->found[(w)->nfound])


int
agent_watch_found_register(agent_watch_t *w)
{
    size_t                     i, n, pos, hash;
    const char                *entry, *name;
    agent_watch_found_t       *f;
    agent_watch_scan_t        *s;
    agent_watch_scan_item_t   *item;

    s = &w->scan;

    for (i = 0; i < s->nitems && !w->ended; i++) {
        agent_watch_found_item(w, &s->items[i]);
    }

    /* files are counted before there is a table for them */

    n = 0;

    for (pos = 0; pos < s->found.len; pos += strlen(name) + 1) {
        entry = s->found.data + pos;
        item = &s->items[(size_t) entry[0]];
        pos += AGENT_WATCH_SCAN_ENTRY;
        name = s->found.data + pos;

        n += (item->files && w->ready);
    }

    if (n) {
        w->found = calloc(n, sizeof(agent_watch_found_t)
                             + sizeof(agent_watch_found_t *));

        if (w->found == NULL) {
            agent_watch_fail(w, ENOMEM);
            return 0;
        }

        w->nfound = n;
    }

    n = 0;

    for (pos = 0; pos < s->found.len && !w->ended; pos += strlen(name) + 1) {
        entry = s->found.data + pos;
        item = &s->items[(size_t) entry[0]];
        pos += AGENT_WATCH_SCAN_ENTRY;
        name = s->found.data + pos;

        if (agent_watch_tree_detached(item->node)
            || agent_temporary_is(name))
        {
            continue;
        }

        if (entry[1] && w->params.recursive) {
            agent_watch_found_directory(w, item->node, name);
        }

        if (item->files && w->ready) {
            f = &w->found[n++];
            f->node = item->node;
            f->name = name;
            f->is_directory = entry[1];

            hash = agent_watch_found_hash(w, name);
            f->next = agent_watch_found_heads(w)[hash];
            agent_watch_found_heads(w)[hash] = f;
        }
    }

    for (i = 0; i < s->nitems && !w->ended; i++) {

        if (s->items[i].complete) {
            agent_watch_found_complete(w, &s->items[i]);
        }
    }

    if (s->current == s->nitems) {
        s->nitems = 0;
        s->current = 0;
    }

    w->barrier = w->nread + w->rest.len + (uint64_t) s->pending;

    if (w->barrier == w->nread) {
        agent_watch_found_flush(w);
    }

    return s->nitems != 0;
}


static void
agent_watch_found_item(agent_watch_t *w, agent_watch_scan_item_t *item)
{
    if (!item->opened) {
        return;
    }

    item->opened = 0;

    if (agent_watch_tree_detached(item->node)) {
        return;
    }

    if (item->wd != -1) {
        agent_watch_found_wd(w, item);
        return;
    }

    switch (item->err) {

    case ENOENT:
    case ENOTDIR:
    case ELOOP:

        /* deleted or moved meanwhile, of which there is an event */

        return;

    default:
        agent_watch_skip(w, item->node, item->err);
    }
}


/*
 * A descriptor that another directory has: one of both was moved after its
 * name was read, so that other one is scanned again.
 */

static void
agent_watch_found_wd(agent_watch_t *w, agent_watch_scan_item_t *item)
{
    int                   wd;
    agent_watch_node_t   *n, *other;
    agent_watch_fresh_t  *fresh;

    n = item->node;
    wd = item->wd;

    other = agent_watch_tree_find_wd(&w->tree, wd);

    if (other == n) {
        return;
    }

    n->fresh = 1;
    n->unsure = 0;
    n->touched = 0;

    fresh = &w->fresh[w->nfresh++];
    fresh->node = n;
    fresh->since = w->nread + w->rest.len + (uint64_t) item->pending;

    if (other == NULL) {
        n->retried = 0;
        agent_watch_tree_set_wd(&w->tree, n, wd);
        return;
    }

    agent_watch_tree_set_wd(&w->tree, other, -1);
    agent_watch_tree_set_wd(&w->tree, n, wd);

    if (agent_watch_tree_detached(other)) {
        return;
    }

    /* unless it is the same directory by two names, as a mount makes it */

    if (other->retried) {
        agent_watch_skip(w, other, EBUSY);
        return;
    }

    other->retried = 1;
    agent_watch_queue_add(&w->tree, other, 1);
}


static void
agent_watch_found_directory(agent_watch_t *w, agent_watch_node_t *n,
    const char *name)
{
    agent_watch_node_t  *child;

    child = agent_watch_tree_find(&w->tree, n, name);

    if (child) {

        if (w->rescan && child->seen != w->seen) {
            child->seen = w->seen;
            agent_watch_queue_add(&w->tree, child, 0);
        }

        return;
    }

    child = agent_watch_add(w, n, name);

    if (child) {
        agent_watch_queue_add(&w->tree, child, n->report);
    }
}


static void
agent_watch_found_complete(agent_watch_t *w, agent_watch_scan_item_t *item)
{
    agent_watch_node_t  *n, *child, *next;

    n = item->node;
    item->complete = 0;

    if (item->wd != -1 && item->err && !agent_watch_tree_detached(n)) {

        /* it could not be read to its end */

        agent_watch_skip(w, n, item->err);
    }

    free(item->path);
    item->path = NULL;

    if (!agent_watch_tree_detached(n) && !n->waits) {
        n->report = 0;

        /* what was deleted or moved while events were lost */

        for (child = n->child; w->rescan && child; child = next) {
            next = child->next;

            if (child->seen != w->seen) {
                agent_watch_tree_detach(&w->tree, child);
            }
        }
    }

    item->node = NULL;
    agent_watch_queue_done(&w->tree, n);
}


static size_t
agent_watch_found_hash(agent_watch_t *w, const char *name)
{
    uint64_t  hash;

    hash = 0;

    while (*name) {
        hash = (hash ^ (unsigned char) *name++) * 1099511628211ULL;
    }

    return (size_t) ((hash ^ hash >> 32) % w->nfound);
}


int
agent_watch_found_take(agent_watch_t *w, agent_watch_node_t *n,
    const char *name, int *is_directory)
{
    agent_watch_found_t  *f;

    if (w->nfound == 0) {
        return 0;
    }

    f = agent_watch_found_heads(w)[agent_watch_found_hash(w, name)];

    while (f && (f->node != n || f->name == NULL
                 || strcmp(f->name, name) != 0))
    {
        f = f->next;
    }

    if (f == NULL) {
        return 0;
    }

    *is_directory = f->is_directory;
    f->name = NULL;

    return 1;
}


void
agent_watch_found_leave(agent_watch_t *w, agent_watch_node_t *n)
{
    size_t                i;
    agent_watch_node_t   *up;
    agent_watch_fresh_t  *fresh;

    for (i = 0; i < w->nfresh; i++) {
        fresh = &w->fresh[i];

        /* it was added before the directory was moved */

        if (w->nread >= fresh->since) {
            continue;
        }

        for (up = fresh->node; up && up != n; up = up->parent) { /* void */ }

        if (up) {
            fresh->node->unsure = 1;
        }
    }
}


void
agent_watch_found_flush(agent_watch_t *w)
{
    size_t                i;
    agent_watch_found_t  *f;

    for (i = 0; i < w->nfound; i++) {
        f = &w->found[i];

        if (f->name && !f->node->unsure) {
            (void) agent_watch_report(w, AGENT_WATCH_CREATE, f->node, f->name,
                                      f->is_directory, 0);
        }
    }

    free(w->found);
    w->found = NULL;
    w->nfound = 0;

    for (i = 0; i < w->nfresh; i++) {
        agent_watch_found_settle(w, w->fresh[i].node);
    }

    w->nfresh = 0;
}


static void
agent_watch_found_settle(agent_watch_t *w, agent_watch_node_t *n)
{
    if (n->unsure) {

        /* what was told of it so far may be of another directory */

        w->lost |= n->touched;

        if (agent_watch_tree_detached(n)) {
            agent_watch_tree_miss(&w->tree, n, 1);

        } else {

            if (n->wd != -1) {
                (void) inotify_rm_watch(w->scan.inotify, n->wd);
                agent_watch_tree_set_wd(&w->tree, n, -1);
            }

            agent_watch_queue_add(&w->tree, n, 1);
        }
    }

    n->fresh = 0;
    n->unsure = 0;
}
