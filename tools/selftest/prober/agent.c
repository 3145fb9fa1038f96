
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "prober/agent.h"
#include "prober/verdict.h"


static void selftest_agent_open(const char *name, int flags);
static void selftest_agent_descriptors(void);
static void selftest_agent_memory(void);
static void selftest_agent_limits(void);
static int selftest_agent_stat(char *state, unsigned long long *started);


/* nothing is changed where it is possible */

void
selftest_agent_process(const selftest_facts_t *facts)
{
    int   fd;
    char  buf[256];

    (void) facts;

    if (!selftest_verdict_refused("tracing it",
                                  ptrace(PTRACE_ATTACH, 1, NULL, NULL)))
    {
        (void) waitpid(1, NULL, __WALL);
        (void) ptrace(PTRACE_DETACH, 1, NULL, NULL);
    }

    selftest_agent_memory();

    selftest_agent_open("mem", O_RDONLY);
    selftest_agent_open("mem", O_WRONLY);
    selftest_agent_open("exe", O_RDONLY);
    selftest_agent_open("root/etc", O_RDONLY);
    selftest_agent_open("environ", O_RDONLY);
    selftest_agent_open("maps", O_RDONLY);

    (void) selftest_verdict_refused("reading the link /proc/1/exe",
                                    readlink("/proc/1/exe", buf,
                                             sizeof(buf)));
    (void) selftest_verdict_refused("reading the link /proc/1/cwd",
                                    readlink("/proc/1/cwd", buf,
                                             sizeof(buf)));

    selftest_agent_descriptors();

    fd = (int) syscall(SYS_pidfd_open, 1, 0);

    if (fd != -1) {
        (void) selftest_verdict_refused("pidfd_getfd()",
                                        syscall(SYS_pidfd_getfd, fd, 3, 0));
        (void) close(fd);
    }

    selftest_agent_limits();
}


/* some files can be opened by anybody, and not be read */

static void
selftest_agent_open(const char *name, int flags)
{
    int      fd;
    char     path[64], c;
    ssize_t  n;

    snprintf(path, sizeof(path), "/proc/1/%s", name);

    fd = open(path, flags|O_CLOEXEC);

    if (fd == -1) {
        return;
    }

    n = 1;

    if (flags == O_RDONLY && strcmp(name, "root/etc") != 0) {
        n = read(fd, &c, 1);

        /* the first page of memory is mapped by nobody */

        if (strcmp(name, "mem") == 0) {
            n = 1;
        }
    }

    if (n > 0) {
        selftest_verdict_fail("%s can be %s", path,
                              flags == O_RDONLY ? "read" : "written");
    }

    (void) close(fd);
}


static void
selftest_agent_descriptors(void)
{
    DIR            *dir;
    char            path[64], link[64];
    struct dirent  *entry;

    dir = opendir("/proc/1/fd");

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        snprintf(path, sizeof(path), "/proc/1/fd/%.20s", entry->d_name);

        if (readlink(path, link, sizeof(link)) != -1) {
            selftest_verdict_fail("its descriptors can be seen");
            break;
        }
    }

    (void) closedir(dir);
}


static void
selftest_agent_memory(void)
{
    char          buf[16];
    struct iovec  local, remote;

    local.iov_base = buf;
    local.iov_len = sizeof(buf);
    remote.iov_base = (void *) 0x400000;
    remote.iov_len = sizeof(buf);

    /* whoever may read it learns of an address that is not mapped */

    if (process_vm_readv(1, &local, 1, &remote, 1, 0) != -1
        || errno == EFAULT)
    {
        selftest_verdict_fail("process_vm_readv() is possible");
    }
}


static void
selftest_agent_limits(void)
{
    size_t         i;
    struct rlimit  limit;

    static const int  limits[] = {
        RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE
    };

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {

        if (prlimit(1, limits[i], NULL, &limit) != -1
            && prlimit(1, limits[i], &limit, NULL) != -1)
        {
            selftest_verdict_fail("its resource limits can be set");
            break;
        }
    }
}


/* where a signal ends the agent, the sandbox ends, and this process */

void
selftest_agent_signals(const selftest_facts_t *facts)
{
    int                 sig;
    char                state;
    unsigned long long  before, after;

    (void) facts;

    if (selftest_agent_stat(&state, &before) == -1) {
        selftest_verdict_fail("/proc/1/stat cannot be read");
        return;
    }

    /* the agent has to pass on what is tried before it may end by it */

    usleep(500000);

    for (sig = 1; sig <= 64; sig++) {
        (void) syscall(SYS_kill, 1, sig);
        (void) syscall(SYS_tgkill, 1, 1, sig);
    }

    usleep(300000);

    if (selftest_agent_stat(&state, &after) == -1 || before != after) {
        selftest_verdict_fail("the agent ended");

    } else if (state == 'T' || state == 't') {
        selftest_verdict_fail("the agent was stopped");
    }
}


static int
selftest_agent_stat(char *state, unsigned long long *started)
{
    int    i;
    FILE  *f;
    char   line[1024], *p;

    f = fopen("/proc/1/stat", "r");

    if (f == NULL) {
        return -1;
    }

    p = fgets(line, sizeof(line), f);

    (void) fclose(f);

    /* the name may contain anything */

    p = p ? strrchr(line, ')') : NULL;

    if (p == NULL || p[1] != ' ') {
        return -1;
    }

    p += 2;
    *state = *p;

    /* field 3 is the state, 22 the start */

    for (i = 3; p && i < 22; i++) {
        p = strchr(p, ' ');
        p = p ? p + 1 : NULL;
    }

    if (p == NULL) {
        return -1;
    }

    *started = strtoull(p, NULL, 10);

    return 0;
}
