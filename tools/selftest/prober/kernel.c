
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "prober/kernel.h"
#include "prober/verdict.h"


typedef struct {
    unsigned  major;
    unsigned  first;
    unsigned  last;
} selftest_kernel_device_t;


static void selftest_kernel_node(const char *what, mode_t mode, dev_t dev);
static void selftest_kernel_listed(const char *path);


/* what engines give to every container: null to urandom, terminals */

static const selftest_kernel_device_t  selftest_kernel_harmless[] = {
    { 1, 3, 3 }, { 1, 5, 5 }, { 1, 7, 9 }, { 5, 0, 2 }, { 136, 0, ~0U },
    { 137, 0, ~0U }, { 138, 0, ~0U }, { 139, 0, ~0U }, { 140, 0, ~0U },
    { 141, 0, ~0U }, { 142, 0, ~0U }, { 143, 0, ~0U }
};


void
selftest_kernel_devices(const selftest_facts_t *facts)
{
    DIR            *dir;
    char            path[512];
    struct dirent  *entry;

    (void) facts;

    selftest_kernel_node("/dev/mem as a new node", S_IFCHR|0600, makedev(1, 1));
    selftest_kernel_node("the first SCSI disk as a new node", S_IFBLK|0600,
                         makedev(8, 0));
    selftest_kernel_node("/dev/loop0 as a new node", S_IFBLK|0600,
                         makedev(7, 0));

    dir = opendir("/dev");

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        selftest_kernel_listed(path);
    }

    (void) closedir(dir);
}


static void
selftest_kernel_node(const char *what, mode_t mode, dev_t dev)
{
    int         rc;
    const char *path;

    path = "/tmp/.sandbox-selftest-node";

    rc = mknod(path, mode, dev);

    if (rc == -1 && errno == ENOENT) {
        path = "/workspace/.sandbox-selftest-node";
        rc = mknod(path, mode, dev);
    }

    if (!selftest_verdict_refused(what, rc)) {
        (void) unlink(path);
    }
}


/* opened for reading only, and without waiting */

static void
selftest_kernel_listed(const char *path)
{
    int          fd;
    size_t       i, n;
    struct stat  st;

    if (lstat(path, &st) == -1
        || (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)))
    {
        return;
    }

    n = sizeof(selftest_kernel_harmless) / sizeof(selftest_kernel_harmless[0]);

    for (i = 0; S_ISCHR(st.st_mode) && i < n; i++) {

        if (selftest_kernel_harmless[i].major == major(st.st_rdev)
            && selftest_kernel_harmless[i].first <= minor(st.st_rdev)
            && selftest_kernel_harmless[i].last >= minor(st.st_rdev))
        {
            return;
        }
    }

    fd = open(path, O_RDONLY|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);

    if (fd != -1) {
        (void) close(fd);
        selftest_verdict_fail("the device %s can be opened", path);
    }
}


/* opened for writing, and nothing is written */

void
selftest_kernel_settings(const selftest_facts_t *facts)
{
    int      fd;
    char     buf[4];
    size_t   i;
    ssize_t  n;

    static const char  *settings[] = {
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/modprobe",
        "/proc/sys/kernel/pid_max",
        "/proc/sys/fs/file-max",
        "/proc/sys/vm/drop_caches",
        "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/pids.max",
        "/sys/fs/cgroup/cgroup.procs",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/release_agent",
        "/sys/fs/cgroup/pids/pids.max"
    };

    (void) facts;

    for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        fd = open(settings[i], O_WRONLY|O_CLOEXEC);

        if (fd != -1) {
            (void) close(fd);
            selftest_verdict_fail("%s can be opened for writing",
                                  settings[i]);
        }
    }

    /* engines put an empty device over it */

    fd = open("/proc/kcore", O_RDONLY|O_CLOEXEC);

    if (fd != -1) {
        n = read(fd, buf, sizeof(buf));

        if (n == sizeof(buf) && memcmp(buf, "\177ELF", sizeof(buf)) == 0) {
            selftest_verdict_fail("/proc/kcore can be read");
        }

        (void) close(fd);
    }

    fd = open("/dev/kmsg", O_WRONLY|O_CLOEXEC);

    if (fd != -1) {
        (void) close(fd);
        selftest_verdict_fail("/dev/kmsg can be opened for writing");
    }
}
