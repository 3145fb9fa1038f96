
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/time.h"
#include "files/files.h"
#include "files/get.h"
#include "http/range.h"
#include "http/request.h"
#include "http/response.h"
#include "sys/beneath.h"
#include "sys/thread_job.h"


/*
 * A file is opened and read in the thread pool: one buffer is filled while the
 * other is written to the client, unless the agent is short of memory.  A
 * client that does not read has no buffer then.
 */

#define AGENT_GET_BUFFER  (128 * 1024)
#define AGENT_GET_FIRST   (64 * 1024)      /* of the first buffer */

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC  0x63677270
#endif


typedef struct {
    agent_thread_job_t  job;           /* first; its owner is the request */
    agent_request_t    *r;             /* NULL: complete, or disconnected */
    char               *path;

    int                 fd;
    int                 err;
    struct stat         st;

    char               *buf[2];
    size_t              size[2];
    int64_t             offset;        /* offset of the next read */
    int64_t             unread;        /* bytes left of the announced length */
    int64_t             unsent;
    ssize_t             n;             /* bytes of the last read */
    int                 unsized;       /* the length is not known in advance */

    unsigned            filling:1;     /* index of the buffer being read into */
    unsigned            working:1;     /* a thread is working on it */
    unsigned            full:1;        /* the filled buffer waits to be sent */
    unsigned            begun:1;       /* a buffer was read */
    unsigned            head:1;
    unsigned            stepping:1;
    unsigned            ended:1;
} agent_get_t;


static void agent_get_open(agent_thread_job_t *job);
static int agent_get_open_file(agent_get_t *g);
static int agent_get_sized(agent_get_t *g, int fd);
static void agent_get_opened(agent_thread_job_t *job);
static void agent_get_begin(agent_get_t *g);
static int agent_get_unchanged(agent_request_t *r, const char *etag);
static void agent_get_start_read(agent_get_t *g);
static int agent_get_buffer(agent_get_t *g, int i);
static void agent_get_free_buffer(agent_get_t *g, int i);
static void agent_get_read(agent_thread_job_t *job);
static void agent_get_read_done(agent_thread_job_t *job);
static void agent_get_step(agent_get_t *g);
static void agent_get_drain(agent_request_t *r);
static void agent_get_close(agent_request_t *r, int aborted);
static void agent_get_free(agent_thread_job_t *job);


void
agent_files_get(agent_request_t *r)
{
    char         *decoded;
    agent_get_t  *g;

    decoded = agent_files_path(r);
    if (decoded == NULL) {
        return;
    }

    g = calloc(1, sizeof(agent_get_t));
    if (g == NULL) {
        agent_files_error(r, ENOMEM, 0, decoded);
        free(decoded);
        return;
    }

    g->job.run = agent_get_open;
    g->job.done = agent_get_opened;
    g->job.free = agent_get_free;
    g->job.owner = r;
    g->job.as_user = 1;

    g->r = r;
    g->path = decoded;
    g->fd = -1;
    g->head = (strcmp(r->method, "HEAD") == 0);

    r->data = g;
    r->on_close = agent_get_close;
    r->on_drain = agent_get_drain;

    (void) agent_thread_job_start(&g->job);
}


static void
agent_get_open(agent_thread_job_t *job)
{
    agent_get_t  *g;

    g = (agent_get_t *) job;

    if (agent_get_open_file(g) == -1) {
        g->err = errno;
    }
}


