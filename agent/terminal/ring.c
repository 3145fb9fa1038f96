
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "terminal/ring.h"


int
agent_ring_create(agent_ring_t *ring)
{
    int  err;

    ring->end = 0;
    ring->fd = memfd_create("terminal", MFD_CLOEXEC);

    if (ring->fd == -1) {
        return errno;
    }

    if (ftruncate(ring->fd, AGENT_RING_SIZE) == -1) {
        err = errno;
        close(ring->fd);
        return err;
    }

    return 0;
}


void
agent_ring_close(agent_ring_t *ring)
{
    close(ring->fd);
}


void
agent_ring_append(agent_ring_t *ring, const char *buf, size_t len)
{
    off_t   at;
    size_t  n;

    while (len) {
        at = ring->end % AGENT_RING_SIZE;
        n = AGENT_RING_SIZE - at;

        if (n > len) {
            n = len;
        }

        if (pwrite(ring->fd, buf, n, at) == -1) { /* void */ }

        ring->end += n;
        buf += n;
        len -= n;
    }
}


uint64_t
agent_ring_begin(const agent_ring_t *ring)
{
    return ring->end > AGENT_RING_SIZE ? ring->end - AGENT_RING_SIZE : 0;
}


size_t
agent_ring_read(const agent_ring_t *ring, uint64_t offset, char *buf,
    size_t size)
{
    off_t    at;
    size_t   n;
    ssize_t  rc;

    at = offset % AGENT_RING_SIZE;
    n = AGENT_RING_SIZE - at;

    if (n > ring->end - offset) {
        n = ring->end - offset;
    }

    if (n > size) {
        n = size;
    }

    rc = pread(ring->fd, buf, n, at);

    if (rc < 0 || (size_t) rc < n) {
        rc = rc < 0 ? 0 : rc;
        memset(buf + rc, 0, n - rc);
    }

    return n;
}
