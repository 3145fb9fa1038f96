
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <sys/socket.h>

#include "sys/peer.h"


int
agent_peer_outside(int fd)
{
    socklen_t     len;
    struct ucred  cred;

    len = sizeof(struct ucred);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0
           && cred.pid == 0;
}
