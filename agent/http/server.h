
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SERVER_H_INCLUDED_
#define _AGENT_SERVER_H_INCLUDED_


#include <stddef.h>


/* serves the listening socket, which it owns from now on; a libuv error */
int agent_server_start(int fd);

/* a connection has closed: another may come */
void agent_server_room(void);

/* nobody can connect any longer; then: accepts what is queued, and closes */
void agent_server_shut(void);
void agent_server_drain(void);

/* 1: the peer is no process of the agent's PID namespace */
int agent_peer_outside(int fd);


#endif /* _AGENT_SERVER_H_INCLUDED_ */
