
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "run/log.h"
#include "run/log_int.h"


#define AGENT_RUN_LOG_FIRST   1024     /* initial size of a block, bytes */

/* blocks in memory: one being filled, one being written, the rest waiting */
#define AGENT_RUN_LOG_BLOCKS  3


static void agent_run_log_put(agent_run_log_t *s, int stream, const char *buf,
    size_t len);
static size_t agent_run_log_space(agent_run_log_block_t *b, int stream,
    int *join);
static int agent_run_log_grow(agent_run_log_block_t *b, size_t size);
static void agent_run_log_free(agent_run_log_block_t *b);
static agent_run_log_block_t *agent_run_log_block(agent_run_log_t *s);
static void agent_run_log_write(agent_run_log_t *s);
static void agent_run_log_work(uv_work_t *work);
static int agent_run_log_open(void);
static void agent_run_log_written(uv_work_t *work, int status);
static void agent_run_log_drop_lost(agent_run_log_t *s);
static void agent_run_log_close(uv_work_t *work);
static void agent_run_log_closed(uv_work_t *work, int status);


agent_run_log_t *
agent_run_log_create(size_t bytes, void (*on_writable)(void *data), void *data)
{
    agent_run_log_t  *s;

    s = calloc(1, sizeof(agent_run_log_t));

    if (s == NULL) {
        return NULL;
    }

    s->nslots = bytes / AGENT_RUN_LOG_BLOCK;
    s->index = malloc(s->nslots * sizeof(uint64_t));

    if (s->index == NULL) {
        free(s);
        return NULL;
    }

    s->refs = 1;
    s->fd = -1;
    s->on_writable = on_writable;
    s->data = data;

    return s;
}


void
agent_run_log_release(agent_run_log_t *s)
{
    s->on_writable = NULL;

    agent_run_log_unref(s);
}


void
agent_run_log_unref(agent_run_log_t *s)
{
    agent_run_log_block_t  *b;

    if (--s->refs) {
        return;
    }

    while ((b = s->head) != NULL) {
        s->head = b->next;
        agent_run_log_free(b);
    }

    free(s->index);

    if (s->fd == -1) {
        free(s);
        return;
    }

    /* closing the last descriptor deletes the file, which may take a while */

    s->work.data = s;

    if (uv_queue_work(agent_loop, &s->work, agent_run_log_close,
                      agent_run_log_closed)
        != 0)
    {
        close(s->fd);
        free(s);
    }
}


static void
agent_run_log_close(uv_work_t *work)
{
    agent_run_log_t  *s;

    s = work->data;

    close(s->fd);
}


static void
agent_run_log_closed(uv_work_t *work, int status)
{
    free(work->data);
}


void
agent_run_log_append(agent_run_log_t *s, int stream, const char *buf,
    size_t len)
{
    agent_run_log_put(s, stream, buf, len);

    if (s->nblocks > (agent_memory_level() == AGENT_MEMORY_PLENTY
                      ? AGENT_RUN_LOG_BLOCKS : AGENT_RUN_LOG_BLOCKS - 1))
    {
        s->full = 1;
    }
}


int
agent_run_log_full(agent_run_log_t *s)
{
    return s->full;
}


void
agent_run_log_finish(agent_run_log_t *s)
{
    char                   *data;
    agent_run_log_block_t  *b;

    b = s->last;

    /* a block being written is owned by a thread */

    if (b && b->used < b->size && !(s->writing && b == s->head)) {
        data = realloc(b->data, b->used + 1);

        if (data) {
            agent_memory_release(b->size);
            b->data = data;
            b->size = b->used + 1;
            agent_memory_use(b->size);
        }
    }
}


