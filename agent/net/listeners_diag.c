
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listeners.h"
#include "net/listeners_diag.h"


/* the kernel fills the buffer, with at least 8 KiB per datagram */
#define AGENT_LISTENERS_BUF    16384

/* a tenant may open any number of sockets: about 25,000 are read */
#define AGENT_LISTENERS_BYTES  (4 * 1024 * 1024)
#define AGENT_LISTENERS_READS  1024

/* the largest errno of the kernel */
#define AGENT_LISTENERS_ERRNO  4095


typedef struct {
    struct nlmsghdr          head;
    struct inet_diag_req_v2  diag;
} agent_listeners_request_t;


static int agent_listeners_ask(int family);
static agent_listeners_diag_e agent_listeners_answer(int family,
    agent_listeners_pt handler, void *data, int *err);
static ssize_t agent_listeners_recv(char *buf, size_t size);
static int agent_listeners_status(const char *buf, size_t len);
static void agent_listeners_close(void);


static int       agent_listeners_fd = -1;
static uint32_t  agent_listeners_seq;


int
agent_listeners_diag(agent_listeners_pt handler, void *data)
{
    int                     err;
    size_t                  i;
    agent_listeners_diag_e  rc;

    static const int  families[] = { AF_INET, AF_INET6 };

    for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {

        err = agent_listeners_ask(families[i]);

        if (err != 0) {
            agent_listeners_close();
            return err;
        }

        rc = agent_listeners_answer(families[i], handler, data, &err);

        if (rc == AGENT_LISTENERS_DIAG_DONE) {
            continue;
        }

        /* unread datagrams must not be taken for a later reply */

        agent_listeners_close();

        if (rc == AGENT_LISTENERS_DIAG_ERROR) {
            return err;
        }

        if (rc == AGENT_LISTENERS_DIAG_STOP) {
            return 0;
        }
    }

    return 0;
}


/* 0, or an errno; the kernel replies within the send, so this never blocks */

static int
agent_listeners_ask(int family)
{
    ssize_t                    n;
    agent_listeners_request_t  req;

    if (agent_listeners_fd == -1) {
        agent_listeners_fd = socket(AF_NETLINK,
                                    SOCK_RAW|SOCK_NONBLOCK|SOCK_CLOEXEC,
                                    NETLINK_SOCK_DIAG);

        if (agent_listeners_fd == -1) {
            return errno;
        }
    }

    memset(&req, 0, sizeof(agent_listeners_request_t));

    req.head.nlmsg_len = sizeof(agent_listeners_request_t);
    req.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    req.head.nlmsg_flags = NLM_F_REQUEST|NLM_F_DUMP;
    req.head.nlmsg_seq = ++agent_listeners_seq;

    req.diag.sdiag_family = family;
    req.diag.sdiag_protocol = IPPROTO_TCP;
    req.diag.idiag_states = 1 << TCP_LISTEN;

    do {
        n = send(agent_listeners_fd, &req, sizeof(agent_listeners_request_t),
                 MSG_DONTWAIT|MSG_NOSIGNAL);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return errno;
    }

    return n == sizeof(agent_listeners_request_t) ? 0 : EBADMSG;
}


static agent_listeners_diag_e
agent_listeners_answer(int family, agent_listeners_pt handler, void *data,
    int *err)
{
    int                     i;
    char                    buf[AGENT_LISTENERS_BUF];
    size_t                  total;
    ssize_t                 n;
    agent_listeners_diag_e  rc;

    total = 0;

    for (i = 0;
         i < AGENT_LISTENERS_READS && total < AGENT_LISTENERS_BYTES;
         i++)
    {

        n = agent_listeners_recv(buf, sizeof(buf));

        if (n == -1) {
            *err = errno;
            return AGENT_LISTENERS_DIAG_ERROR;
        }

        total += n;

        rc = agent_listeners_diag_parse(buf, n, family, agent_listeners_seq,
                                        handler, data, err);

        if (rc != AGENT_LISTENERS_DIAG_MORE) {
            return rc;
        }
    }

    return AGENT_LISTENERS_DIAG_MORE;
}


/* datagrams that are not from the kernel are ignored */

