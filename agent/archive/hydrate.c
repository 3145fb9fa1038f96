
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/refuse.h"
#include "archive/gunzip.h"
#include "archive/hydrate.h"
#include "archive/tar_reader.h"
#include "archive/target.h"
#include "archive/unpack.h"
#include "base/fault.h"
#include "http/connection.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "sys/thread_job.h"


/*
 * POST /hydrate: a tar archive is extracted over a directory as it arrives, or
 * replaces its contents.  A thread works on one buffer while the other one is
 * filled.
 */

#define AGENT_HYDRATE_FULL    (128 * 1024)

/* what may still come once reading the body has been paused */
#define AGENT_HYDRATE_BUFFER  (AGENT_HYDRATE_FULL + 2 * AGENT_CONNECTION_READ)


typedef enum {
    AGENT_HYDRATE_OPEN = 0,
    AGENT_HYDRATE_FEED,
    AGENT_HYDRATE_FINISH,
    AGENT_HYDRATE_CLOSE
} agent_hydrate_step_e;


typedef struct {
    agent_archive_target_t target;
    int                    owner;
    int                    replace;
    int                    sparse;
} agent_hydrate_options_t;


typedef struct {
    agent_thread_job_t     job;        /* first; its owner is the request */
    agent_request_t       *r;

    /* of the thread while it works */

    agent_hydrate_step_e   step;
    agent_gunzip_t         gunzip;
    agent_tar_reader_t     reader;
    agent_unpack_t         unpack;
    int                    rc;         /* -1: there is a fault */
    agent_fault_t          fault;
    int                    entered;    /* the directory is open */
    agent_hydrate_options_t options;
    char                  *work;
    size_t                 nwork;

    /* of the loop */

    char                  *fill;
    size_t                 nfill;
    unsigned               working:1;
    unsigned               paused:1;
    unsigned               complete:1; /* the body is */
    unsigned               opened:1;
    unsigned               failed:1;   /* there is a fault */
    unsigned               answered:1;
} agent_hydrate_t;


static int agent_hydrate_options(agent_request_t *r,
    agent_hydrate_options_t *options);
static int agent_hydrate_option(agent_request_t *r, const char *name,
    const char *word, int *value);
static void agent_hydrate_start(agent_hydrate_t *h, agent_hydrate_step_e step);
static void agent_hydrate_run(agent_thread_job_t *job);
static int agent_hydrate_open(agent_hydrate_t *h);
static void agent_hydrate_done(agent_thread_job_t *job);
static void agent_hydrate_next(agent_hydrate_t *h);
static void agent_hydrate_answer(agent_hydrate_t *h);
static void agent_hydrate_body(agent_request_t *r, const char *buf,
    size_t len);
static void agent_hydrate_complete(agent_request_t *r);
static void agent_hydrate_close(agent_request_t *r, int aborted);
static void agent_hydrate_left(agent_thread_job_t *job);


/* the contents of one directory at a time */
static unsigned  agent_hydrate_replacing;


void
agent_hydrate(agent_request_t *r)
{
    agent_hydrate_t          *h;
    agent_hydrate_options_t   options;

    if (r->content_length == 0) {
        agent_http_error(r, 400, "invalid_request", NULL, "Empty tar payload");
        return;
    }

    if (agent_hydrate_options(r, &options) == -1) {
        return;
    }

    if (agent_archive_enter(r) == -1) {
        free(options.target.path);
        return;
    }

    h = calloc(1, sizeof(agent_hydrate_t));

    if (h) {
        h->work = malloc(AGENT_HYDRATE_BUFFER);
        h->fill = malloc(AGENT_HYDRATE_BUFFER);
    }

    if (h == NULL || h->work == NULL || h->fill == NULL) {
        agent_archive_leave();
        free(options.target.path);

        if (h) {
            free(h->work);
            free(h->fill);
            free(h);
        }

        agent_http_error(r, 503, "capacity_exceeded", NULL, "out of memory");
        return;
    }

    h->r = r;
    h->options = options;
    h->unpack.root = -1;
    h->unpack.target = -1;
    h->unpack.dir = -1;
    h->unpack.fd = -1;

    h->job.run = agent_hydrate_run;
    h->job.done = agent_hydrate_done;
    h->job.free = agent_hydrate_left;
    h->job.owner = r;
    h->job.as_user = 1;

    h->gunzip.reader = &h->reader;
    h->reader.ops = &agent_unpack_ops;
    h->reader.data = &h->unpack;
    agent_tar_reader_init(&h->reader);

    r->data = h;
    r->on_body = agent_hydrate_body;
    r->on_complete = agent_hydrate_complete;
    r->on_close = agent_hydrate_close;

    agent_hydrate_replacing |= options.replace;
}


