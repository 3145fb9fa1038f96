
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_PACKET_H_INCLUDED_
#define _AGENT_CONTROL_PACKET_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


#define AGENT_PACKET_MAX    65536


/*
 * Receives a packet and at most max descriptors; *n is set to their number.
 * Returns the length, 0 at end of file, or -1 with errno: EPROTO if the packet
 * or the number of descriptors is too large (the descriptors are closed).  buf
 * has AGENT_PACKET_MAX + 1 bytes.
 */
ssize_t agent_packet_recv(int fd, char *buf, int *fds, size_t max, size_t *n);

/* 1 if fd is a listening unix socket of the type; makes it non-blocking */
int agent_packet_socket_valid(int fd, int type);


#endif /* _AGENT_CONTROL_PACKET_H_INCLUDED_ */
