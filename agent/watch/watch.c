
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/loop.h"
#include "base/time.h"
#include "files/fault.h"
#include "run/workspace.h"
#include "watch/event.h"
#include "watch/fault.h"
#include "watch/found.h"
#include "watch/queue.h"
#include "watch/report.h"
#include "watch/turn.h"
#include "watch/watch.h"


#define AGENT_WATCH_SETTLE  500        /* ms */


TAILQ_HEAD(agent_watches_s, agent_watch_s);


static void agent_watch_opened(agent_thread_job_t *job);
static agent_watch_t *agent_watch_same(agent_watch_t *w);
static int agent_watch_room(void);
static void agent_watch_created(agent_thread_job_t *job);
static void agent_watch_scanned(agent_thread_job_t *job);
static void agent_watch_end(agent_watch_t *w);
static void agent_watch_unlist(agent_watch_t *w);
static void agent_watch_closed(uv_handle_t *handle);
static void agent_watch_clean(agent_thread_job_t *job);
static void agent_watch_left(agent_thread_job_t *job);
static void agent_watch_free(agent_thread_job_t *job);


/* those that are open and have not ended */
static struct agent_watches_s  agent_watches =
    TAILQ_HEAD_INITIALIZER(agent_watches);
static size_t                  agent_watch_count;
static size_t                  agent_watch_readers;
static uint64_t                agent_watch_number;


