
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/memory.h"
#include "watch/tree.h"


#define AGENT_WATCH_TREE_SIZE  64      /* of a table, at first */


static void agent_watch_tree_grow(agent_watch_tree_t *t);
static size_t agent_watch_tree_hash(agent_watch_tree_t *t,
    agent_watch_node_t *parent, const char *name);
static void agent_watch_tree_name(agent_watch_tree_t *t,
    agent_watch_node_t *n);
static void agent_watch_tree_unname(agent_watch_tree_t *t,
    agent_watch_node_t *n);
static void agent_watch_tree_link(agent_watch_node_t **head,
    agent_watch_node_t *n);
static void agent_watch_tree_unlink(agent_watch_node_t *n);
static agent_watch_node_t *agent_watch_tree_alloc(agent_watch_tree_t *t,
    const char *name);
static void agent_watch_tree_free_name(agent_watch_tree_t *t,
    agent_watch_node_t *n);
static void agent_watch_tree_free_node(agent_watch_node_t *n);


/* no scan has found it, and another one may */
#define agent_watch_tree_unknown(n)                                           \
    (((n)->wd == -1 && !(n)->skipped) || (n)->missed)


/* of all trees */
static size_t  agent_watch_tree_nodes;


int
agent_watch_tree_init(agent_watch_tree_t *t)
{
    memset(t, 0, sizeof(agent_watch_tree_t));

    t->by_wd = calloc(AGENT_WATCH_TREE_SIZE, sizeof(agent_watch_node_t *));
    t->by_name = calloc(AGENT_WATCH_TREE_SIZE, sizeof(agent_watch_node_t *));

    if (t->by_wd == NULL || t->by_name == NULL) {
        agent_watch_tree_free(t);
        return -1;
    }

    t->size = AGENT_WATCH_TREE_SIZE;
    t->root = agent_watch_tree_alloc(t, "");

    if (t->root == NULL) {
        agent_watch_tree_free(t);
        return -1;
    }

    return 0;
}


void
agent_watch_tree_forget(agent_watch_tree_t *t)
{
    agent_watch_tree_nodes -= t->n;
    agent_memory_drop(t->bytes);

    t->n = 0;
    t->bytes = 0;
}


void
agent_watch_tree_free(agent_watch_tree_t *t)
{
    agent_watch_node_t  *n, *next;

    for (n = t->first; n; n = next) {
        next = n->queued;

        if (n->swept) {
            agent_watch_tree_free_node(n);
        }
    }

    t->first = NULL;

    for (n = t->trash; n; n = next) {

        /* children first: they are put before their parent */

        if (n->child) {
            next = n->child;
            agent_watch_tree_unlink(next);
            agent_watch_tree_link(&t->trash, next);
            continue;
        }

        next = n->next;

        agent_watch_tree_unlink(n);
        agent_watch_tree_free_node(n);

        next = t->trash;
    }

    if (t->root) {
        n = t->root;
        t->root = NULL;

        agent_watch_tree_link(&t->trash, n);
        agent_watch_tree_free(t);
        return;
    }

    free(t->by_wd);
    free(t->by_name);

    t->by_wd = NULL;
    t->by_name = NULL;
}


static void
agent_watch_tree_free_node(agent_watch_node_t *n)
{
    if (n->name != n->text) {
        free(n->name);
    }

    free(n);
}


agent_watch_node_t *
agent_watch_tree_add(agent_watch_tree_t *t, agent_watch_node_t *parent,
    const char *name)
{
    agent_watch_node_t  *n;

    n = agent_watch_tree_alloc(t, name);

    if (n == NULL) {
        return NULL;
    }

    n->parent = parent;

    agent_watch_tree_link(&parent->child, n);
    agent_watch_tree_name(t, n);

    return n;
}


agent_watch_node_t *
agent_watch_tree_find(agent_watch_tree_t *t, agent_watch_node_t *parent,
    const char *name)
{
    agent_watch_node_t  *n;

    n = t->by_name[agent_watch_tree_hash(t, parent, name)];

    while (n && (n->parent != parent || strcmp(n->name, name) != 0)) {
        n = n->by_name;
    }

    return n;
}


