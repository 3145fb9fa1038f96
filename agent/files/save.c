
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "files/save.h"
#include "files/save_disk.h"
#include "run/workspace.h"
#include "sys/thread_job.h"


/*
 * Bytes are kept until there are so many, because what they are may become
 * known after them.
 */
#define AGENT_SAVE_KEEP  (512 * 1024)


static void agent_save_start(agent_save_t *s,
    void (*run)(agent_thread_job_t *job));
static void agent_save_done(agent_thread_job_t *job);
static void agent_save_drop(agent_save_t *s);
static void agent_save_left(agent_thread_job_t *job);
static void agent_save_written(agent_save_t *s);
static void agent_save_free_blocks(agent_save_block_t *b);


agent_save_t *
agent_save_create(void)
{
    agent_save_t  *s;

    s = calloc(1, sizeof(agent_save_t));

    if (s == NULL) {
        return NULL;
    }

    s->file.mode = (mode_t) -1;
    s->fd = -1;
    s->dir = -1;
    s->to.dir = -1;

    s->job.owner = s;
    s->job.done = agent_save_done;
    s->job.free = agent_save_left;
    s->job.as_user = 1;

    agent_workspace_make();

    return s;
}


void
agent_save_go(agent_save_t *s)
{
    if (s->job.busy || s->ended) {
        return;
    }

    if (s->broken) {
        agent_save_start(s, agent_save_disk_discard);
        return;
    }

    if (!s->file.complete && s->waiting < agent_memory_queue(AGENT_SAVE_KEEP)
        && !(s->early && (s->dir == -1 || s->waiting >= AGENT_SAVE_BLOCK)))
    {
        return;
    }

    s->now = s->file;
    s->writing = s->first;
    s->first = NULL;
    s->last = NULL;

    agent_save_start(s, agent_save_disk_run);
}


static void
agent_save_start(agent_save_t *s, void (*run)(agent_thread_job_t *job))
{
    s->job.run = run;
    s->disk_err = 0;

    (void) agent_thread_job_start(&s->job);
}


static void
agent_save_done(agent_thread_job_t *job)
{
    int            err;
    agent_save_t  *s;

    s = (agent_save_t *) job;

    err = job->error ? job->error : s->disk_err;

    agent_save_written(s);

    if (s->ended) {
        return;
    }

    /* done() and drain() may release it */

    if (s->broken || err) {
        agent_save_drop(s);
        s->ended = 1;
        s->done(s, s->broken ? ENOMEM : err);
        return;
    }

    if (s->now.complete) {
        s->ended = 1;
        s->done(s, 0);
        return;
    }

    agent_save_go(s);

    if (s->full && s->waiting <= agent_memory_queue(AGENT_SAVE_LOW)) {
        s->full = 0;
        s->drain(s);
    }
}


/* bytes of no use */

static void
agent_save_drop(agent_save_t *s)
{
    agent_save_free_blocks(s->first);
    s->first = NULL;
    s->last = NULL;
}


int
agent_save_write(agent_save_t *s, const char *buf, size_t len)
{
    size_t               n;
    agent_save_block_t  *b;

    while (len != 0 && !s->ended && !s->broken) {
        b = s->last;

        if (b == NULL || b->len == AGENT_SAVE_BLOCK) {
            b = s->spare;
            s->spare = NULL;

            if (b == NULL) {
                b = malloc(sizeof(agent_save_block_t));
            }

            if (b == NULL) {
                agent_save_drop(s);
                s->broken = 1;
                break;
            }

            b->next = NULL;
            b->len = 0;

            if (s->last != NULL) {
                s->last->next = b;

            } else {
                s->first = b;
            }

            s->last = b;
        }

        n = AGENT_SAVE_BLOCK - b->len;

        if (n > len) {
            n = len;
        }

        memcpy(b->data + b->len, buf, n);
        b->len += n;
        buf += n;
        len -= n;
        s->waiting += n;
        agent_memory_use(n);
    }

    if (s->waiting > agent_memory_queue(AGENT_SAVE_HIGH)) {
        s->full = 1;
    }

    agent_save_go(s);

    return s->full && !s->ended;
}


void
agent_save_release(agent_save_t *s)
{
    s->ended = 1;

    agent_thread_job_detach(&s->job);
}


/* nobody waits for it any longer, and no thread works */

static void
agent_save_left(agent_thread_job_t *job)
{
    agent_save_t  *s;

    s = (agent_save_t *) job;

    if (s->dir != -1 || s->to.dir != -1) {
        agent_save_start(s, agent_save_disk_discard);
        return;
    }

    agent_save_free_blocks(s->first);
    agent_save_free_blocks(s->writing);
    free(s->spare);
    free(s->file.path);
    free(s);
}


static void
agent_save_written(agent_save_t *s)
{
    agent_save_block_t  *b;

    while (s->writing != NULL) {
        b = s->writing;
        s->writing = b->next;
        s->waiting -= b->len;
        agent_memory_release(b->len);

        if (s->spare == NULL && agent_memory_level() == AGENT_MEMORY_PLENTY) {
            s->spare = b;

        } else {
            free(b);
        }
    }
}


static void
agent_save_free_blocks(agent_save_block_t *b)
{
    agent_save_block_t  *next;

    for ( /* void */ ; b != NULL; b = next) {
        next = b->next;
        agent_memory_release(b->len);
        free(b);
    }
}