/* 0, or -1 after an error response */

static int
agent_hydrate_options(agent_request_t *r, agent_hydrate_options_t *options)
{
    if (agent_hydrate_option(r, "owner", "keep", &options->owner) == -1
        || agent_hydrate_option(r, "contents", "replace", &options->replace)
           == -1
        || agent_hydrate_option(r, "sparse", "keep", &options->sparse) == -1)
    {
        return -1;
    }

    if (options->replace && agent_hydrate_replacing) {
        agent_http_error(r, 503, "capacity_exceeded", NULL,
                         "the contents of a directory of this sandbox are "
                         "being replaced; try again when that is complete");
        return -1;
    }

    return agent_archive_target(&options->target, r, 1);
}


static int
agent_hydrate_option(agent_request_t *r, const char *name, const char *word,
    int *value)
{
    int    rc;
    char  *text;

    text = agent_request_arg(r, name);

    *value = (text && strcmp(text, word) == 0);
    rc = (text == NULL || *value || text[0] == '\0') ? 0 : -1;

    if (rc == -1) {
        agent_http_error(r, 400, "invalid_request", NULL, "%s: must be \"%s\"",
                         name, word);
    }

    free(text);

    return rc;
}


static void
agent_hydrate_start(agent_hydrate_t *h, agent_hydrate_step_e step)
{
    h->step = step;
    h->working = 1;

    (void) agent_thread_job_start(&h->job);
}


static void
agent_hydrate_run(agent_thread_job_t *job)
{
    agent_hydrate_t  *h;

    h = (agent_hydrate_t *) job;
    h->rc = 0;

    switch (h->step) {

    case AGENT_HYDRATE_OPEN:
        h->rc = agent_hydrate_open(h);
        break;

    case AGENT_HYDRATE_FEED:
        h->rc = agent_gunzip_feed(&h->gunzip, h->work, h->nwork, &h->fault);
        break;

    case AGENT_HYDRATE_FINISH:
        h->rc = agent_gunzip_finish(&h->gunzip, &h->fault);

        if (h->rc == 0 && agent_unpack_finish(&h->unpack) == -1) {
            h->rc = agent_refuse_errno(&h->fault, errno, 1,
                                       h->options.target.path);
        }

        break;

    case AGENT_HYDRATE_CLOSE:
        agent_unpack_close(&h->unpack);
        break;
    }
}


static int
agent_hydrate_open(agent_hydrate_t *h)
{
    int  fd;

    fd = agent_archive_target_open(&h->options.target, 1);

    if (fd == -1) {
        return agent_refuse_errno(&h->fault, errno, 1,
                                  h->options.target.path);
    }

    if (agent_unpack_open(&h->unpack, fd, h->options.replace) == -1) {
        return agent_refuse_errno(&h->fault, errno, 1,
                                  h->options.target.path);
    }

    h->unpack.owner = h->options.owner;
    h->unpack.sparse = h->options.sparse;
    h->entered = 1;

    return 0;
}