agent_watch_node_t *
agent_watch_tree_find_wd(agent_watch_tree_t *t, int wd)
{
    agent_watch_node_t  *n;

    n = t->by_wd[(size_t) wd & (t->size - 1)];

    while (n && n->wd != wd) {
        n = n->by_wd;
    }

    return n;
}


void
agent_watch_tree_set_wd(agent_watch_tree_t *t, agent_watch_node_t *n, int wd)
{
    agent_watch_node_t  **p;

    t->nunknown -= agent_watch_tree_unknown(n);

    if (n->wd != -1) {
        p = &t->by_wd[(size_t) n->wd & (t->size - 1)];

        while (*p != n) {
            p = &(*p)->by_wd;
        }

        *p = n->by_wd;
    }

    n->wd = wd;
    n->skipped = 0;
    t->nunknown += agent_watch_tree_unknown(n);

    if (wd != -1) {
        p = &t->by_wd[(size_t) wd & (t->size - 1)];
        n->by_wd = *p;
        *p = n;
    }
}


void
agent_watch_tree_miss(agent_watch_tree_t *t, agent_watch_node_t *n, int missed)
{
    t->nunknown -= agent_watch_tree_unknown(n);
    n->missed = (missed != 0);
    t->nunknown += agent_watch_tree_unknown(n);
}


void
agent_watch_tree_skip(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    t->nunknown -= agent_watch_tree_unknown(n);
    n->missed = 0;
    n->skipped = 1;
    t->nunknown += agent_watch_tree_unknown(n);
}


int
agent_watch_tree_path(agent_watch_node_t *n, const char *name, char *buf,
    size_t size)
{
    size_t  len, pos;

    if (agent_watch_tree_detached(n)) {
        return -1;
    }

    /* from its end to its beginning */

    pos = size - 1;
    buf[pos] = '\0';

    if (name) {
        len = strlen(name);

        if (len > pos) {
            return -1;
        }

        pos -= len;
        memcpy(buf + pos, name, len);
    }

    for ( /* void */ ; n->parent; n = n->parent) {

        if (n->len + 1U > pos) {
            return -1;
        }

        if (buf[pos]) {
            buf[--pos] = '/';
        }

        pos -= n->len;
        memcpy(buf + pos, n->name, n->len);
    }

    len = size - 1 - pos;
    memmove(buf, buf + pos, len + 1);

    return (int) len;
}


void
agent_watch_tree_take(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    agent_watch_tree_unname(t, n);
    agent_watch_tree_unlink(n);

    n->parent = NULL;
    n->detached = 1;
}


int
agent_watch_tree_put(agent_watch_tree_t *t, agent_watch_node_t *n,
    agent_watch_node_t *parent, const char *name)
{
    char    *copy;
    size_t   len;

    len = strlen(name);

    if (agent_memory_collect(len + 1) != 0) {
        return -1;
    }

    copy = malloc(len + 1);

    if (copy == NULL) {
        agent_memory_drop(len + 1);
        return -1;
    }

    memcpy(copy, name, len + 1);
    t->bytes += len + 1;

    agent_watch_tree_free_name(t, n);

    n->name = copy;
    n->len = (unsigned) len & 0x1ff;
    n->parent = parent;
    n->detached = 0;

    agent_watch_tree_link(&parent->child, n);
    agent_watch_tree_name(t, n);

    return 0;
}


static void
agent_watch_tree_free_name(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    if (n->name != n->text) {
        t->bytes -= n->len + 1;
        agent_memory_drop(n->len + 1);
        free(n->name);
    }
}


void
agent_watch_tree_detach(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    if (!n->detached) {
        agent_watch_tree_take(t, n);
    }

    agent_watch_tree_link(&t->trash, n);
}


int
agent_watch_tree_sweep(agent_watch_tree_t *t, int fd, unsigned max)
{
    agent_watch_node_t  *n, *child;

    while (t->trash && max--) {
        n = t->trash;
        child = n->child;

        if (child) {

            /* it becomes trash of its own */

            agent_watch_tree_take(t, child);
            agent_watch_tree_link(&t->trash, child);
            continue;
        }

        if (n->wd != -1) {
            (void) inotify_rm_watch(fd, n->wd);
            agent_watch_tree_set_wd(t, n, -1);
        }

        agent_watch_tree_unlink(n);

        if (n->waits || n->scanning) {
            n->swept = 1;

        } else {
            agent_watch_tree_release(t, n);
        }
    }

    return t->trash != NULL;
}


