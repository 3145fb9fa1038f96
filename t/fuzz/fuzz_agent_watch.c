
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/loop.h"
#include "run/workspace.h"
#include "session/session.h"
#include "sys/thread_job.h"
#include "watch/event.h"
#include "watch/found.h"
#include "watch/report.h"
#include "watch/turn.h"
#include "watch/watch.h"


/*
 * The events of inotify, in any order, and what scans find, whether or not it
 * fits to them: names and watch descriptors are few, so that they meet.  The
 * events come through a pipe, and the thread takes its part from the input.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

#define FUZZ_TURNS  400


int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned fuzz_byte(void);
static void fuzz_open(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault);
static void fuzz_events(int fd);
static void fuzz_scan(agent_watch_scan_t *s);
static void fuzz_job(uv_idle_t *idle);
static void fuzz_freed(uv_handle_t *handle);
static void fuzz_wake(agent_watch_reader_t *reader);
static void fuzz_node(agent_watch_node_t *n, size_t *count);


uv_loop_t  *agent_loop;

static uv_loop_t       fuzz_loop;
static const uint8_t  *fuzz_data;
static size_t          fuzz_size;
static int             fuzz_pipe[2];
static unsigned        fuzz_jobs;
static agent_watch_t  *fuzz_watch;

static agent_watch_reader_t  fuzz_reader;

static const char *const  fuzz_names[] = { "a", "b", "c", "d" };


/* in place of the sources that agent.mk leaves out */

void
agent_workspace_make(void)
{
}


pid_t
agent_session_pid(const char *name)
{
    return 0;
}


int
agent_thread_job_start(agent_thread_job_t *job)
{
    uv_idle_t  *idle;

    idle = calloc(1, sizeof(uv_idle_t));
    FUZZ_CHECK(idle != NULL && !job->busy);

    job->busy = 1;
    job->error = 0;
    fuzz_jobs++;

    FUZZ_CHECK(uv_idle_init(agent_loop, idle) == 0);
    idle->data = job;

    return uv_idle_start(idle, fuzz_job);
}


void
agent_thread_job_detach(agent_thread_job_t *job)
{
    job->owner = NULL;

    if (!job->busy) {
        job->free(job);
    }
}


void
agent_watch_scan_open(agent_thread_job_t *job)
{
    agent_watch_scan_t  *s;

    s = (agent_watch_scan_t *) job;

    strcpy(s->shown, "/workspace/w");
    strcpy(s->real, "/workspace/w");
}


void
agent_watch_scan_create(agent_thread_job_t *job)
{
    agent_watch_scan_t  *s;

    s = (agent_watch_scan_t *) job;

    s->inotify = dup(fuzz_pipe[0]);
    s->above[0] = 99;
    s->nabove = 1;
}


void
agent_watch_scan_run(agent_thread_job_t *job)
{
    fuzz_scan((agent_watch_scan_t *) job);
}


void
agent_watch_scan_close(agent_watch_scan_t *s)
{
    size_t  i;

    for (i = 0; i < s->nitems; i++) {
        free(s->items[i].path);
    }

    if (s->inotify != -1) {
        (void) close(s->inotify);
    }

    agent_buffer_free(&s->found);
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    FUZZ_CHECK(uv_loop_init(&fuzz_loop) == 0);
    agent_loop = &fuzz_loop;

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 i;
    json_t                *body;
    agent_fault_t          fault;
    agent_watch_params_t   params;
    agent_watch_waiter_t   waiter;

    fuzz_data = data;
    fuzz_size = size;
    fuzz_watch = NULL;
    fuzz_jobs = 0;
    fuzz_reader.watch = NULL;

    FUZZ_CHECK(pipe2(fuzz_pipe, O_CLOEXEC|O_NONBLOCK) == 0);

    body = json_pack("{s:s, s:[s], s:[s, s, s, s, s, s]}", "path", "w",
                     "exclude", "d", "events", "create", "modify", "delete",
                     "move_from", "move_to", "attrib");

    FUZZ_CHECK(agent_watch_params_parse(&params, body, &fault) == 0);
    json_decref(body);

    memset(&waiter, 0, sizeof(waiter));
    waiter.done = fuzz_open;

    agent_watch_open(&params, &waiter);

    for (i = 0; i < FUZZ_TURNS && (fuzz_size || fuzz_jobs); i++) {

        if (fuzz_byte() & 1) {
            fuzz_events(fuzz_pipe[1]);
        }

        uv_run(agent_loop, UV_RUN_NOWAIT);

        if (fuzz_watch && !fuzz_watch->ended && !fuzz_watch->busy) {
            agent_watch_turn(fuzz_watch);
        }
    }

    agent_watch_forget(&waiter);

    if (fuzz_reader.watch) {
        agent_watch_detach(&fuzz_reader);
    }

    fuzz_size = 0;

    for (i = 0; i < 20 || fuzz_jobs; i++) {
        uv_run(agent_loop, UV_RUN_NOWAIT);
        FUZZ_CHECK(i < 10000);
    }

    FUZZ_CHECK(uv_loop_alive(agent_loop) == 0);

    (void) close(fuzz_pipe[0]);
    (void) close(fuzz_pipe[1]);

    return 0;
}


static unsigned
fuzz_byte(void)
{
    if (fuzz_size == 0) {
        return 0;
    }

    fuzz_size--;

    return *fuzz_data++;
}


static void
fuzz_open(agent_watch_waiter_t *waiter, agent_watch_t *w,
    agent_fault_t *fault)
{
    if (fault) {
        agent_fault_clear(fault);
        return;
    }

    memset(&fuzz_reader, 0, sizeof(fuzz_reader));
    fuzz_reader.wake = fuzz_wake;

    FUZZ_CHECK(agent_watch_attach(w, &fuzz_reader, NULL) == 0);
    fuzz_watch = w;
}


