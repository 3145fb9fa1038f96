
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "run/log.h"
#include "run/log_int.h"
#include "run/log_reader.h"
#include "sys/thread_job.h"


struct agent_log_reader_s {
    agent_thread_job_t  job;       /* first; reads a block of the file */

    agent_run_log_t  *log;
    uint64_t          offset;

    /* the frame to start at, rather than the first of the block */
    uint64_t          number;
    size_t            at;
    uint64_t          at_offset;

    /* a block read from the file */
    char             *buf;
    uint64_t          buf_number;
    ssize_t           buf_len;
    int               buf_error;

    void            (*on_ready)(void *data);
    void             *data;

    unsigned          loaded:1;
};


static void agent_log_reader_drop(agent_log_reader_t *rd);
static uint64_t agent_run_log_find(agent_run_log_t *s, uint64_t offset);
static int agent_run_log_parse(agent_log_reader_t *rd, uint64_t number,
    const char *data, size_t used, agent_log_reader_piece_t *piece);
static void agent_run_log_load(agent_thread_job_t *job);
static void agent_run_log_loaded(agent_thread_job_t *job);
static void agent_log_reader_unref(agent_thread_job_t *job);


agent_log_reader_t *
agent_log_reader_create(agent_run_log_t *s, uint64_t offset,
    void (*on_ready)(void *data), void *data)
{
    agent_log_reader_t  *rd;

    rd = calloc(1, sizeof(agent_log_reader_t));

    if (rd == NULL) {
        return NULL;
    }

    s->refs++;

    rd->log = s;
    rd->offset = offset;
    rd->number = UINT64_MAX;
    rd->on_ready = on_ready;
    rd->data = data;

    rd->job.run = agent_run_log_load;
    rd->job.done = agent_run_log_loaded;
    rd->job.free = agent_log_reader_unref;
    rd->job.owner = rd;

    return rd;
}


void
agent_log_reader_free(agent_log_reader_t *rd)
{
    if (rd) {
        agent_thread_job_detach(&rd->job);
    }
}


static void
agent_log_reader_unref(agent_thread_job_t *job)
{
    agent_log_reader_t  *rd;

    rd = (agent_log_reader_t *) job;

    agent_run_log_unref(rd->log);

    agent_log_reader_drop(rd);
    free(rd);
}


static void
agent_log_reader_drop(agent_log_reader_t *rd)
{
    if (rd->buf) {
        free(rd->buf);
        rd->buf = NULL;
        agent_memory_release(AGENT_RUN_LOG_BLOCK);
    }

    rd->loaded = 0;
}


void
agent_log_reader_rest(agent_log_reader_t *rd)
{
    if (!rd->job.busy && agent_memory_level() != AGENT_MEMORY_PLENTY) {
        agent_log_reader_drop(rd);
    }
}


void
agent_log_reader_unread(agent_log_reader_t *rd, size_t n)
{
    rd->offset -= n;
}


uint64_t
agent_log_reader_offset(agent_log_reader_t *rd)
{
    return rd->offset;
}


agent_log_reader_e
agent_log_reader_read(agent_log_reader_t *rd, agent_log_reader_piece_t *piece)
{
    uint64_t                number, begin;
    agent_run_log_t        *s;
    agent_run_log_block_t  *b;

    s = rd->log;

    if (rd->job.busy) {
        return AGENT_LOG_READER_WAIT;
    }

    if (rd->offset >= s->end) {

        /* a reader that has caught up needs no buffer */

        agent_log_reader_drop(rd);

        return AGENT_LOG_READER_OFF;
    }

    piece->offset = rd->offset;

    begin = agent_run_log_begin(s);

    if (rd->offset < begin) {
        piece->end = begin;
        rd->offset = begin;
        return AGENT_LOG_READER_GAP;
    }

    number = agent_run_log_find(s, rd->offset);

    if (number >= s->head->number) {

        for (b = s->head; b->number != number; b = b->next) { /* void */ }

        if (agent_run_log_parse(rd, number, b->data, b->used, piece)) {
            return AGENT_LOG_READER_DATA;
        }

        goto gap;
    }

    if (s->index[number % s->nslots] & AGENT_RUN_LOG_LOST) {
        goto gap;
    }

    if (!rd->loaded || rd->buf_number != number) {

        if (rd->buf == NULL) {
            rd->buf = malloc(AGENT_RUN_LOG_BLOCK);

            if (rd->buf) {
                agent_memory_use(AGENT_RUN_LOG_BLOCK);
            }
        }

        rd->loaded = 0;
        rd->buf_number = number;

        if (rd->buf == NULL || agent_thread_job_start(&rd->job) != 0) {
            goto gap;
        }

        return AGENT_LOG_READER_WAIT;
    }

    if (rd->buf_len >= 0
        && agent_run_log_parse(rd, number, rd->buf, rd->buf_len, piece))
    {
        return AGENT_LOG_READER_DATA;
    }

gap:

    /* not in this block: the next block begins after it */

    piece->end = agent_run_log_block_offset(s, number + 1);
    rd->offset = piece->end;

    return AGENT_LOG_READER_GAP;
}


