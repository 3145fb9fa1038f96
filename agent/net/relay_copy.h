
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_RELAY_COPY_H_INCLUDED_
#define _AGENT_NET_RELAY_COPY_H_INCLUDED_


#include <stddef.h>

#include "net/relay_int.h"


/* connected to the app: starts copying */
void agent_relay_copy(agent_relay_conn_t *c);

/* a side is readable or writable, or the deadline has expired */
void agent_relay_copy_event(agent_relay_conn_t *c, agent_relay_side_t *s);
void agent_relay_copy_check(agent_relay_conn_t *c, int expired);

/* sends s->out; marks the side as gone on error */
void agent_relay_copy_flush(agent_relay_side_t *s);

/* allocates and frees s->out; 0, or -1 */
int agent_relay_copy_alloc(agent_relay_side_t *s, size_t size);
void agent_relay_copy_free(agent_relay_side_t *s);

/* queues a copy of the bytes, some of which may be sent at once */
int agent_relay_copy_send(agent_relay_side_t *s, const char *buf, size_t len);

/* reads and discards a bounded number of bytes per call; sets s->eof */
size_t agent_relay_copy_drop(agent_relay_conn_t *c, agent_relay_side_t *s);

/* 1 if the peer has closed its socket or it was reset */
int agent_relay_copy_is_gone(agent_relay_side_t *s);

/* the response is complete: discards client input until EOF */
void agent_relay_copy_discard(agent_relay_conn_t *c);

extern char  agent_relay_copy_buffer[AGENT_RELAY_BUFFER];


#endif /* _AGENT_NET_RELAY_COPY_H_INCLUDED_ */
