
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/exclude.h"
#include "archive/ignored.h"
#include "archive/refuse.h"
#include "archive/pack.h"
#include "archive/persist.h"
#include "archive/target.h"
#include "base/fault.h"
#include "base/log.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "sys/thread_job.h"


/*
 * POST /persist: a tar archive of a directory.  A thread fills one buffer
 * while the other one is sent.  The response begins when the first buffer is
 * full: an error before that is one in JSON, a later one cuts the response.
 */

#define AGENT_PERSIST_BUFFER  (128 * 1024)


typedef struct {
    agent_thread_job_t     job;        /* first; its owner is the request */
    agent_request_t       *r;          /* NULL: the request is over */
    agent_archive_target_t target;
    agent_ignored_t       *ignored;    /* git runs */
    int                    gitignore;
    agent_pack_options_t   options;

    /* of the thread while it works */

    agent_pack_t          *pack;
    char                  *piece;      /* the buffer to be filled */
    ssize_t                n;          /* bytes of the last piece */
    int                    err;
    int                    opened;

    /* of the loop */

    char                  *buf[2];
    unsigned               filling:1;  /* index of the buffer being filled */
    unsigned               full:1;     /* a piece waits to be sent */
    unsigned               begun:1;
    unsigned               ended:1;
} agent_persist_t;


static int agent_persist_options(agent_persist_t *p);
static int agent_persist_excludes(agent_persist_t *p);
static int agent_persist_option(agent_request_t *r, const char *name,
    int *value);
static void agent_persist_ignored(void *data, char *paths, ptrdiff_t len);
static void agent_persist_fill(agent_persist_t *p);
static void agent_persist_run(agent_thread_job_t *job);
static void agent_persist_done(agent_thread_job_t *job);
static void agent_persist_send(agent_persist_t *p);
static void agent_persist_failed(agent_persist_t *p);
static void agent_persist_drain(agent_request_t *r);
static void agent_persist_close(agent_request_t *r, int aborted);
static void agent_persist_free(agent_thread_job_t *job);


void
agent_persist(agent_request_t *r)
{
    agent_persist_t  *p;

    if (agent_archive_enter(r) == -1) {
        return;
    }

    p = calloc(1, sizeof(agent_persist_t));

    if (p == NULL) {
        goto no_memory;
    }

    p->r = r;
    p->job.run = agent_persist_run;
    p->job.done = agent_persist_done;
    p->job.free = agent_persist_free;
    p->job.owner = r;
    p->job.as_user = 1;

    if (agent_persist_options(p) == -1) {
        agent_persist_free(&p->job);
        return;
    }

    p->pack = agent_pack_create(&p->options);
    p->buf[0] = malloc(AGENT_PERSIST_BUFFER);
    p->buf[1] = malloc(AGENT_PERSIST_BUFFER);

    if (p->pack == NULL || p->buf[0] == NULL || p->buf[1] == NULL) {
        agent_persist_free(&p->job);
        goto failed;
    }

    r->data = p;
    r->on_drain = agent_persist_drain;
    r->on_close = agent_persist_close;

    if (p->gitignore) {
        p->ignored = agent_ignored_start(p->target.path, agent_persist_ignored,
                                         p);
    }

    if (p->ignored == NULL) {
        agent_persist_fill(p);
    }

    return;

no_memory:

    agent_archive_leave();

failed:

    agent_http_error(r, 503, "capacity_exceeded", NULL, "out of memory");
}


/* 0, or -1 after an error response */

static int
agent_persist_options(agent_persist_t *p)
{
    int    links, sparse;
    char  *text;

    if (agent_persist_option(p->r, "links", &links) == -1
        || agent_persist_option(p->r, "sparse", &sparse) == -1)
    {
        return -1;
    }

    p->options.links = links;
    p->options.sparse = sparse;

    text = agent_request_arg(p->r, "gitignore");
    p->gitignore = (text != NULL);
    free(text);

    if (agent_archive_target(&p->target, p->r, 0) == -1) {
        return -1;
    }

    return agent_persist_excludes(p);
}


static int
agent_persist_excludes(agent_persist_t *p)
{
    int          rc;
    char        *text;
    const char  *pos, *error;

    rc = agent_exclude_parse(&p->options.exclude,
                             agent_request_arg(p->r, "excludes"), &error);

    pos = p->r->query;

    while (rc == 0
           && (text = agent_request_arg_next(p->r, "exclude", &pos)) != NULL)
    {
        rc = agent_exclude_add(&p->options.exclude, text, &error);
        free(text);
    }

    if (rc == -1) {
        agent_http_error(p->r, 400, p->target.backup ? "INVALID_BACKUP_CONFIG"
                                                     : "invalid_request",
                         NULL, "%s", error);
    }

    return rc;
}