static int
agent_get_open_file(agent_get_t *g)
{
    int              fd, err;
    agent_beneath_t  b;

    fd = -1;

    if (agent_beneath_resolve(&b, -1, g->path, AGENT_BENEATH_FOLLOW) == 0) {
        fd = agent_beneath_open_file(&b, O_RDONLY);
    }

    agent_beneath_close(&b);

    if (fd == -1) {
        return -1;
    }

    g->st = b.st;

    if (agent_get_sized(g, fd) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    g->fd = fd;

    return 0;
}


/* file systems of the kernel's own do not know the lengths of their files */

static int
agent_get_sized(agent_get_t *g, int fd)
{
    struct statfs  fs;

    if (fstatfs(fd, &fs) == -1) {
        return -1;
    }

    switch (fs.f_type) {

    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case SECURITYFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
        g->unsized = 1;
    }

    return 0;
}


static void
agent_get_opened(agent_thread_job_t *job)
{
    agent_get_t  *g;

    g = (agent_get_t *) job;

    job->run = agent_get_read;
    job->done = agent_get_read_done;
    job->as_user = 0;

    if (job->error) {
        g->err = job->error;
    }

    g->stepping = 1;

    if (g->err != 0) {
        g->ended = 1;
        agent_files_error(g->r, g->err, 0, g->path);

    } else {
        agent_get_begin(g);
    }

    g->stepping = 0;

    agent_get_step(g);
}


static void
agent_get_begin(agent_get_t *g)
{
    int                      i, code;
    char                     etag[64], modified[32], range[96];
    const char              *value;
    int64_t                  offset, length;
    agent_response_header_t  headers[8];
    agent_range_e            rc;
    agent_request_t         *r;

    r = g->r;
    code = 200;
    offset = 0;
    length = g->st.st_size;

    i = 0;
    headers[i].name = "Content-Type";
    headers[i++].value = "application/octet-stream";

    if (g->unsized) {
        length = -1;
        goto begin;
    }

    (void) snprintf(etag, sizeof(etag), "\"%llx.%lx-%llx\"",
                    (unsigned long long) g->st.st_mtim.tv_sec,
                    (unsigned long) g->st.st_mtim.tv_nsec,
                    (unsigned long long) g->st.st_size);

    headers[i].name = "ETag";
    headers[i++].value = etag;

    headers[i].name = "Last-Modified";
    headers[i++].value = agent_time_http(modified, g->st.st_mtim.tv_sec);

    headers[i].name = "Accept-Ranges";
    headers[i++].value = "bytes";

    if (agent_get_unchanged(r, etag)) {
        code = 304;
        length = 0;
        goto begin;
    }

    value = agent_request_header(r, "If-Range");

    if (value != NULL && strcmp(value, etag) != 0
        && strcmp(value, modified) != 0)
    {
        goto begin;
    }

    rc = agent_range_parse(agent_request_header(r, "Range"), g->st.st_size,
                           &offset, &length);

    if (rc == AGENT_RANGE_PART) {
        code = 206;
        (void) snprintf(range, sizeof(range), "bytes %lld-%lld/%lld",
                        (long long) offset,
                        (long long) (offset + length - 1),
                        (long long) g->st.st_size);

        headers[i].name = "Content-Range";
        headers[i++].value = range;

    } else if (rc == AGENT_RANGE_OUTSIDE) {
        code = 416;
        length = 0;
        (void) snprintf(range, sizeof(range), "bytes */%lld",
                        (long long) g->st.st_size);

        headers[i].name = "Content-Range";
        headers[i++].value = range;
    }

begin:

    headers[i].name = NULL;
    headers[i].value = NULL;

    g->offset = offset;
    g->unread = g->unsized ? INT64_MAX : length;
    g->unsent = g->unread;

    if (g->head) {
        g->unread = 0;
        g->unsent = 0;
    }

    agent_response_begin(r, code, headers, length);
}


static int
agent_get_unchanged(agent_request_t *r, const char *etag)
{
    size_t       len;
    const char  *p;

    p = agent_request_header(r, "If-None-Match");
    if (p == NULL) {
        return 0;
    }

    if (strcmp(p, "*") == 0) {
        return 1;
    }

    /*
     * a list of entity tags, each may have a "W/" prefix; ours contains no
     * comma
     */

    len = strlen(etag);

    for (p = strstr(p, etag); p != NULL; p = strstr(p + 1, etag)) {
        if (p[len] == '\0' || p[len] == ',' || p[len] == ' ') {
            return 1;
        }
    }

    return 0;
}


static void
agent_get_start_read(agent_get_t *g)
{
    if (agent_get_buffer(g, g->filling) == -1) {
        g->ended = 1;
        agent_response_abort(g->r);
        return;
    }

    g->working = 1;
    (void) agent_thread_job_start(&g->job);
}


/* a buffer for the next read; 0, or -1 if out of memory */

static int
agent_get_buffer(agent_get_t *g, int i)
{
    size_t  size;

    size = AGENT_GET_FIRST;

    if (g->begun && agent_memory_level() == AGENT_MEMORY_PLENTY) {
        size = AGENT_GET_BUFFER;
    }

    size = agent_memory_piece(size);

    if (!g->unsized && (int64_t) size > g->unread) {
        size = (size_t) g->unread;
    }

    if (g->size[i] < size || (g->size[i] > size
                              && agent_memory_level() == AGENT_MEMORY_LOW))
    {
        agent_get_free_buffer(g, i);

        g->buf[i] = malloc(size);
        if (g->buf[i] == NULL) {
            return -1;
        }

        g->size[i] = size;
        agent_memory_use(size);
    }

    g->begun = 1;

    return 0;
}


static void
agent_get_free_buffer(agent_get_t *g, int i)
{
    free(g->buf[i]);
    g->buf[i] = NULL;

    agent_memory_release(g->size[i]);
    g->size[i] = 0;
}


static void
agent_get_read(agent_thread_job_t *job)
{
    char         *p, *last;
    ssize_t       n;
    agent_get_t  *g;

    g = (agent_get_t *) job;

    p = g->buf[g->filling];
    last = p + g->size[g->filling];

    if (last - p > g->unread) {
        last = p + g->unread;
    }

    g->err = 0;

    while (p < last) {

        /* a file without a size may not support offsets */

        n = g->unsized ? read(g->fd, p, last - p)
                       : pread(g->fd, p, last - p, g->offset);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            g->err = errno;
            break;
        }

        if (n == 0) {
            break;
        }

        p += n;
        g->offset += n;

        if (g->unsized) {
            break;
        }
    }

    g->n = p - g->buf[g->filling];
}


