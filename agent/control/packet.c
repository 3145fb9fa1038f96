
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/packet.h"


ssize_t
agent_packet_recv(int fd, char *buf, int *fds, size_t max, size_t *count)
{
    size_t           i, n, len;
    ssize_t          rc;
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    /* SCM_MAX_FD: the kernel passes at most 253 */

    union {
        char            data[CMSG_SPACE(sizeof(int) * 256)];
        struct cmsghdr  align;
    } control;

    *count = 0;

    memset(&msg, 0, sizeof(struct msghdr));

    iov.iov_base = buf;
    iov.iov_len = AGENT_PACKET_MAX + 1;

    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.data;
    msg.msg_controllen = sizeof(control.data);

    do {
        rc = recvmsg(fd, &msg, MSG_DONTWAIT|MSG_CMSG_CLOEXEC);
    } while (rc == -1 && errno == EINTR);

    if (rc == -1) {
        return -1;
    }

    n = 0;
    i = 0;

    for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
            continue;
        }

        len = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (i = 0; i < len; i++) {
            int  passed;

            memcpy(&passed, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));

            if (n < max) {
                fds[n] = passed;

            } else {
                close(passed);
            }

            n++;
        }
    }

    if (n > max || rc > AGENT_PACKET_MAX
        || (msg.msg_flags & (MSG_TRUNC|MSG_CTRUNC)))
    {
        for (i = 0; i < n && i < max; i++) {
            close(fds[i]);
        }

        errno = EPROTO;
        return -1;
    }

    *count = n;

    return rc;
}


int
agent_packet_socket_valid(int fd, int type)
{
    int        value, flags;
    socklen_t  len;

    len = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len) == -1
        || value != type)
    {
        return 0;
    }

    len = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len) == -1
        || value != AF_UNIX)
    {
        return 0;
    }

    len = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == -1
        || !value)
    {
        return 0;
    }

    flags = fcntl(fd, F_GETFL);

    return flags != -1 && fcntl(fd, F_SETFL, flags|O_NONBLOCK) == 0;
}
