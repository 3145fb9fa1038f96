
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/time.h"
#include "watch/event.h"
#include "watch/fault.h"
#include "watch/found.h"
#include "watch/queue.h"
#include "watch/report.h"
#include "watch/turn.h"


#define AGENT_WATCH_RESCAN  500        /* ms between two */
#define AGENT_WATCH_SWEEP   256        /* directories at a time */


static void agent_watch_turn_scan(agent_watch_t *w);
static void agent_watch_turn_rescan(agent_watch_t *w);
static int agent_watch_turn_settled(agent_watch_t *w, int more);
static void agent_watch_turn_poll(uv_poll_t *poll, int status, int events);
static void agent_watch_turn_timer(uv_timer_t *timer);


void
agent_watch_turn(agent_watch_t *w)
{
    int                    more;
    agent_watch_waiter_t  *waiter;

    if (w->busy || w->ended || w->left || !w->polls) {
        return;
    }

    w->asked = 0;

    for (waiter = TAILQ_FIRST(&w->waiters); waiter;
         waiter = TAILQ_NEXT(waiter, link))
    {
        waiter->turned = 1;
    }

    more = agent_watch_event_read(w);

    if (w->ended) {
        return;
    }

    if (!more) {
        agent_watch_found_flush(w);
        agent_watch_event_settle(w);

        if (w->scan.gone) {
            agent_watch_stop(w, "the watched directory was moved or deleted");
            return;
        }
    }

    if (!agent_watch_found_open(w)) {
        agent_watch_turn_rescan(w);
        agent_watch_turn_scan(w);

        if (w->ended) {
            return;
        }
    }

    if (!w->busy) {

        if (!uv_is_active((uv_handle_t *) &w->poll)) {
            (void) uv_poll_start(&w->poll, UV_READABLE, agent_watch_turn_poll);
        }

        if (!agent_watch_found_open(w)) {
            (void) agent_watch_tree_sweep(&w->tree, w->scan.inotify,
                                          AGENT_WATCH_SWEEP);
        }
    }

    agent_watch_turn_serve(w, agent_watch_turn_settled(w, more));
}


/* gives the thread its turn, if there are directories to scan */

static void
agent_watch_turn_scan(agent_watch_t *w)
{
    char                      path[PATH_MAX];
    agent_watch_node_t       *n;
    agent_watch_scan_t       *s;
    agent_watch_scan_item_t  *item;

    s = &w->scan;

    while (s->current == 0 && s->nitems < AGENT_WATCH_SCAN_ITEMS) {

        n = agent_watch_queue_next(&w->tree);

        if (n == NULL) {
            break;
        }

        if (agent_watch_tree_path(n, NULL, path, sizeof(path)) == -1) {
            agent_watch_queue_done(&w->tree, n);
            agent_watch_skip(w, n, ENAMETOOLONG);
            continue;
        }

        item = &s->items[s->nitems];

        memset(item, 0, sizeof(agent_watch_scan_item_t));
        item->node = n;
        item->files = n->report
                      && (w->params.events & (1U << AGENT_WATCH_CREATE));
        item->path = strdup(path);

        if (item->path == NULL) {
            agent_watch_fail(w, ENOMEM);
            return;
        }

        s->nitems++;
    }

    if (s->nitems == 0) {
        return;
    }

    (void) uv_poll_stop(&w->poll);

    w->busy = 1;
    (void) agent_thread_job_start(&s->job);
}


/* events were lost: all directories are scanned again, and then it is told */

static void
agent_watch_turn_rescan(agent_watch_t *w)
{
    uint64_t  now;

    if (w->tree.first || w->scan.nitems) {
        return;
    }

    now = agent_time_ms();

    if (w->rescan) {
        w->rescan = 0;
        w->rescanned = now;
        agent_watch_report_resync(w);
    }

    if (w->lost
        && (w->rescanned == 0 || now - w->rescanned >= AGENT_WATCH_RESCAN))
    {
        w->lost = 0;
        w->rescan = 1;
        w->seen = !w->seen;
        w->tree.root->seen = w->seen;
        agent_watch_queue_add(&w->tree, w->tree.root, 0);
    }
}


/* 1 if there is nothing to do: then the log is complete */

