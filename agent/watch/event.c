
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/temporary.h"
#include "base/time.h"
#include "watch/event.h"
#include "watch/found.h"
#include "watch/queue.h"
#include "watch/report.h"


#define AGENT_WATCH_EVENT_SIZE   16384
#define AGENT_WATCH_EVENT_SLICE  5     /* ms */


/*
 * A directory that has left its place.  Both events of a rename and the one of
 * the directory itself are queued in this order: without the second, it has
 * left the tree.
 */

struct agent_watch_moved_s {
    agent_watch_node_t  *node;
    uint32_t             cookie;
    unsigned             old:1;        /* it was there at the last settle */
    unsigned             lost:1;       /* an event in it could not be told */
};


static size_t agent_watch_event_batch(agent_watch_t *w, char *buf, size_t len,
    uint64_t until);
static void agent_watch_event(agent_watch_t *w, struct inotify_event *e);
static void agent_watch_event_above(agent_watch_t *w,
    struct inotify_event *e);
static void agent_watch_event_self(agent_watch_t *w, agent_watch_node_t *n,
    uint32_t mask);
static void agent_watch_event_name(agent_watch_t *w, agent_watch_node_t *n,
    struct inotify_event *e);
static void agent_watch_event_temporary(agent_watch_t *w,
    struct inotify_event *e);
static void agent_watch_event_complete(agent_watch_t *w,
    struct inotify_event *e, int found);
static void agent_watch_event_tell(agent_watch_t *w, agent_watch_kind_e kind,
    agent_watch_node_t *n, struct inotify_event *e);
static void agent_watch_event_new(agent_watch_t *w, agent_watch_node_t *n,
    const char *name);
static void agent_watch_event_from(agent_watch_t *w, agent_watch_node_t *n,
    uint32_t cookie);
static void agent_watch_event_to(agent_watch_t *w, agent_watch_node_t *n,
    struct inotify_event *e);
static agent_watch_moved_t *agent_watch_event_moved(agent_watch_t *w,
    agent_watch_node_t *n);
static void agent_watch_event_away(agent_watch_t *w, agent_watch_moved_t *m);


uint32_t
agent_watch_event_mask(const agent_watch_params_t *params)
{
    uint32_t  mask;

    mask = IN_CREATE|IN_DELETE|IN_MOVED_FROM|IN_MOVED_TO|IN_DELETE_SELF
           |IN_MOVE_SELF|IN_EXCL_UNLINK;

    if (params->events & (1U << AGENT_WATCH_MODIFY)) {
        mask |= IN_MODIFY|IN_CLOSE_WRITE;
    }

    if (params->events & (1U << AGENT_WATCH_ATTRIB)) {
        mask |= IN_ATTRIB;
    }

    return mask;
}


int
agent_watch_event_read(agent_watch_t *w)
{
    ssize_t   n;
    size_t    done;
    uint64_t  until;

    static char  buf[AGENT_WATCH_EVENT_SIZE]
        __attribute__((aligned(__alignof__(struct inotify_event))));

    until = agent_time_ms() + AGENT_WATCH_EVENT_SLICE;

    if (w->rest.len) {
        done = agent_watch_event_batch(w, w->rest.data, w->rest.len, until);
        agent_buffer_shift(&w->rest, done);

        if (w->rest.len) {
            return 1;
        }

        agent_buffer_free(&w->rest);
    }

    while (!w->ended && agent_time_ms() < until) {

        n = read(w->scan.inotify, buf, sizeof(buf));

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return 0;
        }

        done = agent_watch_event_batch(w, buf, (size_t) n, until);

        if (done < (size_t) n) {
            agent_buffer_add(&w->rest, buf + done, (size_t) n - done);

            if (w->rest.failed) {
                agent_watch_fail(w, ENOMEM);
            }
        }
    }

    return 1;
}


/* how many of the bytes could be handled until then, one event at least */

static size_t
agent_watch_event_batch(agent_watch_t *w, char *buf, size_t len,
    uint64_t until)
{
    size_t                 pos, size;
    struct inotify_event  *e;

    for (pos = 0; pos < len && !w->ended; pos += size) {

        if (pos && agent_time_ms() >= until) {
            return pos;
        }

        e = (struct inotify_event *) (buf + pos);
        size = sizeof(struct inotify_event) + e->len;

        agent_watch_event(w, e);

        w->nread += size;

        if (agent_watch_found_open(w) && w->nread >= w->barrier) {
            agent_watch_found_flush(w);
        }
    }

    return len;
}


static void
agent_watch_event(agent_watch_t *w, struct inotify_event *e)
{
    agent_watch_node_t  *n;

    if (e->mask & IN_Q_OVERFLOW) {
        w->lost = 1;
        return;
    }

    n = agent_watch_tree_find_wd(&w->tree, e->wd);

    if (n == NULL) {

        agent_watch_event_above(w, e);
        return;
    }

    if (e->len) {
        agent_watch_event_name(w, n, e);

    } else {
        agent_watch_event_self(w, n, e->mask);
    }
}


