
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_KERNEL_PACKET_H_INCLUDED_
#define _AGENT_CONTEXT_KERNEL_PACKET_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"


/*
 * Packets between the agent and a kernel; their format is described in
 * agent/executors/python/channel.py.  User code can write to the same socket:
 * what it writes lacks the secret token, and is no packet.
 */


#define AGENT_KERNEL_TOKEN           16        /* bytes */
#define AGENT_KERNEL_PACKET_HEADER   24
#define AGENT_KERNEL_PACKET_PAYLOAD  (48 * 1024)
#define AGENT_KERNEL_PACKET_MAX      (AGENT_KERNEL_PACKET_HEADER              \
                                      + AGENT_KERNEL_PACKET_PAYLOAD)

/* from the agent */
#define AGENT_KERNEL_PACKET_HELLO      'H'
#define AGENT_KERNEL_PACKET_EXECUTE    'X'
#define AGENT_KERNEL_PACKET_INTERRUPT  'I'
#define AGENT_KERNEL_PACKET_ACK        'A'     /* of an event but the last */

/* to the agent */
#define AGENT_KERNEL_PACKET_READY      'R'
#define AGENT_KERNEL_PACKET_EVENT      'E'
#define AGENT_KERNEL_PACKET_DONE       'D'     /* the end of a cell */
#define AGENT_KERNEL_PACKET_BYE        'B'     /* it exits */


typedef struct {
    char         type;
    int          more;                 /* the payload goes on in the next one */
    int          last;                 /* an event: DONE follows at once */
    uint32_t     number;               /* of the execution */
    const char  *data;
    size_t       len;
} agent_kernel_packet_t;


/* 0: p points into buf; -1: no packet with that token */
int agent_kernel_packet_parse(agent_kernel_packet_t *p, const char *token,
    const char *buf, size_t len);

/* appends the header of p, which the payload follows */
void agent_kernel_packet_header(agent_buffer_t *b, const char *token,
    const agent_kernel_packet_t *p);

/* 1: printable ASCII, as an event is a line */
int agent_kernel_packet_printable(const agent_kernel_packet_t *p);

/*
 * The payload of DONE; count: of the cells that were executed so far.  0, or
 * -1: invalid.
 */
int agent_kernel_packet_done(const agent_kernel_packet_t *p, uint64_t *count,
    int *failed);


#endif /* _AGENT_CONTEXT_KERNEL_PACKET_H_INCLUDED_ */
