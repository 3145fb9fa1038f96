
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_LOG_H_INCLUDED_
#define _AGENT_RUN_LOG_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The output of a process: what came on its two streams, in the order in
 * which it came, addressed by one running offset over both.  The newest block
 * is in memory; older ones are in a file without a name, as a ring of bounded
 * size.  Disks are touched by the thread pool only: a disk that is slow makes
 * the writer wait, one that is full or cannot be written leaves a gap.
 *
 * A character is never cut: its beginning is held until the rest comes.
 */


#define AGENT_RUN_LOG_BLOCK  32768
#define AGENT_RUN_LOG_MIN    (2 * AGENT_RUN_LOG_BLOCK)


typedef struct agent_run_log_s         agent_run_log_t;


/*
 * bytes is a multiple of AGENT_RUN_LOG_BLOCK.  on_room runs after an append has
 * answered 1, from the loop.  NULL where there is no memory.
 */
agent_run_log_t *agent_run_log_create(size_t bytes, void (*on_room)(void *data),
    void *data);

/* no on_room follows; memory and file go when the last reader has gone */
void agent_run_log_release(agent_run_log_t *s);

/* takes all of it; 1: no more until on_room */
int agent_run_log_append(agent_run_log_t *s, int stream, const char *buf,
    size_t len);

/* what is held comes out, and nothing more will be appended */
void agent_run_log_finish(agent_run_log_t *s);

/* the first offset that is kept, and that of the next byte */
uint64_t agent_run_log_begin(agent_run_log_t *s);
uint64_t agent_run_log_end(agent_run_log_t *s);

/* how much of a disk it may take; after its end: takes */
size_t agent_run_log_disk(agent_run_log_t *s);

/*
 * The errno of the last block that could not be kept, and where the first one
 * of them began; 0: there was none.
 */
int agent_run_log_error(agent_run_log_t *s, uint64_t *offset);


#endif /* _AGENT_RUN_LOG_H_INCLUDED_ */