static void
agent_watch_event_above(agent_watch_t *w, struct inotify_event *e)
{
    size_t       i;
    const char  *name;

    for (i = 0; i < w->scan.nabove; i++) {

        if (w->scan.above[i] != e->wd) {
            continue;
        }

        if (e->mask & IN_MOVE_SELF) {
            agent_watch_stop(w, "a directory above the watched one was moved");
            return;
        }

        name = strrchr(w->scan.real, '/') + 1;

        /* deleted, or replaced by a rename */

        if ((e->mask & (IN_DELETE|IN_MOVED_TO)) && e->len
            && strcmp(e->name, name) == 0)
        {
            agent_watch_event_self(w, w->tree.root, IN_DELETE_SELF);
        }

        return;
    }
}


/* of a directory itself: its parent has another event of it */

static void
agent_watch_event_self(agent_watch_t *w, agent_watch_node_t *n, uint32_t mask)
{
    int                   root;
    agent_watch_moved_t  *m;

    root = (n == w->tree.root);

    if (mask & IN_ATTRIB) {

        if (root) {
            (void) agent_watch_report(w, AGENT_WATCH_ATTRIB, n, NULL, 1, 0);
        }

        return;
    }

    if (mask & IN_MOVE_SELF) {

        if (root) {
            (void) agent_watch_report(w, AGENT_WATCH_MOVE_FROM, n, NULL, 1, 0);
            agent_watch_stop(w, "the watched directory was moved");
            return;
        }

        /* it was moved since it is watched: it is the right one */

        n->unsure = 0;

        m = agent_watch_event_moved(w, n);

        if (m) {
            agent_watch_event_away(w, m);
        }

        return;
    }

    if (mask & IN_UNMOUNT) {

        if (root) {
            agent_watch_stop(w, "the watched directory was unmounted");
            return;
        }

        w->lost = 1;
        return;
    }

    if (mask & (IN_DELETE_SELF|IN_IGNORED)) {

        if (root) {
            (void) agent_watch_report(w, AGENT_WATCH_DELETE, n, NULL, 1, 0);
            agent_watch_stop(w, "the watched directory was deleted");
            return;
        }

        if (mask & IN_IGNORED) {
            agent_watch_tree_set_wd(&w->tree, n, -1);
        }
    }
}


static void
agent_watch_event_name(agent_watch_t *w, agent_watch_node_t *n,
    struct inotify_event *e)
{
    int                  found, is_directory;
    agent_watch_node_t  *child;

    if (agent_temporary_is(e->name)) {
        agent_watch_event_temporary(w, e);
        return;
    }

    found = agent_watch_found_take(w, n, e->name, &is_directory);

    if (found && (e->mask & (IN_CREATE|IN_MOVED_TO)) == 0) {

        /* it was created before the directory was watched */

        (void) agent_watch_report(w, AGENT_WATCH_CREATE, n, e->name,
                                  is_directory, 0);
    }

    if (e->mask & IN_MOVED_TO) {
        agent_watch_event_complete(w, e, found);
    }

    child = NULL;

    if ((e->mask & IN_ISDIR) && w->params.recursive) {
        child = agent_watch_tree_find(&w->tree, n, e->name);
    }

    if (e->mask & IN_CREATE) {
        agent_watch_event_tell(w, AGENT_WATCH_CREATE, n, e);

        if ((e->mask & IN_ISDIR) && w->params.recursive) {
            agent_watch_event_new(w, n, e->name);
        }

        return;
    }

    if (e->mask & IN_DELETE) {
        agent_watch_event_tell(w, AGENT_WATCH_DELETE, n, e);

        if (child) {
            agent_watch_tree_detach(&w->tree, child);
        }

        return;
    }

    if (e->mask & IN_MOVED_FROM) {

        if (e->mask & IN_ISDIR) {
            agent_watch_report_held(w);
        }

        agent_watch_event_tell(w, AGENT_WATCH_MOVE_FROM, n, e);

        if (child) {
            agent_watch_found_leave(w, child);
            agent_watch_event_from(w, child, e->cookie);
        }

        return;
    }

    if (e->mask & IN_MOVED_TO) {
        agent_watch_event_tell(w, AGENT_WATCH_MOVE_TO, n, e);

        if ((e->mask & IN_ISDIR) && w->params.recursive) {
            agent_watch_event_to(w, n, e);
        }

        return;
    }

    if (e->mask & (IN_MODIFY|IN_CLOSE_WRITE)) {
        agent_watch_event_tell(w, AGENT_WATCH_MODIFY, n, e);
        return;
    }

    if (e->mask & IN_ATTRIB) {
        agent_watch_event_tell(w, AGENT_WATCH_ATTRIB, n, e);
    }
}


/* something of the agent's own, which is not complete */

static void
agent_watch_event_temporary(agent_watch_t *w, struct inotify_event *e)
{
    agent_watch_own_t  *own;

    if (e->mask & IN_MOVED_FROM) {
        own = &w->own[w->nown++ % AGENT_WATCH_OWN];
        own->cookie = e->cookie;
        own->replaces = agent_temporary_replaces(e->name);
    }
}


