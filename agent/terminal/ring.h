
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TERMINAL_RING_H_INCLUDED_
#define _AGENT_TERMINAL_RING_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The last bytes of a terminal's output, addressed by their offset from its
 * beginning.  They are kept in an anonymous file, which is memory of the
 * sandbox and not of the agent; access to it does not block.
 */


#define AGENT_RING_SIZE  262144


typedef struct {
    int       fd;
    uint64_t  end;                     /* the offset of the next byte */
} agent_ring_t;


/* 0, or an errno; a ring that was created must be closed */
int agent_ring_create(agent_ring_t *ring);
void agent_ring_close(agent_ring_t *ring);

/* bytes that cannot be stored are read as zeros */
void agent_ring_append(agent_ring_t *ring, const char *buf, size_t len);

/* the offset of the first byte that is kept */
uint64_t agent_ring_begin(const agent_ring_t *ring);

/*
 * Reads at most size bytes from offset, which is within the ring.  Returns
 * their number, 0 at the end.
 */
size_t agent_ring_read(const agent_ring_t *ring, uint64_t offset, char *buf,
    size_t size);


#endif /* _AGENT_TERMINAL_RING_H_INCLUDED_ */
