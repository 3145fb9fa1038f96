
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/cgroup.h"


/*
 * A container sees its own control group, read-only, at the same path with
 * cgroup v1 and v2; the file names differ.  A controller may be absent: with
 * cgroup v2, users that run an engine are often given some of them only.
 */


#define AGENT_CGROUP_FILE  8192


#define AGENT_CGROUP_V1  0x27e0eb      /* as reported by statfs() */
#define AGENT_CGROUP_V2  0x63677270


static int agent_cgroup_v2(const char *root);
static int64_t agent_cgroup_number(const char *root, const char *name,
    const char *field);
static int agent_cgroup_open(void);


void
agent_cgroup_usage(agent_cgroup_usage_t *usage, const char *root)
{
    int64_t  cache, cpu;

    if (agent_cgroup_v2(root)) {
        usage->memory = agent_cgroup_number(root, "memory.current", NULL);
        cache = agent_cgroup_number(root, "memory.stat", "inactive_file");
        usage->pids = agent_cgroup_number(root, "pids.current", NULL);
        cpu = agent_cgroup_number(root, "cpu.stat", "usage_usec");
        usage->cpu_ms = (cpu == -1) ? -1 : cpu / 1000;

    } else {
        usage->memory = agent_cgroup_number(root,
                                            "memory/memory.usage_in_bytes",
                                            NULL);
        cache = agent_cgroup_number(root, "memory/memory.stat",
                                    "total_inactive_file");
        usage->pids = agent_cgroup_number(root, "pids/pids.current", NULL);
        cpu = agent_cgroup_number(root, "cpuacct/cpuacct.usage", NULL);
        usage->cpu_ms = (cpu == -1) ? -1 : cpu / 1000000;
    }

    if (usage->memory != -1 && cache > 0) {
        usage->memory = (cache < usage->memory) ? usage->memory - cache : 0;
    }
}


int64_t
agent_cgroup_memory_limit(const char *root)
{
    return agent_cgroup_v2(root)
           ? agent_cgroup_number(root, "memory.max", NULL)
           : agent_cgroup_number(root, "memory/memory.limit_in_bytes", NULL);
}


/*
 * The group of the whole machine has no such file: a container that sees it
 * is in no namespace of control groups, and its counters are the machine's.
 */

static int
agent_cgroup_v2(const char *root)
{
    char  path[256];

    (void) snprintf(path, sizeof(path), "%s/cgroup.type", root);

    return access(path, F_OK) == 0;
}


/* the number in a file, or in its line that begins with field; or -1 */

static int64_t
agent_cgroup_number(const char *root, const char *name, const char *field)
{
    int       fd;
    char      path[256], text[AGENT_CGROUP_FILE], *p, *end;
    size_t    n, len;
    ssize_t   rc;
    int64_t   value;

    (void) snprintf(path, sizeof(path), "%s/%s", root, name);

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);
    if (fd == -1) {
        return -1;
    }

    /* files of the kernel report no size */

    for (n = 0; n < sizeof(text) - 1; n += rc) {
        rc = read(fd, text + n, sizeof(text) - 1 - n);

        if (rc <= 0) {
            break;
        }
    }

    close(fd);

    text[n] = '\0';
    p = text;

    if (field) {
        len = strlen(field);

        while (p && (strncmp(p, field, len) != 0 || p[len] != ' ')) {
            p = strchr(p, '\n');
            p = p ? p + 1 : NULL;
        }

        if (p == NULL) {
            return -1;
        }

        p += len + 1;
    }

    if (*p < '0' || *p > '9') {
        return -1;
    }

    value = strtoll(p, &end, 10);

    /* a number that the end of the buffer cuts is none */

    return (*end == '\n' || (*end == '\0' && n < sizeof(text) - 1))
           && value < INT64_C(1) << 53
           ? value : -1;
}


int64_t
agent_cgroup_oom_kills(void)
{
    static int  fd = -2;

    if (fd == -2) {
        fd = agent_cgroup_open();
    }

    return fd == -1 ? -1 : agent_cgroup_oom_kills_read(fd);
}


int64_t
agent_cgroup_oom_kills_read(int fd)
{
    char     buf[1024], *p;
    ssize_t  n;

    n = pread(fd, buf, sizeof(buf) - 1, 0);

    if (n <= 0) {
        return -1;
    }

    buf[n] = '\0';

    /* "oom_kill 3", among other lines, in both versions */

    for (p = buf; p; p = strchr(p, '\n')) {
        p += (*p == '\n');

        if (strncmp(p, "oom_kill ", 9) == 0) {
            return strtoll(p + 9, NULL, 10);
        }
    }

    return -1;
}


/* ignore a file of that name that is not from the kernel */

static int
agent_cgroup_open(void)
{
    int             fd;
    size_t          i;
    struct statfs   fs;

    static const struct {
        const char  *path;
        long         type;
    } files[] = {
        { "/sys/fs/cgroup/memory.events", AGENT_CGROUP_V2 },
        { "/sys/fs/cgroup/memory/memory.oom_control", AGENT_CGROUP_V1 }
    };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {

        fd = open(files[i].path, O_RDONLY|O_CLOEXEC|O_NOCTTY|O_NONBLOCK);

        if (fd == -1) {
            continue;
        }

        if (fstatfs(fd, &fs) == 0 && fs.f_type == files[i].type) {
            return fd;
        }

        close(fd);
    }

    return -1;
}
