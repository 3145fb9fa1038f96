
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "prober/hold.h"


#define SELFTEST_HOLD_SECONDS    600
#define SELFTEST_HOLD_PROCESSES  6

/* for each process: 300 instances and 1,200 pipes in all */
#define SELFTEST_HOLD_INOTIFY    50
#define SELFTEST_HOLD_PIPES      200
#define SELFTEST_HOLD_EVENTS     100
#define SELFTEST_HOLD_EPOLLS     20


static int selftest_hold_listen(uint16_t *port);
static void selftest_hold_addresses(uint16_t port);
static void selftest_hold_boot(void);
static void selftest_hold_take(void);


int
selftest_hold(const selftest_facts_t *facts)
{
    int       i, n, s, ends[2];
    char      c;
    pid_t     pid;
    uint16_t  port;

    s = selftest_hold_listen(&port);

    if (s == -1 || pipe(ends) == -1) {
        printf("error %s\n", strerror(errno));
        return 1;
    }

    n = facts->counters ? SELFTEST_HOLD_PROCESSES : 1;

    for (i = 0; i < n; i++) {
        pid = fork();

        if (pid == -1) {
            printf("error %s\n", strerror(errno));
            return 1;
        }

        if (pid == 0) {
            (void) setsid();
            (void) close(ends[0]);

            if (facts->counters) {
                selftest_hold_take();
            }

            (void) write(ends[1], "x", 1);
            (void) close(ends[1]);

            /* the caller's output ends with the caller */

            (void) close(STDOUT_FILENO);
            (void) close(STDERR_FILENO);

            (void) sleep(SELFTEST_HOLD_SECONDS);
            _exit(0);
        }
    }

    (void) close(ends[1]);

    while (n > 0 && read(ends[0], &c, 1) == 1) {
        n--;
    }

    selftest_hold_boot();
    selftest_hold_addresses(port);

    printf("held\n");

    return 0;
}


static int
selftest_hold_listen(uint16_t *port)
{
    int                  s;
    socklen_t            len;
    struct sockaddr_in   sin;

    s = socket(AF_INET, SOCK_STREAM, 0);
    if (s == -1) {
        return -1;
    }

    memset(&sin, 0, sizeof(struct sockaddr_in));
    sin.sin_family = AF_INET;
    len = sizeof(struct sockaddr_in);

    if (bind(s, (struct sockaddr *) &sin, len) == -1
        || listen(s, 16) == -1
        || getsockname(s, (struct sockaddr *) &sin, &len) == -1)
    {
        return -1;
    }

    *port = ntohs(sin.sin_port);

    return s;
}


static void
selftest_hold_addresses(uint16_t port)
{
    char             text[INET_ADDRSTRLEN];
    struct ifaddrs  *list, *ifa;

    if (getifaddrs(&list) == -1) {
        return;
    }

    for (ifa = list; ifa; ifa = ifa->ifa_next) {

        if (ifa->ifa_addr == NULL || ifa->ifa_addr->sa_family != AF_INET
            || (ifa->ifa_flags & IFF_LOOPBACK))
        {
            continue;
        }

        if (inet_ntop(AF_INET,
                      &((struct sockaddr_in *) ifa->ifa_addr)->sin_addr, text,
                      sizeof(text)))
        {
            printf("peer %s/%u\n", text, port);
        }
    }

    freeifaddrs(list);
}


/* of the kernel, since it started */

static void
selftest_hold_boot(void)
{
    FILE  *f;
    char   id[64];

    f = fopen("/proc/sys/kernel/random/boot_id", "r");

    if (f == NULL) {
        return;
    }

    if (fscanf(f, "%63s", id) == 1) {
        printf("boot %s\n", id);
    }

    (void) fclose(f);
}


/* as many as its own limits allow */

static void
selftest_hold_take(void)
{
    int                  i, n, epoll, ends[2], events[SELFTEST_HOLD_EVENTS];
    struct epoll_event   event;

    for (i = 0; i < SELFTEST_HOLD_INOTIFY; i++) {
        (void) inotify_add_watch(inotify_init1(0), "/", IN_CREATE);
    }

    for (n = 0; n < SELFTEST_HOLD_EVENTS; n++) {
        events[n] = eventfd(0, 0);
    }

    memset(&event, 0, sizeof(struct epoll_event));

    for (i = 0; i < SELFTEST_HOLD_EPOLLS; i++) {
        epoll = epoll_create1(0);

        for (n = 0; n < SELFTEST_HOLD_EVENTS; n++) {
            (void) epoll_ctl(epoll, EPOLL_CTL_ADD, events[n], &event);
        }
    }

    for (i = 0; i < SELFTEST_HOLD_PIPES; i++) {
        (void) pipe(ends);
    }
}
