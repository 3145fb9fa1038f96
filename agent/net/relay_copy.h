
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_RELAY_COPY_H_INCLUDED_
#define _AGENT_NET_RELAY_COPY_H_INCLUDED_


#include <stddef.h>

#include "net/relay_int.h"


/* the app is there: copies from now on */
void agent_relay_copy(agent_relay_conn_t *c);

/* a readable or writable side, or the end of the deadline */
void agent_relay_copy_event(agent_relay_conn_t *c, agent_relay_side_t *s);
void agent_relay_copy_check(agent_relay_conn_t *c, int expired);

/* sends what waits in s->out; the side is marked gone if it refuses */
void agent_relay_copy_flush(agent_relay_side_t *s);

/* queues a copy of the bytes, of which some may be sent at once */
int agent_relay_copy_send(agent_relay_side_t *s, const char *buf, size_t len);

/* reads and drops, a bounded number of bytes a call; sets s->eof */
size_t agent_relay_copy_drop(agent_relay_conn_t *c, agent_relay_side_t *s);

/* the peer has closed its socket, or it was reset */
int agent_relay_copy_is_gone(agent_relay_side_t *s);

/* what is to be said is said: drops the client's input until its end */
void agent_relay_copy_discard(agent_relay_conn_t *c);

extern char  agent_relay_copy_buffer[AGENT_RELAY_BUFFER];


#endif /* _AGENT_NET_RELAY_COPY_H_INCLUDED_ */
