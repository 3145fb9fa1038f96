
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "prober/limits.h"
#include "prober/verdict.h"


#define SELFTEST_MB                  (1024 * 1024ULL)

#define SELFTEST_LIMITS_UNLIMITED    (~0ULL)
#define SELFTEST_LIMITS_UNKNOWN      (~0ULL - 1)

/* more is not tried, for the sake of time and of the host */
#define SELFTEST_LIMITS_MEMORY       (4096 * SELFTEST_MB)
#define SELFTEST_LIMITS_PIDS         4096

#define SELFTEST_LIMITS_EXTRA_PIDS   16
#define SELFTEST_LIMITS_CPU_MS       1000
#define SELFTEST_LIMITS_CPU_SLACK    250
#define SELFTEST_LIMITS_DISK         (64 * SELFTEST_MB)


static uint64_t selftest_limits_file(const char *v2, const char *v1);
static uint64_t selftest_limits_number(const char *path);
static int selftest_limits_memory_free(uint64_t bytes);
static uint64_t selftest_limits_meminfo(const char *format);
static void selftest_limits_memory_try(uint64_t limit);
static void selftest_limits_memory_use(uint64_t bytes);
static void selftest_limits_cpu_quota(void);


/*
 * The control group's own file is looked at first: where there is no limit,
 * nothing is taken from the host.
 */

void
selftest_limits_memory(const selftest_facts_t *facts)
{
    uint64_t  limit;

    if (facts->memory == 0) {
        selftest_verdict_none("no limit is known");
        return;
    }

    limit = selftest_limits_file("memory.max", "memory/memory.limit_in_bytes");

    if (limit == SELFTEST_LIMITS_UNLIMITED) {
        selftest_verdict_fail("the control group has no limit");
        return;
    }

    if (limit != SELFTEST_LIMITS_UNKNOWN && limit > facts->memory) {
        selftest_verdict_fail("the limit is %llu MB, not %llu",
                              (unsigned long long) (limit / SELFTEST_MB),
                              (unsigned long long) (facts->memory
                                                    / SELFTEST_MB));
        return;
    }

    if (facts->memory > SELFTEST_LIMITS_MEMORY
        || !selftest_limits_memory_free(facts->memory))
    {
        if (limit == SELFTEST_LIMITS_UNKNOWN) {
            selftest_verdict_low("the limit cannot be read, and there is too "
                                 "little memory to try it");
        } else {
            selftest_verdict_note("set; too large to be tried here");
        }

        return;
    }

    selftest_limits_memory_try(facts->memory);
}


/* whether the host can spare twice that */

static int
selftest_limits_memory_free(uint64_t bytes)
{
    return selftest_limits_meminfo("MemAvailable: %llu kB")
           > 2 * bytes + 256 * SELFTEST_MB;
}


/* bytes; 0: not known */

static uint64_t
selftest_limits_meminfo(const char *format)
{
    FILE                *f;
    char                 line[128];
    unsigned long long   kb;

    f = fopen("/proc/meminfo", "r");

    if (f == NULL) {
        return 0;
    }

    kb = 0;

    while (fgets(line, sizeof(line), f) && sscanf(line, format, &kb) != 1) {
        /* void */
    }

    (void) fclose(f);

    return kb * 1024;
}


static void
selftest_limits_memory_try(uint64_t limit)
{
    int    fd, status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {

        /* to be the one that the kernel kills */

        fd = open("/proc/self/oom_score_adj", O_WRONLY);

        if (fd != -1) {
            (void) write(fd, "1000", 4);
            (void) close(fd);
        }

        selftest_limits_memory_use(limit + limit / 8 + 32 * SELFTEST_MB);
        _exit(0);
    }

    if (pid == -1 || waitpid(pid, &status, 0) != pid) {
        selftest_verdict_fail("no process could be started to try it");
        return;
    }

    if (WIFSIGNALED(status)) {
        selftest_verdict_note("%llu MB; more was killed by signal %d",
                              (unsigned long long) (limit / SELFTEST_MB),
                              WTERMSIG(status));
        return;
    }

    if (WEXITSTATUS(status) != 0) {
        return;
    }

    /* nginx warns of that at its start */

    if (selftest_limits_meminfo("SwapTotal: %llu kB")) {
        selftest_verdict_low("swap is not limited: a process used more than "
                             "%llu MB",
                             (unsigned long long) (limit / SELFTEST_MB));

    } else {
        selftest_verdict_fail("a process used more than %llu MB",
                              (unsigned long long) (limit / SELFTEST_MB));
    }
}