/* as the kernel writes them, a few at a time */

static void
fuzz_events(int fd)
{
    char                   buf[sizeof(struct inotify_event) + 16];
    size_t                 i, n;
    unsigned               kind;
    struct inotify_event   e;

    static const uint32_t  masks[] = {
        IN_CREATE, IN_CREATE|IN_ISDIR, IN_DELETE, IN_DELETE|IN_ISDIR,
        IN_MOVED_FROM, IN_MOVED_FROM|IN_ISDIR, IN_MOVED_TO,
        IN_MOVED_TO|IN_ISDIR, IN_MODIFY, IN_CLOSE_WRITE, IN_ATTRIB,
        IN_ATTRIB|IN_ISDIR, IN_MOVE_SELF, IN_IGNORED, IN_DELETE_SELF,
        IN_Q_OVERFLOW, IN_UNMOUNT, IN_CREATE|IN_ISDIR,
        IN_MOVED_FROM|IN_ISDIR, IN_MOVED_TO|IN_ISDIR
    };

    n = fuzz_byte() % 8;

    for (i = 0; i < n; i++) {
        kind = fuzz_byte() % (sizeof(masks) / sizeof(masks[0]));

        memset(&e, 0, sizeof(e));
        e.wd = (int) (fuzz_byte() % 8) + 1;
        e.mask = masks[kind];

        /* the root's own events would end it too often */

        if ((kind >= 12 && kind <= 14) || kind == 16) {
            e.wd += (e.wd == 1);

        } else if (kind == 15) {
            e.wd = -1;

        } else {
            e.len = 16;
            e.cookie = kind >= 4 && (kind <= 7 || kind >= 18)
                       ? fuzz_byte() % 3 + 1 : 0;
        }

        memset(buf, 0, sizeof(buf));
        memcpy(buf, &e, sizeof(e));
        strcpy(buf + sizeof(e), fuzz_names[fuzz_byte() % 4]);

        (void) !write(fd, buf, sizeof(e) + e.len);
    }
}


/* a slice: some of the items, with a descriptor or an error, and some names */

static void
fuzz_scan(agent_watch_scan_t *s)
{
    char                      head[AGENT_WATCH_SCAN_ENTRY];
    size_t                    n;
    unsigned                  what;
    agent_watch_scan_item_t  *item;

    static const int  errors[] = { ENOENT, EACCES, ENOTDIR, EIO };

    s->found.len = 0;
    s->pending = (int) (fuzz_byte() % 4) * 32;

    while (s->current < s->nitems) {
        item = &s->items[s->current];
        what = fuzz_byte();

        if (s->dir == NULL) {
            item->opened = 1;
            item->wd = item->path[0] == '\0' ? 1
                       : what & 1 ? -1 : (int) (what >> 1) % 7 + 2;
            item->err = item->wd == -1 ? errors[(what >> 1) % 4] : 0;
            item->pending = s->pending ? (int) (what >> 6) * 32 : 0;
        }

        n = item->wd == -1 ? 0 : fuzz_byte() % 5;

        while (n--) {
            what = fuzz_byte();
            head[0] = (char) s->current;
            head[1] = (char) (what & 1);

            if (head[1] || item->files) {
                agent_buffer_add(&s->found, head, sizeof(head));
                agent_buffer_add(&s->found, fuzz_names[(what >> 1) % 4], 2);
            }
        }

        /* it goes on in the next slice, or it is complete */

        if (item->wd != -1 && fuzz_size && (fuzz_byte() & 3) == 3) {
            s->dir = (DIR *) s;
            return;
        }

        s->dir = NULL;
        item->complete = 1;
        s->current++;

        if (fuzz_byte() & 1) {
            return;
        }
    }
}


static void
fuzz_job(uv_idle_t *idle)
{
    agent_thread_job_t  *job;

    job = idle->data;

    uv_close((uv_handle_t *) idle, fuzz_freed);

    job->run(job);
    job->busy = 0;
    fuzz_jobs--;

    if (job->owner) {
        job->done(job);

    } else {
        job->free(job);
    }
}


static void
fuzz_freed(uv_handle_t *handle)
{
    free(handle);
}


/* the numbers of events are in order, and the tree counts what it has */

static void
fuzz_wake(agent_watch_reader_t *reader)
{
    size_t                 n;
    agent_watch_t         *w;
    agent_watch_record_t  *rec;

    w = reader->watch;
    n = 0;

    for (rec = agent_watch_log_after(&w->log, reader->cursor); rec;
         rec = TAILQ_NEXT(rec, link))
    {
        FUZZ_CHECK(rec->seq > reader->cursor && rec->seq <= w->log.last);
        FUZZ_CHECK(strncmp(rec->path, "/workspace/w", 12) == 0);
        reader->cursor = rec->seq;
    }

    fuzz_node(w->tree.root, &n);
    FUZZ_CHECK(n <= w->tree.n);
}


static void
fuzz_node(agent_watch_node_t *n, size_t *count)
{
    agent_watch_node_t  *child;

    (*count)++;

    for (child = n->child; child; child = child->next) {
        FUZZ_CHECK(child->parent == n && !child->detached);
        FUZZ_CHECK(strcmp(child->name, "d") != 0);
        FUZZ_CHECK(agent_watch_tree_find(&fuzz_watch->tree, n, child->name)
                   == child);
        FUZZ_CHECK(child->wd == -1
                   || agent_watch_tree_find_wd(&fuzz_watch->tree, child->wd)
                      == child);

        fuzz_node(child, count);
    }
}