static int
agent_persist_option(agent_request_t *r, const char *name, int *value)
{
    int    rc;
    char  *text;

    text = agent_request_arg(r, name);

    *value = (text && strcmp(text, "keep") == 0);
    rc = (text == NULL || *value || text[0] == '\0') ? 0 : -1;

    if (rc == -1) {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "%s: must be \"keep\"", name);
    }

    free(text);

    return rc;
}


static void
agent_persist_ignored(void *data, char *paths, ptrdiff_t len)
{
    agent_persist_t  *p = data;

    p->ignored = NULL;

    if (len == -1
        || (paths && agent_exclude_paths(&p->options.exclude, paths, len)
                     == -1))
    {
        p->ended = 1;
        agent_http_error(p->r, 400, p->target.backup ? "INVALID_BACKUP_CONFIG"
                                                     : "invalid_request",
                         NULL, "gitignore: git ignores more than %d bytes of "
                         "paths; use \"excludes\"", AGENT_IGNORED_MAX);
        return;
    }

    agent_persist_fill(p);
}


static void
agent_persist_fill(agent_persist_t *p)
{
    p->piece = p->buf[p->filling];

    (void) agent_thread_job_start(&p->job);
}


static void
agent_persist_run(agent_thread_job_t *job)
{
    int               fd;
    agent_persist_t  *p;

    p = (agent_persist_t *) job;

    if (!p->opened) {
        fd = agent_archive_target_open(&p->target, 0);

        if (fd == -1 || agent_pack_open(p->pack, fd) == -1) {
            p->n = -1;
            p->err = errno;
            return;
        }
    }

    p->opened = 1;
    p->n = agent_pack_read(p->pack, p->piece, AGENT_PERSIST_BUFFER);

    if (p->n == -1) {
        p->err = errno;
    }
}


static void
agent_persist_done(agent_thread_job_t *job)
{
    agent_persist_t  *p;

    p = (agent_persist_t *) job;
    p->full = 1;

    if (job->error) {
        p->n = -1;
        p->err = job->error;
    }

    agent_persist_send(p);
}


static void
agent_persist_send(agent_persist_t *p)
{
    int      i;
    ssize_t  n;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/octet-stream" },
        { NULL, NULL }
    };

    if (!p->full || p->ended || agent_response_full(p->r)) {
        return;
    }

    n = p->n;
    i = p->filling;
    p->full = 0;

    if (n == -1) {
        p->ended = 1;
        agent_persist_failed(p);
        return;
    }

    if (!p->begun) {
        p->begun = 1;
        agent_response_begin(p->r, 200, headers, -1);
    }

    if (n == 0) {
        p->ended = 1;
        agent_response_end(p->r);
        return;
    }

    p->filling = !p->filling;
    agent_persist_fill(p);

    (void) agent_response_write(p->r, p->buf[i], n);
}


static void
agent_persist_failed(agent_persist_t *p)
{
    agent_fault_t  fault;

    if (p->begun) {
        agent_log_error("persist: response cut: %s", strerror(p->err));
        agent_response_abort(p->r);
        return;
    }

    (void) agent_refuse_errno(&fault, p->err, 0,
                              p->opened ? agent_pack_path(p->pack)
                                        : p->target.path);
    agent_archive_target_fault(&p->target, p->opened, &fault);
    agent_http_error_fault(p->r, &fault);
}


static void
agent_persist_drain(agent_request_t *r)
{
    agent_persist_send(r->data);
}


static void
agent_persist_close(agent_request_t *r, int aborted)
{
    agent_persist_t  *p;

    p = r->data;
    p->r = NULL;

    if (p->ignored) {
        agent_ignored_cancel(p->ignored);
    }

    agent_thread_job_detach(&p->job);
}


static void
agent_persist_free(agent_thread_job_t *job)
{
    agent_persist_t  *p;

    p = (agent_persist_t *) job;

    if (p->pack) {
        agent_pack_free(p->pack);
    }

    agent_exclude_free(&p->options.exclude);

    free(p->target.path);
    free(p->buf[0]);
    free(p->buf[1]);
    free(p);

    agent_archive_leave();
}
