
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_PEER_H_INCLUDED_
#define _AGENT_SYS_PEER_H_INCLUDED_


#include <sys/types.h>


/* 1 if the peer is outside the agent's PID namespace */
int agent_peer_outside(int fd);

/* the credentials of the listening peer in this user namespace; 0, or -1 */
int agent_peer_user(int fd, uid_t *uid, gid_t *gid);


#endif /* _AGENT_SYS_PEER_H_INCLUDED_ */
