
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_MEMORY_H_INCLUDED_
#define _AGENT_BASE_MEMORY_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * One bound for the buffers of all clients, derived from the memory limit of
 * the sandbox, so that clients who send much and read nothing cannot have the
 * agent killed.  All functions are called from the loop only.
 */


/*
 * Streams, of which only a part is in memory: queues of output, pieces of
 * files and logs, uploads, relays.  Their owners call agent_memory_use() for
 * what they allocate and agent_memory_release() when they free it, and ask
 * before they allocate how much they may.  The more is in use, the smaller is
 * the answer, but it is never zero: no client waits for another one, and
 * nothing is lost.
 */

#define AGENT_MEMORY_PIECE  4096

typedef enum {
    AGENT_MEMORY_PLENTY = 0,      /* less than a quarter is in use */
    AGENT_MEMORY_SHORT,           /* no reading ahead */
    AGENT_MEMORY_LOW              /* one piece for each client */
} agent_memory_e;

void agent_memory_use(size_t n);
void agent_memory_release(size_t n);

agent_memory_e agent_memory_level(void);

/* the size of a buffer for n bytes: n, or AGENT_MEMORY_PIECE if low */
size_t agent_memory_piece(size_t n);

/* above this many bytes, a queue of output is full; at most max */
size_t agent_memory_queue(size_t max);


/*
 * Data that has to be in memory as a whole: JSON bodies, the output of
 * api/execute.  0, or -1 if there is no room for n more bytes: the request
 * must be refused.
 */
int agent_memory_collect(size_t n);
void agent_memory_drop(size_t n);

/* how much there may be in all */
size_t agent_memory_collect_max(void);


/*
 * The number of clients that may be served at a time, each of which takes at
 * most "bytes" in addition to the above; at most max.
 */
size_t agent_memory_clients(size_t max, size_t bytes);

/* limit is in bytes; -1: none, or not known */
void agent_memory_init(int64_t limit);


#endif /* _AGENT_BASE_MEMORY_H_INCLUDED_ */
