
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "files/files.h"
#include "files/put.h"
#include "files/put_disk.h"
#include "http/request.h"
#include "http/response.h"
#include "sys/thread_job.h"


#define AGENT_PUT_HIGH    (1024 * 1024)    /* waiting for the disk */
#define AGENT_PUT_LOW     (512 * 1024)


static void agent_put_work(agent_put_t *p, agent_put_state_e state);
static void agent_put_done(agent_thread_job_t *job);
static void agent_put_next(agent_put_t *p);
static void agent_put_failed(agent_put_t *p, int err);
static void agent_put_answer(agent_put_t *p, int err);
static void agent_put_body(agent_request_t *r, const char *buf, size_t len);
static void agent_put_complete(agent_request_t *r);
static void agent_put_close(agent_request_t *r, int aborted);
static void agent_put_left(agent_thread_job_t *job);
static int agent_put_made(agent_put_t *p);
static void agent_put_written(agent_put_t *p);
static void agent_put_free_blocks(agent_put_block_t *b);


void
agent_files_put(agent_request_t *r)
{
    char         *decoded;
    agent_put_t  *p;

    decoded = agent_files_path(r);
    if (decoded == NULL) {
        return;
    }

    p = calloc(1, sizeof(agent_put_t));
    if (p == NULL) {
        agent_files_error(r, ENOMEM, 1, decoded);
        free(decoded);
        return;
    }

    p->job.done = agent_put_done;
    p->job.free = agent_put_left;
    p->job.owner = r;
    p->r = r;
    p->path = decoded;
    p->dir = -1;
    p->fd = -1;

    r->data = p;
    r->on_body = agent_put_body;
    r->on_complete = agent_put_complete;
    r->on_close = agent_put_close;

    /* detect errors of the target before the body is received */

    p->paused = 1;
    agent_request_pause(r);

    agent_random_hex(p->temp, 17);

    agent_put_work(p, AGENT_PUT_OPENING);
}


/* starts the thread's part of a state */

static void
agent_put_work(agent_put_t *p, agent_put_state_e state)
{
    static void  (*const work[])(agent_thread_job_t *job) = {
        [AGENT_PUT_OPENING] = agent_put_disk_open,
        [AGENT_PUT_WRITING] = agent_put_disk_write,
        [AGENT_PUT_COMMITTING] = agent_put_disk_commit,
        [AGENT_PUT_DISCARDING] = agent_put_disk_discard
    };

    p->state = state;
    p->disk_err = 0;
    p->job.run = work[state];
    p->job.as_user = (state != AGENT_PUT_WRITING);

    (void) agent_thread_job_start(&p->job);
}


static void
agent_put_done(agent_thread_job_t *job)
{
    int           err;
    agent_put_t  *p;

    p = (agent_put_t *) job;
    err = job->error ? job->error : p->disk_err;

    switch (p->state) {

    case AGENT_PUT_WRITING:
        agent_put_written(p);

        /* fall through */

    case AGENT_PUT_OPENING:

        if (err || p->err) {
            agent_put_failed(p, err ? err : p->err);
            return;
        }

        p->state = AGENT_PUT_RECEIVING;
        agent_put_next(p);
        return;

    case AGENT_PUT_COMMITTING:

        if (err) {
            agent_put_failed(p, err);
            return;
        }

        agent_put_answer(p, 0);
        return;

    case AGENT_PUT_DISCARDING:
        agent_put_answer(p, p->err);
        return;

    case AGENT_PUT_RECEIVING:
    case AGENT_PUT_ANSWERED:
        return;
    }
}


/* writes what has come, or commits the whole */

static void
agent_put_next(agent_put_t *p)
{
    if (p->state != AGENT_PUT_RECEIVING) {
        return;
    }

    if (p->err) {
        agent_put_failed(p, p->err);
        return;
    }

    if (p->first != NULL) {
        p->writing = p->first;
        p->first = NULL;
        p->last = NULL;
        agent_put_work(p, AGENT_PUT_WRITING);

    } else if (p->complete) {
        agent_put_work(p, AGENT_PUT_COMMITTING);
        return;
    }

    if (p->paused && p->waiting < AGENT_PUT_LOW) {
        p->paused = 0;
        agent_request_resume(p->r);
    }
}