/* where the kernel gives none, no more could be used either */

static void
selftest_limits_memory_use(uint64_t bytes)
{
    char      *p;
    uint64_t   i;

    p = mmap(NULL, bytes, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1,
             0);

    if (p == MAP_FAILED) {
        _exit(1);
    }

    for (i = 0; i < bytes; i += 4096) {
        p[i] = 1;
    }

    /* all of it is still there */

    for (i = 0; i < bytes; i += 4096) {

        if (p[i] != 1) {
            _exit(1);
        }
    }
}


void
selftest_limits_pids(const selftest_facts_t *facts)
{
    uint64_t  i, limit, n, wanted;

    static pid_t  pids[SELFTEST_LIMITS_PIDS + SELFTEST_LIMITS_EXTRA_PIDS];

    if (facts->pids == 0) {
        selftest_verdict_none("no limit is known");
        return;
    }

    limit = selftest_limits_file("pids.max", "pids/pids.max");

    if (limit == SELFTEST_LIMITS_UNLIMITED) {
        selftest_verdict_fail("the control group has no limit");
        return;
    }

    if (limit != SELFTEST_LIMITS_UNKNOWN && limit > facts->pids) {
        selftest_verdict_fail("the limit is %llu, not %llu",
                              (unsigned long long) limit,
                              (unsigned long long) facts->pids);
        return;
    }

    wanted = facts->pids + SELFTEST_LIMITS_EXTRA_PIDS;

    if (facts->pids > SELFTEST_LIMITS_PIDS) {
        selftest_verdict_note("set; too large to be tried here");
        return;
    }

    for (n = 0; n < wanted; n++) {
        pids[n] = fork();

        if (pids[n] == -1) {
            break;
        }

        if (pids[n] == 0) {
            for ( ;; ) {
                (void) pause();
            }
        }
    }

    /* the next row needs processes, too */

    for (i = 0; i < n; i++) {
        (void) kill(pids[i], SIGKILL);
    }

    for (i = 0; i < n; i++) {
        (void) waitpid(pids[i], NULL, 0);
    }

    if (n == wanted) {
        selftest_verdict_fail("%llu processes could be started, not %llu",
                              (unsigned long long) n,
                              (unsigned long long) facts->pids);
    }

    selftest_verdict_note("%llu of %llu were left", (unsigned long long) n,
                          (unsigned long long) facts->pids);
}


/* the time that processes get in a second, when there are enough of them */

void
selftest_limits_cpus(const selftest_facts_t *facts)
{
    int               status;
    long              cpus, i, n;
    double            used, allowed, wall;
    pid_t             pid;
    struct rusage     usage;
    struct timespec   start, now;

    cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (facts->nano_cpus == 0) {
        selftest_verdict_none("no limit is known");
        return;
    }

    if (facts->nano_cpus >= (uint64_t) cpus * 1000000000) {
        selftest_verdict_note("all processors of the host");
        return;
    }

    selftest_limits_cpu_quota();

    n = (long) (facts->nano_cpus / 1000000000) + 2;
    n = n > cpus ? cpus : n;

    (void) clock_gettime(CLOCK_MONOTONIC, &start);

    for (i = 0; i < n; i++) {
        pid = fork();

        if (pid == 0) {
            do {
                (void) clock_gettime(CLOCK_MONOTONIC, &now);
            } while ((now.tv_sec - start.tv_sec) * 1000
                     + (now.tv_nsec - start.tv_nsec) / 1000000
                     < SELFTEST_LIMITS_CPU_MS);

            _exit(0);
        }
    }

    while (wait(&status) > 0) { /* void */ }

    (void) clock_gettime(CLOCK_MONOTONIC, &now);
    (void) getrusage(RUSAGE_CHILDREN, &usage);

    wall = (double) (now.tv_sec - start.tv_sec) * 1000
           + (double) (now.tv_nsec - start.tv_nsec) / 1000000;
    used = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
           + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    allowed = wall * (double) facts->nano_cpus / 1000000000;

    if (used > allowed * 1.2 + SELFTEST_LIMITS_CPU_SLACK) {
        selftest_verdict_fail("%.0f ms of processor time in %.0f ms", used,
                              wall);
    }

    selftest_verdict_note("%.0f ms of processor time in %.0f ms", used, wall);
}