static ssize_t
agent_listeners_recv(char *buf, size_t size)
{
    ssize_t             n;
    struct iovec        iov;
    struct msghdr       msg;
    struct sockaddr_nl  sa;

    iov.iov_base = buf;
    iov.iov_len = size;

    memset(&sa, 0, sizeof(struct sockaddr_nl));
    memset(&msg, 0, sizeof(struct msghdr));

    msg.msg_name = &sa;
    msg.msg_namelen = sizeof(struct sockaddr_nl);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;

    do {
        n = recvmsg(agent_listeners_fd, &msg, MSG_DONTWAIT);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return -1;
    }

    if (msg.msg_namelen != sizeof(struct sockaddr_nl) || sa.nl_pid != 0) {
        return 0;
    }

    if (msg.msg_flags & MSG_TRUNC) {
        errno = EMSGSIZE;
        return -1;
    }

    return n;
}


agent_listeners_diag_e
agent_listeners_diag_parse(const char *buf, size_t len, int family,
    uint32_t seq, agent_listeners_pt handler, void *data, int *err)
{
    size_t                  size;
    agent_listeners_addr_t  entry;
    struct nlmsghdr         head;
    struct inet_diag_msg    diag;

    for ( /* void */ ; len != 0; buf += size, len -= size) {

        if (len < sizeof(struct nlmsghdr)) {
            goto invalid;
        }

        memcpy(&head, buf, sizeof(struct nlmsghdr));

        if (head.nlmsg_len < sizeof(struct nlmsghdr) || head.nlmsg_len > len) {
            goto invalid;
        }

        /* the last message may lack the padding that aligns the next */

        size = NLMSG_ALIGN((size_t) head.nlmsg_len);

        if (size > len) {
            size = len;
        }

        if (head.nlmsg_seq != seq) {
            continue;
        }

        switch (head.nlmsg_type) {

        case NLMSG_NOOP:
            continue;

        case NLMSG_DONE:
        case NLMSG_ERROR:

            /* a dump that fails half-way reports the error in NLMSG_DONE */

            *err = agent_listeners_status(buf, head.nlmsg_len);

            if (*err != 0) {
                return AGENT_LISTENERS_DIAG_ERROR;
            }

            if (head.nlmsg_type == NLMSG_DONE) {
                return AGENT_LISTENERS_DIAG_DONE;
            }

            continue;

        case SOCK_DIAG_BY_FAMILY:
            break;

        default:
            goto invalid;
        }

        if (head.nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
            goto invalid;
        }

        memcpy(&diag, buf + NLMSG_HDRLEN, sizeof(struct inet_diag_msg));

        if (diag.idiag_family != family || diag.idiag_state != TCP_LISTEN) {
            continue;
        }

        memset(&entry, 0, sizeof(agent_listeners_addr_t));
        entry.family = family;
        entry.port = ntohs(diag.id.idiag_sport);

        if (family == AF_INET6) {
            memcpy(&entry.addr.v6, diag.id.idiag_src,
                   sizeof(struct in6_addr));

        } else {
            memcpy(&entry.addr.v4, diag.id.idiag_src, sizeof(struct in_addr));
        }

        if (handler(&entry, data) != 0) {
            return AGENT_LISTENERS_DIAG_STOP;
        }
    }

    return AGENT_LISTENERS_DIAG_MORE;

invalid:

    *err = EBADMSG;

    return AGENT_LISTENERS_DIAG_ERROR;
}


/* the result in NLMSG_DONE or NLMSG_ERROR: 0, or an errno */

static int
agent_listeners_status(const char *buf, size_t len)
{
    int  status;

    if (len < NLMSG_LENGTH(sizeof(int))) {
        return EBADMSG;
    }

    memcpy(&status, buf + NLMSG_HDRLEN, sizeof(int));

    if (status < -AGENT_LISTENERS_ERRNO || status > 0) {
        return EBADMSG;
    }

    return -status;
}


static void
agent_listeners_close(void)
{
    if (agent_listeners_fd != -1) {
        (void) close(agent_listeners_fd);
        agent_listeners_fd = -1;
    }
}