static void
agent_get_read_done(agent_thread_job_t *job)
{
    agent_get_t  *g;

    g = (agent_get_t *) job;
    g->working = 0;
    g->full = 1;

    agent_get_step(g);
}


static void
agent_get_step(agent_get_t *g)
{
    int      i;
    ssize_t  n;

    if (g->stepping) {
        return;
    }

    g->stepping = 1;

    while (g->r != NULL && !g->ended) {

        if (g->unsent == 0) {
            g->ended = 1;
            agent_response_end(g->r);
            break;
        }

        if (!g->full && g->working) {
            break;
        }

        if (agent_response_full(g->r)) {

            if (!g->full) {
                agent_get_free_buffer(g, 0);
                agent_get_free_buffer(g, 1);
            }

            break;
        }

        if (!g->full) {
            agent_get_start_read(g);
            break;
        }

        n = g->n;
        i = g->filling;

        if (n == 0 && g->err == 0 && g->unsized) {
            g->unsent = 0;
            continue;
        }

        if (n == 0) {

            /* the file was truncated or cannot be read: cut the response */

            g->ended = 1;
            agent_response_abort(g->r);
            break;
        }

        g->full = 0;

        if (!g->unsized) {
            g->unread -= n;
            g->unsent -= n;
        }

        if (g->unread != 0 && agent_memory_level() == AGENT_MEMORY_PLENTY) {
            g->filling = !g->filling;
            agent_get_start_read(g);
        }

        if (g->r != NULL && !g->ended) {
            (void) agent_response_write(g->r, g->buf[i], n);
        }
    }

    g->stepping = 0;

    if (g->r == NULL) {
        agent_thread_job_detach(&g->job);
    }
}


static void
agent_get_drain(agent_request_t *r)
{
    agent_get_step(r->data);
}


static void
agent_get_close(agent_request_t *r, int aborted)
{
    agent_get_t  *g;

    g = r->data;
    g->r = NULL;

    agent_get_step(g);
}


static void
agent_get_free(agent_thread_job_t *job)
{
    agent_get_t  *g;

    g = (agent_get_t *) job;

    if (g->fd != -1) {
        (void) close(g->fd);
    }

    agent_get_free_buffer(g, 0);
    agent_get_free_buffer(g, 1);
    free(g->path);
    free(g);
}
