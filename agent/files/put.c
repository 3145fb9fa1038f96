
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/random.h"
#include "files/files.h"
#include "files/put.h"
#include "files/put_disk.h"
#include "http/request.h"
#include "http/response.h"


#define AGENT_PUT_HIGH    (1024 * 1024)    /* waiting for the disk */
#define AGENT_PUT_LOW     (512 * 1024)


static void agent_put_work(agent_put_t *p, uv_work_cb work);
static void agent_put_done(uv_work_t *work, int status);
static void agent_put_step(agent_put_t *p);
static void agent_put_answer(agent_put_t *p);
static void agent_put_body(agent_request_t *r, const char *buf, size_t len);
static void agent_put_complete(agent_request_t *r);
static void agent_put_close(agent_request_t *r, int aborted);
static void agent_put_free(agent_put_t *p);
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

    agent_put_work(p, agent_put_disk_open);
}


static void
agent_put_work(agent_put_t *p, uv_work_cb work)
{
    p->working = 1;
    (void) uv_queue_work(agent_loop, &p->work, work, agent_put_done);
}


static void
agent_put_done(uv_work_t *work, int status)
{
    agent_put_t        *p;
    agent_put_block_t  *b;

    p = (agent_put_t *) work;
    p->working = 0;

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

    agent_put_step(p);
}


/* start the next step; no work is in progress */

static void
agent_put_step(agent_put_t *p)
{
    if (p->working) {
        return;
    }

    if (p->made && (p->err != 0 || p->r == NULL)) {
        agent_put_work(p, agent_put_disk_discard);
        return;
    }

    if (p->r == NULL) {
        agent_put_free(p);
        return;
    }

    if (p->answered) {
        return;
    }

    if (p->err != 0 || p->committed) {
        agent_put_answer(p);
        return;
    }

    if (p->first != NULL) {
        p->writing = p->first;
        p->first = NULL;
        p->last = NULL;
        agent_put_work(p, agent_put_disk_write);

    } else if (p->complete) {
        agent_put_work(p, agent_put_disk_commit);
        return;
    }

    if (p->paused && p->waiting < AGENT_PUT_LOW) {
        p->paused = 0;
        agent_request_resume(p->r);
    }
}


static void
agent_put_answer(agent_put_t *p)
{
    agent_request_t  *r;

    r = p->r;
    p->answered = 1;

    if (p->err == 0) {
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

    agent_files_error(r, p->err, 1, p->path);
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

    agent_put_step(p);
}


static void
agent_put_complete(agent_request_t *r)
{
    agent_put_t  *p;

    p = r->data;
    p->complete = 1;

    agent_put_step(p);
}


static void
agent_put_close(agent_request_t *r, int aborted)
{
    agent_put_t  *p;

    p = r->data;
    p->r = NULL;

    agent_put_step(p);
}


static void
agent_put_free(agent_put_t *p)
{
    if (p->fd != -1) {
        (void) close(p->fd);
    }

    if (p->dir != -1) {
        (void) close(p->dir);
    }

    agent_put_free_blocks(p->first);
    free(p->spare);
    free(p->name);
    free(p->path);
    free(p);
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
