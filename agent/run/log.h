
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_LOG_H_INCLUDED_
#define _AGENT_RUN_LOG_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The output of a process: the data of its two streams in the order received,
 * addressed by one offset over both.  The newest block is in memory; older
 * blocks are in an unnamed file, a ring of bounded size.  The disk is accessed
 * only by the thread pool: a slow disk makes the writer wait, a full or
 * failing one leaves a gap.
 *
 * No character of UTF-8 that was appended in one piece is split between blocks.
 */


#define AGENT_RUN_LOG_BLOCK  32768
#define AGENT_RUN_LOG_MIN    (2 * AGENT_RUN_LOG_BLOCK)


typedef struct agent_run_log_s         agent_run_log_t;


/*
 * bytes must be a multiple of AGENT_RUN_LOG_BLOCK.  on_writable is called from
 * the loop when a full log has room again.  NULL if out of memory.
 */
agent_run_log_t *agent_run_log_create(size_t bytes,
    void (*on_writable)(void *data), void *data);

/* no on_writable follows; memory and file are freed with the last reader */
void agent_run_log_release(agent_run_log_t *s);

/* accepts all of it, even if full */
void agent_run_log_append(agent_run_log_t *s, int stream, const char *buf,
    size_t len);

/* 1 if full: the writer must stop until on_writable */
int agent_run_log_full(agent_run_log_t *s);

/* nothing more is appended: frees memory */
void agent_run_log_finish(agent_run_log_t *s);

/* the first offset kept, and the offset of the next byte */
uint64_t agent_run_log_begin(agent_run_log_t *s);
uint64_t agent_run_log_end(agent_run_log_t *s);

/* its maximum size on disk; after its end, the actual size */
size_t agent_run_log_disk(agent_run_log_t *s);

/*
 * The errno of the last block that was lost, and the offset of the first lost
 * block; 0: none was lost.
 */
int agent_run_log_error(agent_run_log_t *s, uint64_t *offset);


#endif /* _AGENT_RUN_LOG_H_INCLUDED_ */