void
agent_watch_open(agent_watch_params_t *params, agent_watch_waiter_t *waiter)
{
    agent_fault_t    fault;
    agent_watch_t   *w;
    struct timespec  now;

    waiter->watch = NULL;
    waiter->settle = 0;
    waiter->created = 0;

    w = calloc(1, sizeof(agent_watch_t));

    if (w == NULL) {
        agent_watch_params_free(params);
        (void) agent_fault_no_memory(&fault);
        waiter->done(waiter, NULL, &fault);
        return;
    }

    TAILQ_INIT(&w->readers);
    TAILQ_INIT(&w->waiters);
    agent_watch_log_init(&w->log);

    (void) clock_gettime(CLOCK_REALTIME, &now);
    (void) snprintf(w->id, sizeof(w->id), "watch-%" PRIu64 "-%" PRIu64,
                    ++agent_watch_number,
                    (uint64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000);

    w->params = *params;
    memset(params, 0, sizeof(agent_watch_params_t));

    w->path = w->scan.shown;
    w->began = agent_time_ms();
    w->hold.modified = agent_watch_report_modified;
    w->hold.data = w;

    w->scan.path = w->params.path;
    w->scan.session = w->params.session;
    w->scan.mask = agent_watch_event_mask(&w->params);
    w->scan.root = -1;
    w->scan.inotify = -1;

    w->scan.job.run = agent_watch_scan_open;
    w->scan.job.done = agent_watch_opened;
    w->scan.job.free = agent_watch_left;
    w->scan.job.owner = w;
    w->scan.job.as_user = 1;

    uv_timer_init(agent_loop, &w->timer);
    w->timer.data = w;
    w->handles = 1;

    waiter->watch = w;
    TAILQ_INSERT_TAIL(&w->waiters, waiter, link);

    agent_workspace_make();

    w->busy = 1;
    (void) agent_thread_job_start(&w->scan.job);
}


static void
agent_watch_opened(agent_thread_job_t *job)
{
    agent_watch_t         *w, *same;
    agent_watch_waiter_t  *waiter;

    w = (agent_watch_t *) job;
    w->busy = 0;

    if (w->left) {
        return;
    }

    if (job->error || w->scan.err) {
        agent_watch_fail(w, job->error ? job->error : w->scan.err);
        return;
    }

    if (w->scan.only[0]) {
        w->params.recursive = 0;
    }

    same = agent_watch_same(w);

    if (same) {

        while ((waiter = TAILQ_FIRST(&w->waiters)) != NULL) {
            TAILQ_REMOVE(&w->waiters, waiter, link);
            waiter->watch = same;
            TAILQ_INSERT_TAIL(&same->waiters, waiter, link);
        }

        agent_watch_turn_serve(same, 0);
        agent_watch_release(w);
        return;
    }

    if (agent_watch_room() != 0) {
        agent_watch_fail(w, EDQUOT);
        return;
    }

    w->open = 1;
    agent_watch_count++;
    TAILQ_INSERT_TAIL(&agent_watches, w, link);

    waiter = TAILQ_FIRST(&w->waiters);

    if (waiter) {
        waiter->created = 1;
    }

    w->busy = 1;
    job->run = agent_watch_scan_create;
    job->done = agent_watch_created;

    (void) agent_thread_job_start(job);
}


static agent_watch_t *
agent_watch_same(agent_watch_t *w)
{
    agent_watch_t  *other;

    for (other = TAILQ_FIRST(&agent_watches); other;
         other = TAILQ_NEXT(other, link))
    {
        if (other->scan.ino == w->scan.ino && other->scan.dev == w->scan.dev
            && strcmp(other->scan.shown, w->scan.shown) == 0
            && strcmp(other->scan.only, w->scan.only) == 0
            && agent_watch_params_equal(&other->params, &w->params))
        {
            return other;
        }
    }

    return NULL;
}


/* 0, after one that is only kept has made room, or -1 */

static int
agent_watch_room(void)
{
    agent_watch_t  *w, *found;

    if (agent_watch_count < AGENT_WATCH_MAX) {
        return 0;
    }

    found = NULL;

    for (w = TAILQ_FIRST(&agent_watches); w; w = TAILQ_NEXT(w, link)) {

        if (TAILQ_EMPTY(&w->readers) && TAILQ_EMPTY(&w->waiters)
            && (found == NULL || w->kept < found->kept))
        {
            found = w;
        }
    }

    if (found == NULL) {
        return -1;
    }

    found->kept = 0;
    agent_watch_release(found);

    return 0;
}


static void
agent_watch_created(agent_thread_job_t *job)
{
    int             rc;
    agent_watch_t  *w;

    w = (agent_watch_t *) job;
    w->busy = 0;

    if (w->left) {
        return;
    }

    if (w->scan.gone) {
        w->scan.err = ENOENT;
    }

    if (job->error || w->scan.err) {
        agent_watch_fail(w, job->error ? job->error : w->scan.err);
        return;
    }

    rc = uv_poll_init(agent_loop, &w->poll, w->scan.inotify);

    if (rc == 0) {
        w->poll.data = w;
        w->polls = 1;
        w->handles++;
        rc = agent_watch_tree_init(&w->tree) == 0 ? 0 : UV_ENOMEM;
    }

    if (rc != 0) {
        agent_watch_fail(w, -rc);
        return;
    }

    job->run = agent_watch_scan_run;
    job->done = agent_watch_scanned;

    agent_watch_queue_add(&w->tree, w->tree.root, 0);
    agent_watch_turn(w);
}


static void
agent_watch_scanned(agent_thread_job_t *job)
{
    agent_watch_t  *w;

    w = (agent_watch_t *) job;
    w->busy = 0;

    if (w->left) {
        return;
    }

    if (job->error) {
        w->scan.err = job->error;
    }

    (void) agent_watch_found_register(w);

    if (!w->ended && w->scan.err) {
        agent_watch_fail(w, w->scan.err);
    }

    if (!w->ended) {
        agent_watch_turn(w);
    }
}


void
agent_watch_settle(agent_watch_t *w, agent_watch_waiter_t *waiter)
{
    waiter->watch = w;
    waiter->settle = 1;
    waiter->turned = 0;
    waiter->until = agent_time_ms() + AGENT_WATCH_SETTLE;

    TAILQ_INSERT_TAIL(&w->waiters, waiter, link);

    if (w->busy || w->ended || w->serving) {
        w->asked = 1;
        agent_watch_turn_arm(w);

    } else {
        agent_watch_turn(w);
    }
}


void
agent_watch_forget(agent_watch_waiter_t *waiter)
{
    agent_watch_t  *w;

    w = waiter->watch;

    if (w) {
        waiter->watch = NULL;
        TAILQ_REMOVE(&w->waiters, waiter, link);
        agent_watch_release(w);
    }
}


int
agent_watch_attach(agent_watch_t *w, agent_watch_reader_t *reader,
    agent_fault_t *fault)
{
    if (agent_watch_readers == AGENT_WATCH_READERS) {
        return agent_watch_fault_limit(fault, "readers of watches",
                                 AGENT_WATCH_READERS);
    }

    agent_watch_readers++;

    reader->watch = w;
    reader->cursor = w->log.last;

    TAILQ_INSERT_TAIL(&w->readers, reader, link);

    return 0;
}


void
agent_watch_detach(agent_watch_reader_t *reader)
{
    agent_watch_t  *w;

    w = reader->watch;

    if (w) {
        reader->watch = NULL;
        agent_watch_readers--;

        TAILQ_REMOVE(&w->readers, reader, link);

        agent_watch_turn_trim(w);
        agent_watch_turn_arm(w);
        agent_watch_release(w);
    }
}


void
agent_watch_advance(agent_watch_reader_t *reader, uint64_t cursor)
{
    if (cursor > reader->cursor) {
        reader->cursor = cursor;
        agent_watch_turn_trim(reader->watch);
    }
}


void
agent_watch_keep(agent_watch_t *w)
{
    w->kept = agent_time_ms() + AGENT_WATCH_KEPT;
    agent_watch_turn_arm(w);
}


agent_watch_node_t *
agent_watch_add(agent_watch_t *w, agent_watch_node_t *n, const char *name)
{
    agent_watch_node_t  *child;

    if (agent_watch_report_prune(w, n, name)) {
        return NULL;
    }

    child = agent_watch_tree_add(&w->tree, n, name);

    if (child == NULL) {
        agent_watch_fail(w, ENOBUFS);
        return NULL;
    }

    child->seen = w->seen;

    return child;
}


void
agent_watch_skip(agent_watch_t *w, agent_watch_node_t *n, int err)
{
    agent_fault_t  fault;

    if (n == w->tree.root) {
        agent_watch_fail(w, err);
        return;
    }

    agent_watch_tree_skip(&w->tree, n);

    (void) agent_files_fault_errno(&fault, err, "watch.start", "");
    agent_watch_report_skipped(w, n, fault.code);
    agent_fault_clear(&fault);
}


void
agent_watch_stop(agent_watch_t *w, const char *reason)
{
    if (w->ended) {
        return;
    }

    if (!w->ready) {
        agent_watch_fail(w, ENOENT);
        return;
    }

    agent_watch_report_held(w);
    w->stopped = reason;
    agent_watch_end(w);
}


void
agent_watch_fail(agent_watch_t *w, int err)
{
    agent_fault_t          fault;
    agent_watch_waiter_t  *waiter;

    if (w->ended) {
        return;
    }

    agent_watch_fault(w, err, &fault);
    w->error = strdup(fault.message);
    agent_fault_clear(&fault);

    while (!w->ready && (waiter = TAILQ_FIRST(&w->waiters)) != NULL) {
        TAILQ_REMOVE(&w->waiters, waiter, link);
        waiter->watch = NULL;

        agent_watch_fault(w, err, &fault);
        waiter->done(waiter, NULL, &fault);
    }

    agent_watch_end(w);
}


/* its readers are told after what is left for them */

static void
agent_watch_end(agent_watch_t *w)
{
    w->ended = 1;
    w->kept = 0;

    agent_watch_unlist(w);

    if (w->polls && !w->left) {
        (void) uv_poll_stop(&w->poll);
    }

    agent_watch_turn_serve(w, 0);
}


/* nobody finds it any more */

static void
agent_watch_unlist(agent_watch_t *w)
{
    if (w->open) {
        w->open = 0;
        agent_watch_count--;
        TAILQ_REMOVE(&agent_watches, w, link);
    }
}


void
agent_watch_release(agent_watch_t *w)
{
    if (w->left || w->kept || !TAILQ_EMPTY(&w->readers)
        || !TAILQ_EMPTY(&w->waiters))
    {
        return;
    }

    w->left = 1;

    agent_watch_unlist(w);

    uv_close((uv_handle_t *) &w->timer, agent_watch_closed);

    if (w->polls) {
        uv_close((uv_handle_t *) &w->poll, agent_watch_closed);
    }
}


static void
agent_watch_closed(uv_handle_t *handle)
{
    agent_watch_t  *w;

    w = handle->data;

    if (--w->handles == 0) {
        agent_thread_job_detach(&w->scan.job);
    }
}


/* no thread works: closing and freeing much is left to one */

static void
agent_watch_left(agent_thread_job_t *job)
{
    size_t          i;
    agent_watch_t  *w;

    w = (agent_watch_t *) job;

    agent_watch_event_free(w);

    for (i = 0; i < w->scan.nitems; i++) {

        if (w->scan.items[i].node) {
            agent_watch_queue_done(&w->tree, w->scan.items[i].node);
        }
    }

    agent_watch_tree_forget(&w->tree);
    agent_watch_log_free(&w->log);

    job->run = agent_watch_clean;
    job->free = agent_watch_free;
    job->as_user = 0;

    (void) agent_thread_job_start(job);
}


static void
agent_watch_clean(agent_thread_job_t *job)
{
    agent_watch_t  *w;

    w = (agent_watch_t *) job;

    agent_watch_scan_close(&w->scan);
    agent_watch_tree_free(&w->tree);
}


static void
agent_watch_free(agent_thread_job_t *job)
{
    agent_watch_t  *w;

    w = (agent_watch_t *) job;

    agent_watch_hold_free(&w->hold);
    agent_watch_params_free(&w->params);
    agent_buffer_free(&w->skipped);
    free(w->found);
    free(w->error);
    free(w);
}
