
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/loop.h"
#include "base/random.h"
#include "context/kernel.h"
#include "context/kernel_listen.h"


#define AGENT_KERNEL_LISTEN_PREFIX   "sandbox-kernel-"
#define AGENT_KERNEL_LISTEN_DIGITS   16
#define AGENT_KERNEL_LISTEN_PENDING  16
#define AGENT_KERNEL_LISTEN_TIMEOUT  5000    /* ms for the token */


/* a connection whose token has not arrived yet */

typedef struct {
    uv_poll_t    poll;
    uv_timer_t   timer;
    int          fd;
    unsigned     handles;
} agent_kernel_guest_t;


static int agent_kernel_listen_open(void);
static void agent_kernel_listen_accept(uv_poll_t *poll, int status,
    int events);
static void agent_kernel_guest_read(uv_poll_t *poll, int status, int events);
static void agent_kernel_guest_late(uv_timer_t *timer);
static void agent_kernel_guest_answer(const char *token, int fd);
static void agent_kernel_guest_free(agent_kernel_guest_t *guest);
static void agent_kernel_guest_closed(uv_handle_t *handle);


static char       agent_kernel_listen_name[AGENT_KERNEL_LISTEN_NAME];
static size_t     agent_kernel_listen_len;
static uv_poll_t  agent_kernel_listen_poll;
static unsigned   agent_kernel_guests;


size_t
agent_kernel_listen(char *name)
{
    if (agent_kernel_listen_len == 0 && agent_kernel_listen_open() != 0) {
        return 0;
    }

    memcpy(name, agent_kernel_listen_name, agent_kernel_listen_len);

    return agent_kernel_listen_len;
}


static int
agent_kernel_listen_open(void)
{
    int                 fd;
    size_t              len;
    struct sockaddr_un  sun;

    len = sizeof(AGENT_KERNEL_LISTEN_PREFIX);

    memcpy(agent_kernel_listen_name + 1, AGENT_KERNEL_LISTEN_PREFIX, len - 1);
    agent_random_hex(agent_kernel_listen_name + len,
                     AGENT_KERNEL_LISTEN_DIGITS + 1);
    len += AGENT_KERNEL_LISTEN_DIGITS;

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    memcpy(sun.sun_path, agent_kernel_listen_name, len);

    fd = socket(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);

    if (fd == -1) {
        return -1;
    }

    if (bind(fd, (struct sockaddr *) &sun,
             offsetof(struct sockaddr_un, sun_path) + len)
        == -1
        || listen(fd, AGENT_KERNEL_LISTEN_PENDING) == -1
        || uv_poll_init(agent_loop, &agent_kernel_listen_poll, fd) != 0)
    {
        close(fd);
        return -1;
    }

    uv_poll_start(&agent_kernel_listen_poll, UV_READABLE,
                  agent_kernel_listen_accept);

    agent_kernel_listen_len = len;

    return 0;
}


static void
agent_kernel_listen_accept(uv_poll_t *poll, int status, int events)
{
    int                    fd, server;
    agent_kernel_guest_t  *guest;

    if (uv_fileno((uv_handle_t *) poll, &server) != 0) {
        return;
    }

    fd = accept4(server, NULL, NULL, SOCK_CLOEXEC|SOCK_NONBLOCK);

    if (fd == -1) {
        return;
    }

    guest = agent_kernel_guests < AGENT_KERNEL_LISTEN_PENDING
            ? calloc(1, sizeof(agent_kernel_guest_t)) : NULL;

    if (guest == NULL || uv_poll_init(agent_loop, &guest->poll, fd) != 0) {
        free(guest);
        close(fd);
        return;
    }

    agent_kernel_guests++;

    guest->fd = fd;
    guest->handles = 2;
    guest->poll.data = guest;
    guest->timer.data = guest;

    uv_timer_init(agent_loop, &guest->timer);
    uv_timer_start(&guest->timer, agent_kernel_guest_late,
                   AGENT_KERNEL_LISTEN_TIMEOUT, 0);

    uv_poll_start(&guest->poll, UV_READABLE, agent_kernel_guest_read);
}


static void
agent_kernel_guest_read(uv_poll_t *poll, int status, int events)
{
    int                    fd;
    char                   packet[64];
    ssize_t                n;
    agent_kernel_guest_t  *guest;

    guest = poll->data;

    n = recv(guest->fd, packet, sizeof(packet), MSG_DONTWAIT);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    fd = -1;

    if (n > AGENT_KERNEL_TOKEN) {

        /* the connection outlives the handles of the guest */

        fd = fcntl(guest->fd, F_DUPFD_CLOEXEC, 3);
    }

    agent_kernel_guest_free(guest);

    if (fd != -1) {
        agent_kernel_guest_answer(packet, fd);
    }
}


static void
agent_kernel_guest_late(uv_timer_t *timer)
{
    agent_kernel_guest_free(timer->data);
}


static void
agent_kernel_guest_answer(const char *token, int fd)
{
    int              fds[3];
    char             byte;
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    union {
        struct cmsghdr  align;
        char            space[CMSG_SPACE(sizeof(fds))];
    } control;

    if (agent_kernel_adopt(token, fd, fds + 1) != 0) {
        return;
    }

    fds[0] = open("/dev/null", O_RDONLY|O_CLOEXEC);

    if (fds[0] == -1 || fds[1] == -1 || fds[2] == -1) {
        shutdown(fd, SHUT_RDWR);

    } else {
        byte = 0;
        iov.iov_base = &byte;
        iov.iov_len = 1;

        memset(&msg, 0, sizeof(struct msghdr));
        memset(&control, 0, sizeof(control));

        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        msg.msg_control = control.space;
        msg.msg_controllen = sizeof(control.space);

        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(fds));
        memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));

        /* the first packet of a new connection: there is room for it */

        if (sendmsg(fd, &msg, MSG_DONTWAIT|MSG_NOSIGNAL) == -1) {
            shutdown(fd, SHUT_RDWR);
        }
    }

    if (fds[0] != -1) {
        close(fds[0]);
    }
}


static void
agent_kernel_guest_free(agent_kernel_guest_t *guest)
{
    uv_poll_stop(&guest->poll);
    uv_timer_stop(&guest->timer);

    uv_close((uv_handle_t *) &guest->poll, agent_kernel_guest_closed);
    uv_close((uv_handle_t *) &guest->timer, agent_kernel_guest_closed);

    close(guest->fd);
    agent_kernel_guests--;
}


static void
agent_kernel_guest_closed(uv_handle_t *handle)
{
    agent_kernel_guest_t  *guest;

    guest = handle->data;

    if (--guest->handles == 0) {
        free(guest);
    }
}
