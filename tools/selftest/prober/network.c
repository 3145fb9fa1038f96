
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "prober/network.h"
#include "prober/verdict.h"


#define SELFTEST_NETWORK_WAIT   2000   /* ms for all targets of a row */
#define SELFTEST_NETWORK_PORT   80
#define SELFTEST_NETWORK_UDP    3

/* type 11 of ICMP */
#define SELFTEST_NETWORK_EXPIRED  11


typedef enum {
    SELFTEST_REFUSED,
    SELFTEST_REACHED,
    SELFTEST_FORWARDED                 /* nothing but its hop limit held it */
} selftest_reach_e;


typedef struct {
    int                  s;
    int                  type;
    selftest_reach_e     reach;
    selftest_target_t    target;
} selftest_probe_t;


static void selftest_network_try(const selftest_target_t *targets,
    unsigned n, int type, int hops, const char *what);
static void selftest_network_begin(selftest_probe_t *probe,
    const selftest_target_t *target, int type, int hops);
static int selftest_network_address(const selftest_target_t *target,
    struct sockaddr_storage *ss, socklen_t *len);
static int selftest_network_wait(selftest_probe_t *probes,
    struct pollfd *fds, unsigned n, int left);
static void selftest_network_end(selftest_probe_t *probe);
static int selftest_network_expired(int s);
static void selftest_network_each(const char **addresses, const char *what);
static int selftest_network_interface(void);


/* nothing but loopback */

void
selftest_network_none(const selftest_facts_t *facts)
{
    struct ifaddrs  *list, *ifa;

    if (facts->network != SELFTEST_NETWORK_NONE) {
        selftest_verdict_none(facts->network == SELFTEST_NETWORK_UNKNOWN
                              ? "the network of the class is not known"
                              : "the class has another network");
        return;
    }

    if (getifaddrs(&list) == -1) {
        selftest_verdict_fail("interfaces cannot be listed");
        return;
    }

    for (ifa = list; ifa; ifa = ifa->ifa_next) {

        if ((ifa->ifa_flags & IFF_LOOPBACK) == 0 && (ifa->ifa_flags & IFF_UP)) {
            selftest_verdict_fail("there is the interface %s", ifa->ifa_name);
        }
    }

    freeifaddrs(list);
}