/* on a busy host, no process would get too much */

static void
selftest_limits_cpu_quota(void)
{
    size_t    i;
    uint64_t  quota;

    static const char  *v1[] = {
        "cpu/cpu.cfs_quota_us", "cpu,cpuacct/cpu.cfs_quota_us"
    };

    for (i = 0; i < sizeof(v1) / sizeof(v1[0]); i++) {
        quota = selftest_limits_file("cpu.max", v1[i]);

        if (quota == SELFTEST_LIMITS_UNLIMITED) {
            selftest_verdict_fail("the control group has no quota");
        }

        if (quota != SELFTEST_LIMITS_UNKNOWN) {
            return;
        }
    }
}


/* space is asked for and given back: no data is written */

void
selftest_limits_disk(const selftest_facts_t *facts)
{
    int              fd, err;
    uint64_t         size;
    const char      *path;
    struct statvfs   st;

    if (facts->disk == 0) {
        selftest_verdict_none("the class has no \"disk=\"");
        return;
    }

    path = "/.sandbox-selftest-disk";

    if (access("/", W_OK) == -1) {
        path = "/workspace/.sandbox-selftest-disk";
    }

    /* some quotas are the size of the file system */

    if (statvfs("/", &st) == 0) {
        size = (uint64_t) st.f_blocks * st.f_frsize;

        if (size <= facts->disk + SELFTEST_LIMITS_DISK) {
            selftest_verdict_note("a file system of %llu MB",
                                  (unsigned long long) (size / SELFTEST_MB));
            return;
        }

        if ((uint64_t) st.f_bavail * st.f_frsize
            < facts->disk + 2 * SELFTEST_LIMITS_DISK)
        {
            selftest_verdict_low("the engine's disk has too little space to "
                                 "try it");
            return;
        }
    }

    fd = open(path, O_CREAT|O_EXCL|O_RDWR|O_CLOEXEC, 0600);

    if (fd == -1) {
        selftest_verdict_fail("no file could be made to try it: %s",
                              strerror(errno));
        return;
    }

    (void) unlink(path);

    err = posix_fallocate(fd, 0, (off_t) (facts->disk + SELFTEST_LIMITS_DISK));

    (void) close(fd);

    if (err == 0) {
        selftest_verdict_fail("more than %llu MB could be written",
                              (unsigned long long) (facts->disk / SELFTEST_MB));

    } else if (err != ENOSPC && err != EDQUOT) {
        selftest_verdict_low("it could not be tried: %s", strerror(err));
    }
}


/* of the control group that the sandbox sees as its own */

static uint64_t
selftest_limits_file(const char *v2, const char *v1)
{
    char      path[128];
    uint64_t  value;

    snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", v2);
    value = selftest_limits_number(path);

    if (value == SELFTEST_LIMITS_UNKNOWN) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", v1);
        value = selftest_limits_number(path);
    }

    return value;
}


static uint64_t
selftest_limits_number(const char *path)
{
    FILE                *f;
    char                 word[64];
    unsigned long long   value;

    f = fopen(path, "r");

    if (f == NULL) {
        return SELFTEST_LIMITS_UNKNOWN;
    }

    value = SELFTEST_LIMITS_UNKNOWN;

    if (fscanf(f, "%63s", word) == 1) {

        /* version 1 prints no limit as -1, or as the largest number of pages */

        if (strcmp(word, "max") == 0 || word[0] == '-') {
            value = SELFTEST_LIMITS_UNLIMITED;

        } else {
            value = strtoull(word, NULL, 10);

            if (value > (1ULL << 62)) {
                value = SELFTEST_LIMITS_UNLIMITED;
            }
        }
    }

    (void) fclose(f);

    return value;
}