static int
agent_watch_turn_settled(agent_watch_t *w, int more)
{
    if (more || w->busy || agent_watch_found_open(w) || w->tree.first
        || w->lost || w->rescan)
    {
        return 0;
    }

    if (!w->ready) {
        w->ready = 1;
        agent_watch_log_drop(&w->log, w->log.last);
        w->log.last = 0;
        w->log.dropped = 0;
        w->log.resync = 0;
    }

    return 1;
}


/* tells those who wait, and those who read */

void
agent_watch_turn_serve(agent_watch_t *w, int idle)
{
    uint64_t               now;
    agent_watch_reader_t  *reader, *next;
    agent_watch_waiter_t  *waiter;

    now = agent_time_ms();
    w->serving = 1;

    if (idle && !TAILQ_EMPTY(&w->waiters)) {
        agent_watch_report_held(w);
    }

    waiter = w->ready ? TAILQ_FIRST(&w->waiters) : NULL;

    while (waiter) {

        if (waiter->settle && !(idle && waiter->turned) && !w->ended
            && waiter->until > now)
        {
            waiter = TAILQ_NEXT(waiter, link);
            continue;
        }

        TAILQ_REMOVE(&w->waiters, waiter, link);
        waiter->watch = NULL;
        waiter->done(waiter, w, NULL);

        /* the list may be another one now */

        waiter = TAILQ_FIRST(&w->waiters);
    }

    for (reader = TAILQ_FIRST(&w->readers); reader; reader = next) {
        next = TAILQ_NEXT(reader, link);

        if (reader->wake && (reader->cursor < w->log.last || w->ended)) {
            reader->wake(reader);
        }
    }

    w->serving = 0;

    agent_watch_turn_trim(w);
    agent_watch_turn_arm(w);
    agent_watch_release(w);
}


static void
agent_watch_turn_poll(uv_poll_t *poll, int status, int events)
{
    agent_watch_turn(poll->data);
}


void
agent_watch_turn_arm(agent_watch_t *w)
{
    uint64_t               now, next, at;
    agent_watch_waiter_t  *waiter;

    if (w->left) {
        return;
    }

    now = agent_time_ms();
    next = UINT64_MAX;

    if (!w->ready && !w->ended) {
        next = w->began + AGENT_WATCH_SETUP;
    }

    if ((w->asked || (w->rest.len && !w->ended)) && !w->busy) {
        next = now;
    }

    at = w->ended ? 0 : agent_watch_hold_due(&w->hold, 0);

    if (at && at < next) {
        next = at;
    }

    if (!w->ended && !w->busy && (w->tree.trash || w->lost)
        && now + 10 < next)
    {
        next = now + 10;
    }

    for (waiter = TAILQ_FIRST(&w->waiters); waiter;
         waiter = TAILQ_NEXT(waiter, link))
    {
        if (waiter->settle && waiter->until < next) {
            next = waiter->until;
        }
    }

    if (w->kept && TAILQ_EMPTY(&w->readers) && w->kept < next) {
        next = w->kept;
    }

    if (next == UINT64_MAX) {
        (void) uv_timer_stop(&w->timer);
        return;
    }

    /* a timer that is due at once would run before everything else */

    uv_update_time(agent_loop);
    (void) uv_timer_start(&w->timer, agent_watch_turn_timer,
                          next > now ? next - now : 1, 0);
}


static void
agent_watch_turn_timer(uv_timer_t *timer)
{
    uint64_t        now;
    agent_watch_t  *w;

    w = timer->data;
    now = agent_time_ms();

    if (w->ended) {
        w->asked = 0;
    }

    if (!w->ready && !w->ended && now - w->began >= AGENT_WATCH_SETUP) {
        agent_watch_fail(w, ETIMEDOUT);
        return;
    }

    if (w->kept && w->kept <= now) {
        w->kept = 0;
    }

    if (!w->ended) {
        (void) agent_watch_hold_due(&w->hold, now);
    }

    if (w->busy || w->ended) {
        agent_watch_turn_serve(w, 0);

    } else {
        agent_watch_turn(w);
    }
}


void
agent_watch_turn_trim(agent_watch_t *w)
{
    uint64_t               seq;
    agent_watch_reader_t  *reader;

    seq = w->log.last;

    for (reader = TAILQ_FIRST(&w->readers); reader;
         reader = TAILQ_NEXT(reader, link))
    {
        if (reader->cursor < seq) {
            seq = reader->cursor;
        }
    }

    agent_watch_log_drop(&w->log, seq);
}
