
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <malloc.h>

#include "base/memory.h"


/* if the limit is not known: that of 512 MB and more for streams */
#define AGENT_MEMORY_STREAMS    (64 * 1024 * 1024)
#define AGENT_MEMORY_COLLECTED  (512 * 1024 * 1024)

/* parts of the limit, beside which programs have room */
#define AGENT_MEMORY_STREAMS_PART(limit)    ((limit) / 8)
#define AGENT_MEMORY_COLLECTED_PART(limit)  ((limit) / 8 * 3)
#define AGENT_MEMORY_CLIENTS_PART(limit)    ((limit) / 4)


static int64_t  agent_memory_limit = -1;
static size_t   agent_memory_streams = AGENT_MEMORY_STREAMS;
static size_t   agent_memory_streams_used;
static int      agent_memory_grown;    /* memory was short */
static size_t   agent_memory_collected = AGENT_MEMORY_COLLECTED;
static size_t   agent_memory_collected_used;


void
agent_memory_init(int64_t limit)
{
    if (limit <= 0) {
        return;
    }

    agent_memory_limit = limit;

    if (AGENT_MEMORY_STREAMS_PART(limit) < AGENT_MEMORY_STREAMS) {
        agent_memory_streams = AGENT_MEMORY_STREAMS_PART(limit);
    }

    if (AGENT_MEMORY_COLLECTED_PART(limit) < AGENT_MEMORY_COLLECTED) {
        agent_memory_collected = AGENT_MEMORY_COLLECTED_PART(limit);
    }
}


void
agent_memory_use(size_t n)
{
    agent_memory_streams_used += n;

    if (agent_memory_level() != AGENT_MEMORY_PLENTY) {
        agent_memory_grown = 1;
    }
}


void
agent_memory_release(size_t n)
{
    agent_memory_streams_used -= n;

    /* what many small buffers leave does not return to the kernel by itself */

    if (agent_memory_grown
        && agent_memory_streams_used < agent_memory_streams / 16)
    {
        agent_memory_grown = 0;
        (void) malloc_trim(0);
    }
}


agent_memory_e
agent_memory_level(void)
{
    if (agent_memory_streams_used < agent_memory_streams / 4) {
        return AGENT_MEMORY_PLENTY;
    }

    return agent_memory_streams_used < agent_memory_streams ? AGENT_MEMORY_SHORT
                                                            : AGENT_MEMORY_LOW;
}


size_t
agent_memory_piece(size_t n)
{
    if (n > AGENT_MEMORY_PIECE && agent_memory_level() == AGENT_MEMORY_LOW) {
        return AGENT_MEMORY_PIECE;
    }

    return n;
}


size_t
agent_memory_queue(size_t max)
{
    switch (agent_memory_level()) {

    case AGENT_MEMORY_PLENTY:
        return max;

    case AGENT_MEMORY_SHORT:
        return max / 8;

    default: /* AGENT_MEMORY_LOW */
        return 0;
    }
}


int
agent_memory_collect(size_t n)
{
    if (n > agent_memory_collected - agent_memory_collected_used) {
        return -1;
    }

    agent_memory_collected_used += n;

    return 0;
}


void
agent_memory_drop(size_t n)
{
    agent_memory_collected_used -= n;
}


size_t
agent_memory_collect_max(void)
{
    return agent_memory_collected;
}


size_t
agent_memory_clients(size_t max, size_t bytes)
{
    int64_t  n;

    if (agent_memory_limit == -1) {
        return max;
    }

    n = AGENT_MEMORY_CLIENTS_PART(agent_memory_limit) / (int64_t) bytes;

    return n < (int64_t) max ? (size_t) n : max;
}