static void
agent_run_log_put(agent_run_log_t *s, int stream, const char *buf, size_t len)
{
    int                     join;
    char                   *head;
    size_t                  n, space, frame;
    agent_run_log_block_t  *b;

    while (len) {
        b = s->closed ? NULL : s->last;

        space = b ? agent_run_log_space(b, stream, &join) : 0;
        n = len;

        if (n > space) {
            n = space;
            n -= n ? agent_utf8_incomplete(buf, n) : 0;
        }

        if (n == 0) {
            b = agent_run_log_block(s);

            if (b == NULL) {
                goto lost;
            }

            continue;
        }

        if (agent_run_log_grow(b, b->used + (join ? 0 : AGENT_RUN_LOG_HEAD) + n)
            != 0)
        {
            goto lost;
        }

        if (!join) {
            b->frame = b->used;
            b->data[b->used] = (char) stream;
            b->data[b->used + 1] = 0;
            b->data[b->used + 2] = 0;
            b->used += AGENT_RUN_LOG_HEAD;
        }

        memcpy(b->data + b->used, buf, n);
        b->used += n;

        head = b->data + b->frame;
        frame = b->used - b->frame - AGENT_RUN_LOG_HEAD;

        head[1] = (char) (frame & 0xff);
        head[2] = (char) (frame >> 8);

        s->end += n;
        buf += n;
        len -= n;
    }

    return;

lost:

    /* out of memory: offsets continue after a gap */

    if (s->error == 0) {
        s->lost = s->end;
    }

    s->error = ENOMEM;
    s->end += len;
    s->closed = 1;
}


/* how many bytes fit into the block; join: into its last frame */

static size_t
agent_run_log_space(agent_run_log_block_t *b, int stream, int *join)
{
    *join = (b->used && b->data[b->frame] == stream);

    if (*join) {
        return AGENT_RUN_LOG_BLOCK - b->used;
    }

    return AGENT_RUN_LOG_BLOCK - b->used > AGENT_RUN_LOG_HEAD
           ? AGENT_RUN_LOG_BLOCK - b->used - AGENT_RUN_LOG_HEAD : 0;
}


static int
agent_run_log_grow(agent_run_log_block_t *b, size_t size)
{
    char    *data;
    size_t   n;

    if (size <= b->size) {
        return 0;
    }

    n = b->size ? b->size : AGENT_RUN_LOG_FIRST;

    while (n < size) {
        n *= 2;
    }

    if (n > AGENT_RUN_LOG_BLOCK) {
        n = AGENT_RUN_LOG_BLOCK;
    }

    data = realloc(b->data, n);

    if (data == NULL) {
        return -1;
    }

    agent_memory_use(n - b->size);
    b->data = data;
    b->size = n;

    return 0;
}


static void
agent_run_log_free(agent_run_log_block_t *b)
{
    agent_memory_release(b->size);
    free(b->data);
    free(b);
}


static agent_run_log_block_t *
agent_run_log_block(agent_run_log_t *s)
{
    agent_run_log_block_t  *b;

    b = calloc(1, sizeof(agent_run_log_block_t));

    if (b == NULL) {
        return NULL;
    }

    b->number = s->last ? s->last->number + 1 : 0;
    b->offset = s->end;

    if (s->last) {
        s->last->next = b;

    } else {
        s->head = b;
    }

    s->last = b;
    s->nblocks++;
    s->closed = 0;

    agent_run_log_write(s);

    return b;
}


/* writes the oldest block in memory to the file, unless it is the newest */

static void
agent_run_log_write(agent_run_log_t *s)
{
    agent_run_log_block_t  *b;

    b = s->head;

    if (s->writing || b == s->last) {
        return;
    }

    /* first drop the block that it overwrites, which may be being read */

    while (b->number - s->first >= s->nslots) {
        s->first++;
    }

    s->writing = 1;
    s->refs++;
    s->work.data = s;

    if (uv_queue_work(agent_loop, &s->work, agent_run_log_work,
                      agent_run_log_written)
        != 0)
    {
        s->work_error = ENOMEM;
        agent_run_log_written(&s->work, 0);
    }
}


