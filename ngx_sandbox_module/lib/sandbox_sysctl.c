
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sandbox_sysctl.h"


typedef struct {
    const char  *name;
    unsigned     bytes;                /* charged to a sandbox for each */
    uint64_t     max;                  /* of the kernel itself; 0: none */
    int          unlimited;            /* a value of 0 means no limit */
} sandbox_sysctl_limit_t;


static uint64_t sandbox_sysctl_wanted(const sandbox_sysctl_limit_t *limit,
    uint64_t memory);
static uint64_t sandbox_sysctl_memory(const char *proc);
static int sandbox_sysctl_read(const char *proc, const char *name,
    uint64_t *value);
static ssize_t sandbox_sysctl_file(const char *path, char *buf, size_t size);


/* bytes are of Linux 6.18, measured in a control group and rounded down */

static const sandbox_sysctl_limit_t  sandbox_sysctl_limits[] = {
    { "fs.inotify.max_user_instances", 768, INT32_MAX, 0 },
    { "fs.inotify.max_user_watches", 80, INT32_MAX, 0 },
    { "fs.epoll.max_user_watches", 192, 0, 0 },
    { "fs.pipe-user-pages-soft", 4096, 0, 1 },
    { "fs.aio-max-nr", 32, 0, 0 },
    { "fs.file-max", 192, 0, 0 },

    /* a sandbox has few processes; many sandboxes have many */
    { "kernel.pid_max", 0, 4194304, 0 },

    /* most memory of a terminal is not charged, so a limit is required */
    { "kernel.pty.max", 0, 16384, 0 }
};


size_t
sandbox_sysctl_low(const char *proc, sandbox_sysctl_t *low)
{
    size_t    i, n;
    uint64_t  memory, value, wanted;

    memory = sandbox_sysctl_memory(proc);

    for (i = 0, n = 0;
         i < sizeof(sandbox_sysctl_limits) / sizeof(sandbox_sysctl_limits[0]);
         i++)
    {
        if (sandbox_sysctl_read(proc, sandbox_sysctl_limits[i].name, &value)
            == -1)
        {
            continue;
        }

        wanted = sandbox_sysctl_wanted(&sandbox_sysctl_limits[i], memory);

        if (value >= wanted
            || (value == 0 && sandbox_sysctl_limits[i].unlimited))
        {
            continue;
        }

        low[n].name = sandbox_sysctl_limits[i].name;
        low[n].value = value;
        low[n].wanted = sandbox_sysctl_limits[i].unlimited ? 0 : wanted;
        n++;
    }

    return n;
}


static uint64_t
sandbox_sysctl_wanted(const sandbox_sysctl_limit_t *limit, uint64_t memory)
{
    uint64_t  wanted;

    if (limit->bytes == 0) {
        return limit->max;
    }

    wanted = memory / limit->bytes;

    return limit->max && wanted > limit->max ? limit->max : wanted;
}


/* bytes; 0: unknown */

static uint64_t
sandbox_sysctl_memory(const char *proc)
{
    char      path[256], buf[4096], *p;

    (void) snprintf(path, sizeof(path), "%s/meminfo", proc);

    if (sandbox_sysctl_file(path, buf, sizeof(buf)) == -1) {
        return 0;
    }

    p = strstr(buf, "MemTotal:");

    return p ? (uint64_t) strtoull(p + sizeof("MemTotal:") - 1, NULL, 10)
               * 1024 : 0;
}


static int
sandbox_sysctl_read(const char *proc, const char *name, uint64_t *value)
{
    int    n;
    char   path[256], buf[64], *p;

    n = snprintf(path, sizeof(path), "%s/sys/%s", proc, name);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return -1;
    }

    for (p = path + n - strlen(name); *p; p++) {

        if (*p == '.') {
            *p = '/';
        }
    }

    if (sandbox_sysctl_file(path, buf, sizeof(buf)) == -1
        || buf[0] < '0' || buf[0] > '9')
    {
        return -1;
    }

    *value = strtoull(buf, NULL, 10);

    return 0;
}


static ssize_t
sandbox_sysctl_file(const char *path, char *buf, size_t size)
{
    int      fd;
    ssize_t  n;

    fd = open(path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    n = read(fd, buf, size - 1);

    (void) close(fd);

    if (n == -1) {
        return -1;
    }

    buf[n] = '\0';

    return n;
}
