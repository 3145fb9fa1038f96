
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_LOG_INT_H_INCLUDED_
#define _AGENT_RUN_LOG_INT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "run/log.h"


/*
 * The log structure, shared by the writer and the reader.
 *
 * A block is a sequence of frames: stream, two bytes of length, data.  It ends
 * with a zero instead of a stream, or at its full size.
 */


#define AGENT_RUN_LOG_HEAD   3

/* the block could not be written */
#define AGENT_RUN_LOG_LOST   (1ULL << 63)


typedef struct agent_run_log_block_s  agent_run_log_block_t;


struct agent_run_log_block_s {
    agent_run_log_block_t  *next;
    uint64_t                number;
    uint64_t                offset;    /* offset of its first byte */
    size_t                  used;
    size_t                  size;
    size_t                  frame;     /* start of its last frame */
    char                   *data;
};


struct agent_run_log_s {
    unsigned                refs;

    uint64_t                end;
    uint64_t                first;     /* number of the oldest block kept */

    /* offset of each block of the file, indexed by its number modulo nslots */
    uint64_t               *index;
    size_t                  nslots;
    size_t                  slots;     /* in use */

    agent_run_log_block_t  *head;      /* blocks not yet written */
    agent_run_log_block_t  *last;      /* the block being filled */
    size_t                  nblocks;

    int                     fd;
    int                     error;
    uint64_t                lost;

    uv_work_t               work;
    int                     work_error;

    void                  (*on_writable)(void *data);
    void                   *data;

    unsigned                writing:1;
    unsigned                full:1;
    unsigned                closed:1;  /* the next byte starts a new block */
};


void agent_run_log_unref(agent_run_log_t *s);

/* the offset of the block of that number, which is kept or the next one */
uint64_t agent_run_log_block_offset(agent_run_log_t *s, uint64_t number);

/* marks a block of the file as unreadable or not written */
void agent_run_log_block_lost(agent_run_log_t *s, uint64_t number, int err);


#endif /* _AGENT_RUN_LOG_INT_H_INCLUDED_ */