static void
agent_run_log_work(uv_work_t *work)
{
    size_t                  done, len;
    ssize_t                 n;
    agent_run_log_t        *s;
    agent_run_log_block_t  *b;

    s = work->data;
    b = s->head;

    s->work_error = 0;

    if (s->fd == -1) {
        s->fd = agent_run_log_open();

        if (s->fd == -1) {
            s->work_error = errno;
            return;
        }
    }

    len = b->used;

    if (len < b->size) {
        b->data[len++] = 0;
    }

    for (done = 0; done < len; done += n) {

        n = pwrite(s->fd, b->data + done, len - done,
                   (off_t) (b->number % s->nslots) * AGENT_RUN_LOG_BLOCK
                   + (off_t) done);

        if (n == -1 && errno == EINTR) {
            n = 0;
            continue;
        }

        if (n <= 0) {
            s->work_error = n == 0 ? ENOSPC : errno;
            return;
        }
    }
}


/* -1 with the most informative errno */

static int
agent_run_log_open(void)
{
    int          fd, err;
    char         path[64], name[33];
    size_t       i;

    static const char  *dirs[] = { "/var/tmp", "/tmp", "/run", "/" };

    err = 0;

    for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {

        fd = open(dirs[i], O_TMPFILE|O_RDWR|O_EXCL|O_CLOEXEC, 0600);

        if (fd != -1) {
            return fd;
        }

        if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {

            /*
             * O_TMPFILE is not supported everywhere: create a file and unlink
             * it
             */

            agent_random_hex(name, sizeof(name));
            snprintf(path, sizeof(path), "%s/.%s", dirs[i], name);

            fd = open(path, O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
                      0600);

            if (fd != -1) {
                unlink(path);
                return fd;
            }
        }

        if (err == 0 || err == ENOENT || err == ENOTDIR) {
            err = errno;
        }
    }

    errno = err;

    return -1;
}


static void
agent_run_log_written(uv_work_t *work, int status)
{
    uint64_t                number;
    agent_run_log_t        *s;
    agent_run_log_block_t  *b;

    s = work->data;
    s->writing = 0;

    b = s->head;
    number = b->number;

    s->index[number % s->nslots] = b->offset;

    if (s->slots < s->nslots) {
        s->slots++;
    }

    s->head = b->next;
    s->nblocks--;

    agent_run_log_free(b);

    if (s->work_error) {
        agent_run_log_block_lost(s, number, s->work_error);
        agent_run_log_drop_lost(s);
    }

    agent_run_log_write(s);

    if (s->full && s->nblocks <= AGENT_RUN_LOG_BLOCKS - 1) {
        s->full = 0;

        if (s->on_writable) {
            s->on_writable(s->data);
        }
    }

    agent_run_log_unref(s);
}


void
agent_run_log_block_lost(agent_run_log_t *s, uint64_t number, int err)
{
    if (s->error == 0) {
        s->lost = s->index[number % s->nslots];
    }

    s->error = err;
    s->index[number % s->nslots] |= AGENT_RUN_LOG_LOST;
}


/* lost blocks at the beginning are not a gap: drop them */

static void
agent_run_log_drop_lost(agent_run_log_t *s)
{
    while (s->first < s->head->number
           && (s->index[s->first % s->nslots] & AGENT_RUN_LOG_LOST))
    {
        s->first++;
    }
}


uint64_t
agent_run_log_begin(agent_run_log_t *s)
{
    return agent_run_log_block_offset(s, s->first);
}


uint64_t
agent_run_log_end(agent_run_log_t *s)
{
    return s->end;
}


uint64_t
agent_run_log_block_offset(agent_run_log_t *s, uint64_t number)
{
    agent_run_log_block_t  *b;

    if (s->head && number < s->head->number) {
        return s->index[number % s->nslots] & ~AGENT_RUN_LOG_LOST;
    }

    for (b = s->head; b; b = b->next) {

        if (b->number == number) {
            return b->offset;
        }
    }

    return s->end;
}


size_t
agent_run_log_disk(agent_run_log_t *s)
{
    return s->slots * AGENT_RUN_LOG_BLOCK;
}


int
agent_run_log_error(agent_run_log_t *s, uint64_t *offset)
{
    *offset = s->lost;

    return s->error;
}
