
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/machine.h"


/* the bridge of network=internet, the one link on which sandboxes are */
#define SELFTEST_MACHINE_BRIDGE  "sandbox0"


static void selftest_machine_read(selftest_machine_t *machine);
static int selftest_machine_wanted(const struct ifaddrs *ifa);
static void selftest_machine_listen(selftest_listener_t *l,
    const struct sockaddr *addr);


const char *const  selftest_machine_namespaces[5] = {
    "mnt", "pid", "net", "ipc", "uts"
};


void
selftest_machine_open(selftest_machine_t *machine)
{
    struct ifaddrs       *list, *ifa;
    selftest_listener_t  *l;

    memset(machine, 0, sizeof(selftest_machine_t));

    selftest_machine_read(machine);

    if (getifaddrs(&list) == -1) {
        return;
    }

    for (ifa = list;
         ifa && machine->nlisteners < SELFTEST_MACHINE_LISTENERS;
         ifa = ifa->ifa_next)
    {
        if (!selftest_machine_wanted(ifa)) {
            continue;
        }

        l = &machine->listeners[machine->nlisteners];
        selftest_machine_listen(l, ifa->ifa_addr);

        if (l->tcp != -1) {
            machine->nlisteners++;
        }
    }

    freeifaddrs(list);
}


static void
selftest_machine_read(selftest_machine_t *machine)
{
    int      i, fd;
    char     path[64];
    ssize_t  n;

    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY|O_CLOEXEC);

    if (fd != -1) {
        n = read(fd, machine->boot_id, sizeof(machine->boot_id) - 1);
        machine->boot_id[n > 0 ? n : 0] = '\0';
        machine->boot_id[strcspn(machine->boot_id, "\n")] = '\0';
        (void) close(fd);
    }

    for (i = 0; i < 5; i++) {
        snprintf(path, sizeof(path), "/proc/self/ns/%s",
                 selftest_machine_namespaces[i]);

        n = readlink(path, machine->namespaces[i],
                     sizeof(machine->namespaces[i]) - 1);
        machine->namespaces[i][n > 0 ? n : 0] = '\0';
    }
}


static int
selftest_machine_wanted(const struct ifaddrs *ifa)
{
    struct sockaddr_in6  *sin6;

    if (ifa->ifa_addr == NULL || (ifa->ifa_flags & IFF_UP) == 0
        || (ifa->ifa_flags & IFF_LOOPBACK))
    {
        return 0;
    }

    if (ifa->ifa_addr->sa_family == AF_INET) {
        return 1;
    }

    if (ifa->ifa_addr->sa_family != AF_INET6) {
        return 0;
    }

    sin6 = (struct sockaddr_in6 *) ifa->ifa_addr;

    return !IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)
           || strcmp(ifa->ifa_name, SELFTEST_MACHINE_BRIDGE) == 0;
}


/* TCP and UDP on one port; nobody accepts, the backlog is enough */

static void
selftest_machine_listen(selftest_listener_t *l, const struct sockaddr *addr)
{
    const void               *text;
    socklen_t                 len;
    struct sockaddr_in       *sin;
    struct sockaddr_in6      *sin6;
    struct sockaddr_storage   ss;

    len = addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                     : sizeof(struct sockaddr_in6);

    memset(&ss, 0, sizeof(ss));
    memcpy(&ss, addr, len);

    sin = (struct sockaddr_in *) &ss;
    sin6 = (struct sockaddr_in6 *) &ss;

    l->tcp = socket(addr->sa_family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC,
                    0);
    l->udp = socket(addr->sa_family, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (l->tcp == -1 || l->udp == -1
        || bind(l->tcp, (struct sockaddr *) &ss, len) == -1
        || listen(l->tcp, 128) == -1
        || getsockname(l->tcp, (struct sockaddr *) &ss, &len) == -1)
    {
        goto failed;
    }

    /* where another program has it, TCP alone is tried */

    (void) bind(l->udp, (struct sockaddr *) &ss, len);

    l->port = ntohs(addr->sa_family == AF_INET ? sin->sin_port
                                               : sin6->sin6_port);
    text = addr->sa_family == AF_INET ? (void *) &sin->sin_addr
                                      : (void *) &sin6->sin6_addr;

    if (inet_ntop(addr->sa_family, text, l->address, sizeof(l->address))) {
        return;
    }

failed:

    if (l->tcp != -1) {
        (void) close(l->tcp);
        l->tcp = -1;
    }

    if (l->udp != -1) {
        (void) close(l->udp);
    }
}


const char *
selftest_machine_received(selftest_machine_t *machine)
{
    char      buf[64];
    unsigned  i;

    for (i = 0; i < machine->nlisteners; i++) {

        if (recv(machine->listeners[i].udp, buf, sizeof(buf), MSG_DONTWAIT)
            == 8
            && memcmp(buf, "selftest", 8) == 0)
        {
            return machine->listeners[i].address;
        }
    }

    return NULL;
}


void
selftest_machine_close(selftest_machine_t *machine)
{
    unsigned  i;

    for (i = 0; i < machine->nlisteners; i++) {
        (void) close(machine->listeners[i].tcp);
        (void) close(machine->listeners[i].udp);
    }

    machine->nlisteners = 0;
}