/* when it takes its place, it is created there, or has modified a file */

static void
agent_watch_event_complete(agent_watch_t *w, struct inotify_event *e,
    int found)
{
    size_t  i;

    for (i = 0; i < AGENT_WATCH_OWN; i++) {

        if (w->own[i].cookie == e->cookie && e->cookie) {
            e->mask &= ~IN_MOVED_TO;
            e->mask |= w->own[i].replaces && !found ? IN_CLOSE_WRITE
                                                    : IN_CREATE;
            e->cookie = 0;
            w->own[i].cookie = 0;
            return;
        }
    }
}


static void
agent_watch_event_tell(agent_watch_t *w, agent_watch_kind_e kind,
    agent_watch_node_t *n, struct inotify_event *e)
{
    agent_watch_moved_t  *m;

    if (n->unsure) {
        w->lost = 1;
        return;
    }

    n->touched = n->fresh;

    if (agent_watch_report(w, kind, n, e->name, (e->mask & IN_ISDIR) != 0,
                           e->cookie)
        == 0)
    {
        return;
    }

    while (n->parent) {
        n = n->parent;
    }

    m = agent_watch_event_moved(w, n);

    if (m) {
        m->lost = 1;

    } else if (!n->detached) {

        /* the path is too long: a scan finds what can be watched */

        w->lost = 1;
    }
}


static void
agent_watch_event_new(agent_watch_t *w, agent_watch_node_t *n,
    const char *name)
{
    agent_watch_node_t  *child;

    child = agent_watch_tree_find(&w->tree, n, name);

    if (child == NULL) {
        child = agent_watch_add(w, n, name);
    }

    if (child && child->wd == -1) {
        agent_watch_queue_add(&w->tree, child, w->ready);
    }
}


static void
agent_watch_event_from(agent_watch_t *w, agent_watch_node_t *n,
    uint32_t cookie)
{
    agent_watch_moved_t  *moved;

    /* not watched yet: it will be found where it has gone */

    moved = n->wd == -1 ? NULL
            : realloc(w->moved, (w->nmoved + 1) * sizeof(agent_watch_moved_t));

    if (moved == NULL) {
        agent_watch_tree_detach(&w->tree, n);
        return;
    }

    agent_watch_tree_take(&w->tree, n);

    w->moved = moved;
    moved += w->nmoved++;

    moved->node = n;
    moved->cookie = cookie;
    moved->old = 0;
    moved->lost = 0;
}


static void
agent_watch_event_to(agent_watch_t *w, agent_watch_node_t *n,
    struct inotify_event *e)
{
    size_t                i;
    agent_watch_node_t   *child, *moved;
    agent_watch_moved_t  *m;

    /* a rename replaces an empty directory */

    child = agent_watch_tree_find(&w->tree, n, e->name);

    if (child) {
        agent_watch_tree_detach(&w->tree, child);
    }

    for (i = 0; i < w->nmoved; i++) {

        if (w->moved[i].cookie == e->cookie) {
            break;
        }
    }

    if (i == w->nmoved) {
        agent_watch_event_new(w, n, e->name);
        return;
    }

    m = &w->moved[i];

    if (agent_watch_report_prune(w, n, e->name)) {
        agent_watch_event_away(w, m);
        return;
    }

    moved = m->node;
    w->lost |= m->lost;
    *m = w->moved[--w->nmoved];

    if (agent_watch_tree_put(&w->tree, moved, n, e->name) != 0) {
        agent_watch_tree_detach(&w->tree, moved);
        agent_watch_fail(w, ENOBUFS);
        return;
    }

    agent_watch_queue_below(&w->tree, moved);

    if (w->rescan) {
        moved->seen = w->seen;
        agent_watch_queue_add(&w->tree, moved, 0);
    }
}


static agent_watch_moved_t *
agent_watch_event_moved(agent_watch_t *w, agent_watch_node_t *n)
{
    size_t  i;

    for (i = 0; i < w->nmoved; i++) {

        if (w->moved[i].node == n) {
            return &w->moved[i];
        }
    }

    return NULL;
}


static void
agent_watch_event_away(agent_watch_t *w, agent_watch_moved_t *m)
{
    agent_watch_tree_detach(&w->tree, m->node);

    *m = w->moved[--w->nmoved];
}


void
agent_watch_event_settle(agent_watch_t *w)
{
    size_t  i;

    for (i = 0; i < w->nmoved; /* void */ ) {

        if (w->moved[i].old) {
            agent_watch_event_away(w, &w->moved[i]);
            continue;
        }

        w->moved[i++].old = 1;
    }
}


void
agent_watch_event_free(agent_watch_t *w)
{
    while (w->nmoved) {
        agent_watch_event_away(w, &w->moved[0]);
    }

    free(w->moved);
    w->moved = NULL;

    agent_buffer_free(&w->rest);
}
