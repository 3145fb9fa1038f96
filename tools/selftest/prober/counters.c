
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "prober/counters.h"
#include "prober/verdict.h"


#define SELFTEST_COUNTERS_QUEUE  "/sandbox-selftest"
#define SELFTEST_COUNTERS_PIPE   65536


static int selftest_counters_agent(const char *name, unsigned long long *soft);


void
selftest_counters_queues(const selftest_facts_t *facts)
{
    mqd_t  queue;

    (void) facts;

    queue = mq_open(SELFTEST_COUNTERS_QUEUE, O_CREAT|O_RDWR, 0600, NULL);

    if (!selftest_verdict_refused("a POSIX message queue", queue)) {
        (void) mq_close(queue);
        (void) mq_unlink(SELFTEST_COUNTERS_QUEUE);
    }
}


/* of the host's, which the agent has: the other half is for all the others */

void
selftest_counters_signals(const selftest_facts_t *facts)
{
    struct rlimit       own;
    unsigned long long  agent;

    (void) facts;

    if (getrlimit(RLIMIT_SIGPENDING, &own) == -1
        || selftest_counters_agent("Max pending signals", &agent) == -1)
    {
        selftest_verdict_fail("the limit cannot be read");
        return;
    }

    if (own.rlim_max > agent / 2) {
        selftest_verdict_fail("the limit is %llu, of the agent's %llu",
                              (unsigned long long) own.rlim_max, agent);
        return;
    }

    selftest_verdict_note("%llu of %llu", (unsigned long long) own.rlim_max,
                          agent);
}


void
selftest_counters_files(const selftest_facts_t *facts)
{
    struct rlimit       limit;
    unsigned long long  files;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) {
        selftest_verdict_fail("the limit cannot be read");
        return;
    }

    files = limit.rlim_max;

    if (facts->nofile && files > facts->nofile) {
        selftest_verdict_fail("a process may open %llu files, not %llu", files,
                              (unsigned long long) facts->nofile);
    }

    if (facts->worker_nofile && files >= facts->worker_nofile) {
        selftest_verdict_fail("a process may open %llu files, and a worker "
                              "%llu", files,
                              (unsigned long long) facts->worker_nofile);
    }

    limit.rlim_max++;

    (void) selftest_verdict_refused("a higher limit",
                                    setrlimit(RLIMIT_NOFILE, &limit));

    selftest_verdict_note("%llu files", files);
}


/* while another sandbox holds more of each than the kernel's defaults allow */

void
selftest_counters_shared(const selftest_facts_t *facts)
{
    int                  fd, ends[2];
    struct epoll_event   event;

    if (!facts->counters) {
        selftest_verdict_none("not tried, as the host's limits are low");
        return;
    }

    fd = inotify_init1(IN_CLOEXEC);

    if (fd == -1) {
        selftest_verdict_fail("no inotify instance is left: %s",
                              strerror(errno));

    } else if (inotify_add_watch(fd, "/", IN_CREATE) == -1) {
        selftest_verdict_fail("no inotify watch is left: %s", strerror(errno));
    }

    memset(&event, 0, sizeof(struct epoll_event));

    if (epoll_ctl(epoll_create1(EPOLL_CLOEXEC), EPOLL_CTL_ADD,
                  eventfd(0, EFD_CLOEXEC), &event)
        == -1)
    {
        selftest_verdict_fail("no epoll watch is left: %s", strerror(errno));
    }

    if (pipe2(ends, O_CLOEXEC) == -1) {
        selftest_verdict_fail("no pipe is left: %s", strerror(errno));

    } else if (fcntl(ends[1], F_GETPIPE_SZ) < SELFTEST_COUNTERS_PIPE) {
        selftest_verdict_fail("pipes are smaller than %d bytes",
                              SELFTEST_COUNTERS_PIPE);
    }
}


/* a line of /proc/1/limits, which anybody may read */

static int
selftest_counters_agent(const char *name, unsigned long long *soft)
{
    int     rc;
    FILE   *f;
    char    line[256];
    size_t  len;

    f = fopen("/proc/1/limits", "r");

    if (f == NULL) {
        return -1;
    }

    rc = -1;
    len = strlen(name);

    while (rc == -1 && fgets(line, sizeof(line), f)) {

        if (strncmp(line, name, len) == 0) {
            *soft = strtoull(line + len, NULL, 10);
            rc = 0;
        }
    }

    (void) fclose(f);

    return rc;
}