static void
agent_hydrate_done(agent_thread_job_t *job)
{
    agent_hydrate_t  *h;

    h = (agent_hydrate_t *) job;
    h->working = 0;

    if (h->rc == -1) {
        h->failed = 1;
    }

    if (job->error && !h->failed) {
        h->failed = 1;
        (void) agent_refuse_errno(&h->fault, job->error, 1,
                                  h->options.target.path);
    }

    if (h->step == AGENT_HYDRATE_CLOSE) {
        agent_hydrate_answer(h);
        return;
    }

    if (h->failed || h->step == AGENT_HYDRATE_FINISH) {
        agent_hydrate_start(h, AGENT_HYDRATE_CLOSE);
        return;
    }

    agent_hydrate_next(h);
}


/* no thread works */

static void
agent_hydrate_next(agent_hydrate_t *h)
{
    char  *p;

    if (!h->opened) {
        h->opened = 1;
        agent_hydrate_start(h, AGENT_HYDRATE_OPEN);
        return;
    }

    if (h->nfill) {
        p = h->work;
        h->work = h->fill;
        h->nwork = h->nfill;
        h->fill = p;
        h->nfill = 0;

        agent_hydrate_start(h, AGENT_HYDRATE_FEED);

        if (h->paused) {
            h->paused = 0;
            agent_request_resume(h->r);
        }

        return;
    }

    if (h->complete) {
        agent_hydrate_start(h, AGENT_HYDRATE_FINISH);
    }
}


static void
agent_hydrate_answer(agent_hydrate_t *h)
{
    agent_request_t  *r;

    r = h->r;
    h->answered = 1;

    if (!h->failed) {
        agent_response_json(r, 200, json_pack("{s:b}", "ok", 1));
        return;
    }

    /* discard the rest of the body */

    r->on_body = NULL;
    r->on_complete = NULL;

    if (h->paused) {
        h->paused = 0;
        agent_request_resume(r);
    }

    agent_archive_target_fault(&h->options.target, h->entered, &h->fault);
    agent_http_error_fault(r, &h->fault);
}


static void
agent_hydrate_body(agent_request_t *r, const char *buf, size_t len)
{
    agent_hydrate_t  *h;

    h = r->data;

    if (h->failed) {
        return;
    }

    if (len > AGENT_HYDRATE_BUFFER - h->nfill) {

        /* more than can have been read before the pause */

        agent_response_abort(r);
        return;
    }

    memcpy(h->fill + h->nfill, buf, len);
    h->nfill += len;

    if (h->nfill >= AGENT_HYDRATE_FULL && !h->paused) {
        h->paused = 1;
        agent_request_pause(r);
    }

    if (!h->working) {
        agent_hydrate_next(h);
    }
}


static void
agent_hydrate_complete(agent_request_t *r)
{
    agent_hydrate_t  *h;

    h = r->data;
    h->complete = 1;

    if (h->opened) {

        if (!h->working) {
            agent_hydrate_next(h);
        }

        return;
    }

    /* chunked, and without a chunk */

    r->on_body = NULL;
    r->on_complete = NULL;
    h->answered = 1;

    agent_http_error(r, 400, "invalid_request", NULL, "Empty tar payload");
}


static void
agent_hydrate_close(agent_request_t *r, int aborted)
{
    agent_hydrate_t  *h;

    h = r->data;

    agent_thread_job_detach(&h->job);
}


/* the request is over, and no thread works */

static void
agent_hydrate_left(agent_thread_job_t *job)
{
    agent_hydrate_t  *h;

    h = (agent_hydrate_t *) job;

    if (h->opened && !h->answered && h->step != AGENT_HYDRATE_CLOSE) {

        /* what is incomplete is removed, as its owner */

        agent_hydrate_start(h, AGENT_HYDRATE_CLOSE);
        return;
    }

    /* in case no thread could do it */

    agent_unpack_close(&h->unpack);

    agent_fault_clear(&h->fault);
    agent_gunzip_free(&h->gunzip);
    agent_tar_reader_free(&h->reader);

    if (h->options.replace) {
        agent_hydrate_replacing = 0;
    }

    free(h->options.target.path);
    free(h->work);
    free(h->fill);
    free(h);

    agent_archive_leave();
}