/* the last block that begins at or before the offset */

static uint64_t
agent_run_log_find(agent_run_log_t *s, uint64_t offset)
{
    uint64_t  lo, hi, mid;

    lo = s->first;
    hi = s->last->number;

    while (lo < hi) {
        mid = lo + (hi - lo + 1) / 2;

        if (agent_run_log_block_offset(s, mid) <= offset) {
            lo = mid;

        } else {
            hi = mid - 1;
        }
    }

    return lo;
}


/* 1: found the piece at the reader's offset */

static int
agent_run_log_parse(agent_log_reader_t *rd, uint64_t number,
    const char *data, size_t used, agent_log_reader_piece_t *piece)
{
    size_t         at, len, max;
    uint64_t       offset;

    if (rd->number == number && rd->at_offset <= rd->offset) {
        at = rd->at;
        offset = rd->at_offset;

    } else {
        at = 0;
        offset = agent_run_log_block_offset(rd->log, number);
    }

    while (used - at > AGENT_RUN_LOG_HEAD && (data[at] == 1 || data[at] == 2)) {

        len = (unsigned char) data[at + 1]
              | (size_t) (unsigned char) data[at + 2] << 8;

        if (len == 0 || len > used - at - AGENT_RUN_LOG_HEAD) {
            return 0;
        }

        if (rd->offset < offset + len) {
            piece->stream = data[at];
            piece->offset = rd->offset;
            piece->end = offset + len;
            piece->data = data + at + AGENT_RUN_LOG_HEAD
                          + (size_t) (rd->offset - offset);

            max = agent_memory_piece(AGENT_RUN_LOG_BLOCK);

            if (piece->end - piece->offset > max) {
                piece->end = piece->offset + max
                             - agent_utf8_incomplete(piece->data, max);
            }

            rd->number = number;
            rd->at = at;
            rd->at_offset = offset;
            rd->offset = piece->end;

            return 1;
        }

        at += AGENT_RUN_LOG_HEAD + len;
        offset += len;
    }

    return 0;
}


static void
agent_run_log_load(agent_thread_job_t *job)
{
    ssize_t              n;
    agent_run_log_t     *s;
    agent_log_reader_t  *rd;

    rd = (agent_log_reader_t *) job;
    s = rd->log;

    rd->buf_len = 0;
    rd->buf_error = 0;

    while (rd->buf_len < AGENT_RUN_LOG_BLOCK) {

        n = pread(s->fd, rd->buf + rd->buf_len,
                  AGENT_RUN_LOG_BLOCK - rd->buf_len,
                  (off_t) (rd->buf_number % s->nslots) * AGENT_RUN_LOG_BLOCK
                  + rd->buf_len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            rd->buf_error = errno;
            rd->buf_len = -1;
            return;
        }

        if (n == 0) {
            return;
        }

        rd->buf_len += n;
    }
}


static void
agent_run_log_loaded(agent_thread_job_t *job)
{
    agent_run_log_t     *s;
    agent_log_reader_t  *rd;

    rd = (agent_log_reader_t *) job;
    s = rd->log;
    rd->loaded = 1;

    /* the block may have been dropped and overwritten meanwhile */

    if (rd->buf_number < s->first) {
        rd->loaded = 0;

    } else if (rd->buf_error) {
        agent_run_log_block_lost(s, rd->buf_number, rd->buf_error);
    }

    rd->on_ready(rd->data);
}
