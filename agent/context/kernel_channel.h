
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_KERNEL_CHANNEL_H_INCLUDED_
#define _AGENT_CONTEXT_KERNEL_CHANNEL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "context/kernel_packet.h"


/*
 * The connection to a kernel: a SOCK_SEQPACKET socket, and what is queued for
 * it.  Nothing here blocks.
 */


typedef struct agent_kernel_channel_s  agent_kernel_channel_t;


struct agent_kernel_channel_s {
    /* each packet that arrives; may not close the channel */
    void            (*packet)(agent_kernel_channel_t *ch,
                              const agent_kernel_packet_t *p);

    char              token[AGENT_KERNEL_TOKEN + 1];

    /* private to kernel_channel.c */

    uv_poll_t        *poll;
    int               fd;
    int               events;          /* polled for */
    agent_buffer_t    queue;           /* packets, each after its length */
    size_t            sent;
    unsigned          paused:1;
};


/* makes a token */
void agent_kernel_channel_init(agent_kernel_channel_t *ch,
    void (*packet)(agent_kernel_channel_t *ch,
                   const agent_kernel_packet_t *p));

/*
 * Takes ownership of fd, which replaces a connection that there was; what was
 * queued for that is dropped.  0, or -1.
 */
int agent_kernel_channel_open(agent_kernel_channel_t *ch, int fd);

/* 0, or -1: out of memory, or there is no connection */
int agent_kernel_channel_send(agent_kernel_channel_t *ch, char type,
    uint32_t number, const char *data, size_t len);

/* 1: the kernel does not read its answers */
int agent_kernel_channel_full(agent_kernel_channel_t *ch);

/* reads what is there, at most n packets */
void agent_kernel_channel_read(agent_kernel_channel_t *ch, int n);

/* stops reading, or starts again */
void agent_kernel_channel_pause(agent_kernel_channel_t *ch, int on);

/* nothing is sent any more; what the kernel sends still arrives */
void agent_kernel_channel_shutdown(agent_kernel_channel_t *ch);

void agent_kernel_channel_close(agent_kernel_channel_t *ch);


#endif /* _AGENT_CONTEXT_KERNEL_CHANNEL_H_INCLUDED_ */
