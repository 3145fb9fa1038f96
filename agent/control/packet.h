
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_PACKET_H_INCLUDED_
#define _AGENT_CONTROL_PACKET_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


#define AGENT_PACKET_MAX    65536


/*
 * A packet and its descriptors, at most max; *n tells how many came.  The
 * length, 0 at end of file, -1 with errno; EPROTO where either is too much
 * (the descriptors are closed).  buf has AGENT_PACKET_MAX + 1 bytes.
 */
ssize_t agent_packet_recv(int fd, char *buf, int *fds, size_t max, size_t *n);

/* 1: a listening unix socket of the type; it becomes non-blocking */
int agent_packet_socket_valid(int fd, int type);


#endif /* _AGENT_CONTROL_PACKET_H_INCLUDED_ */
