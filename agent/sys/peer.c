
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


int
agent_peer_user(int fd, uid_t *uid, gid_t *gid)
{
    socklen_t     len;
    struct ucred  cred;

    len = sizeof(struct ucred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1) {
        return -1;
    }

    *uid = cred.uid;
    *gid = cred.gid;

    return 0;
}