/* no thread works */

static void
agent_put_failed(agent_put_t *p, int err)
{
    p->err = err;

    if (agent_put_made(p)) {
        agent_put_work(p, AGENT_PUT_DISCARDING);

    } else {
        agent_put_answer(p, err);
    }
}


static void
agent_put_answer(agent_put_t *p, int err)
{
    agent_request_t  *r;

    r = p->r;
    p->state = AGENT_PUT_ANSWERED;

    if (err == 0) {
        agent_response_json(r, 200, json_pack("{s:b}", "ok", 1));
        return;
    }

    /* discard the rest of the body */

    agent_put_free_blocks(p->first);
    p->first = NULL;
    p->last = NULL;

    r->on_body = NULL;
    r->on_complete = NULL;

    if (p->paused) {
        p->paused = 0;
        agent_request_resume(r);
    }

    agent_files_error(r, err, 1, p->path);
}


static void
agent_put_body(agent_request_t *r, const char *buf, size_t len)
{
    size_t              n;
    agent_put_t        *p;
    agent_put_block_t  *b;

    p = r->data;

    if (p->err != 0) {
        return;
    }

    p->received += len;

    while (len != 0) {
        b = p->last;

        if (b == NULL || b->len == AGENT_PUT_BLOCK) {
            b = p->spare;
            p->spare = NULL;

            if (b == NULL) {
                b = malloc(sizeof(agent_put_block_t));
            }

            if (b == NULL) {
                p->err = ENOMEM;
                break;
            }

            b->next = NULL;
            b->len = 0;

            if (p->last != NULL) {
                p->last->next = b;

            } else {
                p->first = b;
            }

            p->last = b;
        }

        n = AGENT_PUT_BLOCK - b->len;

        if (n > len) {
            n = len;
        }

        memcpy(b->data + b->len, buf, n);
        b->len += n;
        buf += n;
        len -= n;
        p->waiting += n;
    }

    /* once the body is complete there is nothing to pause */

    if (p->waiting >= AGENT_PUT_HIGH && !p->paused
        && p->received != r->content_length)
    {
        p->paused = 1;
        agent_request_pause(r);
    }

    agent_put_next(p);
}


static void
agent_put_complete(agent_request_t *r)
{
    agent_put_t  *p;

    p = r->data;
    p->complete = 1;

    agent_put_next(p);
}


static void
agent_put_close(agent_request_t *r, int aborted)
{
    agent_put_t  *p;

    p = r->data;

    agent_thread_job_detach(&p->job);
}


/* the request is over, and no thread works */

static void
agent_put_left(agent_thread_job_t *job)
{
    agent_put_t  *p;

    p = (agent_put_t *) job;

    if (agent_put_made(p)) {
        agent_put_work(p, AGENT_PUT_DISCARDING);
        return;
    }

    if (p->fd != -1) {
        (void) close(p->fd);
    }

    if (p->dir != -1) {
        (void) close(p->dir);
    }

    agent_put_free_blocks(p->first);
    agent_put_free_blocks(p->writing);
    free(p->spare);
    free(p->name);
    free(p->path);
    free(p);
}


/* 1: the temporary file exists, as the step of the state has ended */

static int
agent_put_made(agent_put_t *p)
{
    switch (p->state) {

    case AGENT_PUT_OPENING:
        return !p->job.error && !p->disk_err;

    case AGENT_PUT_RECEIVING:
    case AGENT_PUT_WRITING:
        return 1;

    case AGENT_PUT_COMMITTING:
        return p->job.error || p->disk_err;

    default:
        return 0;
    }
}


static void
agent_put_written(agent_put_t *p)
{
    agent_put_block_t  *b;

    while (p->writing != NULL) {
        b = p->writing;
        p->writing = b->next;
        p->waiting -= b->len;

        if (p->spare == NULL) {
            p->spare = b;

        } else {
            free(b);
        }
    }
}


static void
agent_put_free_blocks(agent_put_block_t *b)
{
    agent_put_block_t  *next;

    for ( /* void */ ; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
}