static size_t
agent_watch_tree_hash(agent_watch_tree_t *t, agent_watch_node_t *parent,
    const char *name)
{
    uint64_t  hash;

    hash = (uint64_t) (uintptr_t) parent >> 4;

    while (*name) {
        hash = (hash ^ (unsigned char) *name++) * 1099511628211ULL;
    }

    hash ^= hash >> 32;

    return (size_t) hash & (t->size - 1);
}


static void
agent_watch_tree_name(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    agent_watch_node_t  **p;

    p = &t->by_name[agent_watch_tree_hash(t, n->parent, n->name)];

    n->by_name = *p;
    *p = n;
}


static void
agent_watch_tree_unname(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    agent_watch_node_t  **p;

    p = &t->by_name[agent_watch_tree_hash(t, n->parent, n->name)];

    while (*p != n) {
        p = &(*p)->by_name;
    }

    *p = n->by_name;
}


static void
agent_watch_tree_link(agent_watch_node_t **head, agent_watch_node_t *n)
{
    n->next = *head;
    n->prev = head;

    if (n->next) {
        n->next->prev = &n->next;
    }

    *head = n;
}


static void
agent_watch_tree_unlink(agent_watch_node_t *n)
{
    if (n->prev == NULL) {
        return;
    }

    *n->prev = n->next;

    if (n->next) {
        n->next->prev = n->prev;
    }

    n->prev = NULL;
    n->next = NULL;
}


static agent_watch_node_t *
agent_watch_tree_alloc(agent_watch_tree_t *t, const char *name)
{
    size_t               len, size;
    agent_watch_node_t  *n;

    len = strlen(name);
    size = sizeof(agent_watch_node_t) + len + 1;

    if (agent_watch_tree_nodes == AGENT_WATCH_TREE_MAX
        || agent_memory_collect(size) != 0)
    {
        return NULL;
    }

    n = calloc(1, size);

    if (n == NULL) {
        agent_memory_drop(size);
        return NULL;
    }

    n->wd = -1;
    n->len = (unsigned) len & 0x1ff;
    n->own = (unsigned) len & 0x1ff;
    n->name = n->text;
    memcpy(n->text, name, len);

    agent_watch_tree_nodes++;
    t->n++;
    t->nunknown++;
    t->bytes += size;

    if (t->n > t->size) {
        agent_watch_tree_grow(t);
    }

    return n;
}


void
agent_watch_tree_release(agent_watch_tree_t *t, agent_watch_node_t *n)
{
    size_t  size;

    agent_watch_tree_free_name(t, n);
    n->name = n->text;

    size = sizeof(agent_watch_node_t) + n->own + 1;

    agent_watch_tree_nodes--;
    t->n--;
    t->nunknown -= agent_watch_tree_unknown(n);
    t->bytes -= size;
    agent_memory_drop(size);

    free(n);
}


/* without memory for larger tables, they are slower */

static void
agent_watch_tree_grow(agent_watch_tree_t *t)
{
    size_t                i, old, index;
    agent_watch_node_t   *n, *next, **by_wd, **by_name, **was_wd, **was_name;

    old = t->size;

    by_wd = calloc(old * 2, sizeof(agent_watch_node_t *));
    by_name = calloc(old * 2, sizeof(agent_watch_node_t *));

    if (by_wd == NULL || by_name == NULL) {
        free(by_wd);
        free(by_name);
        return;
    }

    was_wd = t->by_wd;
    was_name = t->by_name;

    t->by_wd = by_wd;
    t->by_name = by_name;
    t->size = old * 2;

    for (i = 0; i < old; i++) {

        for (n = was_wd[i]; n; n = next) {
            next = n->by_wd;
            index = (size_t) n->wd & (t->size - 1);
            n->by_wd = by_wd[index];
            by_wd[index] = n;
        }

        for (n = was_name[i]; n; n = next) {
            next = n->by_name;
            agent_watch_tree_name(t, n);
        }
    }

    free(was_wd);
    free(was_name);
}


int
agent_watch_tree_detached(agent_watch_node_t *n)
{
    while (n->parent) {
        n = n->parent;
    }

    return n->detached;
}
