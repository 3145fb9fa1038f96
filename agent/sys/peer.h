
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_PEER_H_INCLUDED_
#define _AGENT_SYS_PEER_H_INCLUDED_


/* 1: the peer is no process of the agent's PID namespace */
int agent_peer_outside(int fd);


#endif /* _AGENT_SYS_PEER_H_INCLUDED_ */