void
selftest_network_raw(const selftest_facts_t *facts)
{
    (void) facts;

    (void) selftest_verdict_refused("a raw socket of IPv4",
                                    socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    (void) selftest_verdict_refused("a raw socket of IPv6",
                                    socket(AF_INET6, SOCK_RAW,
                                           IPPROTO_ICMPV6));
    (void) selftest_verdict_refused("a packet socket",
                                    socket(AF_PACKET, SOCK_RAW, 0));
}


void
selftest_network_host(const selftest_facts_t *facts)
{
    if (facts->nhost == 0) {
        selftest_verdict_none("the host has no address but loopback");
        return;
    }

    selftest_network_try(facts->host, facts->nhost, SOCK_STREAM, 0,
                         "the host");
    selftest_network_try(facts->host, facts->nhost, SOCK_DGRAM, 0, "the host");
    selftest_verdict_note("%u addresses", facts->nhost);
}


void
selftest_network_peer(const selftest_facts_t *facts)
{
    if (facts->npeer == 0) {
        selftest_verdict_note("the other sandbox has no address");
        return;
    }

    selftest_network_try(facts->peer, facts->npeer, SOCK_STREAM, 0,
                         "another sandbox");
}


/*
 * With a hop limit of 1, the host forwards nothing, so that no packet leaves
 * it: where its rules let one pass, it reports that the limit was exceeded.
 */

void
selftest_network_private(const selftest_facts_t *facts)
{
    static const char  *addresses[] = {
        "10.255.255.254", "10.1.1.1", "100.64.0.1", "100.127.255.254",
        "169.254.1.1", "172.16.0.1", "172.31.255.254", "192.0.0.1",
        "192.88.99.1", "192.168.0.1", "192.168.1.1", "192.168.255.254",
        "198.18.0.1", "198.19.255.254", "240.0.0.1", NULL
    };

    (void) facts;

    selftest_network_each(addresses, "private addresses");
}


void
selftest_network_metadata(const selftest_facts_t *facts)
{
    static const char  *addresses[] = {
        "169.254.169.254", "169.254.170.2", "100.100.100.200",
        "168.63.129.16", "192.0.0.192", NULL
    };

    (void) facts;

    selftest_network_each(addresses, "metadata services");
}


static void
selftest_network_each(const char **addresses, const char *what)
{
    unsigned           n;
    selftest_target_t  targets[SELFTEST_FACTS_TARGETS];

    for (n = 0; n < SELFTEST_FACTS_TARGETS && addresses[n]; n++) {
        targets[n].address = addresses[n];
        targets[n].port = SELFTEST_NETWORK_PORT;
    }

    if (!selftest_network_interface()) {
        selftest_verdict_note("there is no network");
        return;
    }

    /* the kernel sends few reports a second, so datagrams are few, too */

    selftest_network_try(targets, n, SOCK_STREAM, 1, what);
    selftest_network_try(targets, n < SELFTEST_NETWORK_UDP
                                  ? n : SELFTEST_NETWORK_UDP,
                         SOCK_DGRAM, 1, what);
    selftest_verdict_note("%u addresses", n);
}


static int
selftest_network_interface(void)
{
    int              found;
    struct ifaddrs  *list, *ifa;

    if (getifaddrs(&list) == -1) {
        return 1;
    }

    found = 0;

    for (ifa = list; ifa; ifa = ifa->ifa_next) {

        if ((ifa->ifa_flags & IFF_LOOPBACK) == 0) {
            found = 1;
        }
    }

    freeifaddrs(list);

    return found;
}


/*
 * All at once.  A datagram has no answer: whoever sent the targets looks
 * whether one has come.
 */

static void
selftest_network_try(const selftest_target_t *targets, unsigned n, int type,
    int hops, const char *what)
{
    int                left;
    unsigned           i;
    const char        *how;
    struct pollfd      fds[SELFTEST_FACTS_TARGETS];
    struct timespec    start, now;
    selftest_probe_t   probes[SELFTEST_FACTS_TARGETS];

    for (i = 0; i < n; i++) {
        selftest_network_begin(&probes[i], &targets[i], type, hops);
    }

    (void) clock_gettime(CLOCK_MONOTONIC, &start);

    do {
        (void) clock_gettime(CLOCK_MONOTONIC, &now);

        left = SELFTEST_NETWORK_WAIT
               - (int) ((now.tv_sec - start.tv_sec) * 1000
                        + (now.tv_nsec - start.tv_nsec) / 1000000);

    } while (left > 0 && selftest_network_wait(probes, fds, n, left));

    how = type == SOCK_STREAM ? "TCP" : "UDP";

    for (i = 0; i < n; i++) {

        if (probes[i].reach == SELFTEST_REACHED) {
            selftest_verdict_fail("%s at %s is reached by %s", what,
                                  probes[i].target.address, how);

        } else if (probes[i].reach == SELFTEST_FORWARDED) {
            selftest_verdict_fail("the host forwards %s to %s", how,
                                  probes[i].target.address);
        }

        if (probes[i].s != -1) {
            (void) close(probes[i].s);
        }
    }
}


/* whether to go on waiting */

static int
selftest_network_wait(selftest_probe_t *probes, struct pollfd *fds, unsigned n,
    int left)
{
    unsigned  i, waits;

    for (i = 0, waits = 0; i < n; i++) {
        fds[i].fd = probes[i].s;
        fds[i].events = probes[i].type == SOCK_STREAM ? POLLOUT : 0;
        fds[i].revents = 0;

        waits += probes[i].s != -1;
    }

    if (waits == 0 || poll(fds, n, left) <= 0) {
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (fds[i].revents) {
            selftest_network_end(&probes[i]);
            (void) close(probes[i].s);
            probes[i].s = -1;
        }
    }

    return 1;
}


static void
selftest_network_begin(selftest_probe_t *probe, const selftest_target_t *target,
    int type, int hops)
{
    int                      on;
    socklen_t                len;
    struct sockaddr_storage  ss;

    on = 1;

    probe->s = -1;
    probe->type = type;
    probe->reach = SELFTEST_REFUSED;
    probe->target = *target;

    if (selftest_network_address(target, &ss, &len) == -1) {
        return;
    }

    probe->s = socket(ss.ss_family, type|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (probe->s == -1) {
        return;
    }

    if (hops) {

        /* the packet must not leave the host */

        if (setsockopt(probe->s, IPPROTO_IP, IP_TTL, &hops, sizeof(hops)) == -1
            || setsockopt(probe->s, IPPROTO_IP, IP_RECVERR, &on, sizeof(on))
               == -1)
        {
            goto failed;
        }
    }

    if (connect(probe->s, (struct sockaddr *) &ss, len) == 0) {

        if (type == SOCK_STREAM) {
            probe->reach = SELFTEST_REACHED;
            goto failed;
        }

        (void) send(probe->s, "selftest", 8, MSG_NOSIGNAL);

        if (hops) {
            return;
        }

        /* nothing is reported that would be waited for */
        goto failed;
    }

    if (errno == EINPROGRESS) {
        return;
    }

failed:

    (void) close(probe->s);
    probe->s = -1;
}


static int
selftest_network_address(const selftest_target_t *target,
    struct sockaddr_storage *ss, socklen_t *len)
{
    struct sockaddr_in   *sin;
    struct sockaddr_in6  *sin6;

    memset(ss, 0, sizeof(struct sockaddr_storage));

    sin = (struct sockaddr_in *) ss;
    sin6 = (struct sockaddr_in6 *) ss;

    if (inet_pton(AF_INET, target->address, &sin->sin_addr) == 1) {
        sin->sin_family = AF_INET;
        sin->sin_port = htons(target->port);
        *len = sizeof(struct sockaddr_in);
        return 0;
    }

    if (inet_pton(AF_INET6, target->address, &sin6->sin6_addr) == 1) {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(target->port);

        /* on the bridge, where the sandbox has one interface */

        if (IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)) {
            sin6->sin6_scope_id = if_nametoindex("eth0");
        }

        *len = sizeof(struct sockaddr_in6);
        return 0;
    }

    return -1;
}


static void
selftest_network_end(selftest_probe_t *probe)
{
    int        err;
    socklen_t  len;

    if (selftest_network_expired(probe->s)) {
        probe->reach = SELFTEST_FORWARDED;
        return;
    }

    len = sizeof(err);

    if (probe->type == SOCK_STREAM
        && getsockopt(probe->s, SOL_SOCKET, SO_ERROR, &err, &len) == 0
        && err == 0)
    {
        probe->reach = SELFTEST_REACHED;
    }
}


static int
selftest_network_expired(int s)
{
    int                        found;
    char                       control[512], data[64];
    struct iovec               iov;
    struct msghdr              msg;
    struct cmsghdr            *cmsg;
    struct sock_extended_err  *err;

    found = 0;

    for ( ;; ) {
        memset(&msg, 0, sizeof(struct msghdr));

        iov.iov_base = data;
        iov.iov_len = sizeof(data);
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        msg.msg_control = control;
        msg.msg_controllen = sizeof(control);

        if (recvmsg(s, &msg, MSG_ERRQUEUE|MSG_DONTWAIT) == -1) {
            return found;
        }

        for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {

            if (cmsg->cmsg_level != IPPROTO_IP
                || cmsg->cmsg_type != IP_RECVERR)
            {
                continue;
            }

            err = (struct sock_extended_err *) CMSG_DATA(cmsg);

            if (err->ee_origin == SO_EE_ORIGIN_ICMP
                && err->ee_type == SELFTEST_NETWORK_EXPIRED)
            {
                found = 1;
            }
        }
    }
}
