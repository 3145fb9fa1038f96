
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/cgroup.h"


/*
 * A container sees its own control group, read-only, at the same place in
 * either version of them; the names of the files differ.
 */


#define AGENT_USAGE_FILE  8192


static int64_t agent_usage_number(const char *root, const char *name,
    const char *field);


void
agent_usage(agent_usage_t *usage, const char *root)
{
    int64_t  cache, cpu;

    usage->memory = agent_usage_number(root, "memory.current", NULL);

    if (usage->memory != -1) {
        cache = agent_usage_number(root, "memory.stat", "inactive_file");
        usage->pids = agent_usage_number(root, "pids.current", NULL);
        cpu = agent_usage_number(root, "cpu.stat", "usage_usec");
        usage->cpu_ms = (cpu == -1) ? -1 : cpu / 1000;

    } else {
        usage->memory = agent_usage_number(root,
                                           "memory/memory.usage_in_bytes",
                                           NULL);
        cache = agent_usage_number(root, "memory/memory.stat",
                                   "total_inactive_file");
        usage->pids = agent_usage_number(root, "pids/pids.current", NULL);
        cpu = agent_usage_number(root, "cpuacct/cpuacct.usage", NULL);
        usage->cpu_ms = (cpu == -1) ? -1 : cpu / 1000000;
    }

    if (usage->memory != -1 && cache > 0) {
        usage->memory = (cache < usage->memory) ? usage->memory - cache : 0;
    }
}


/* a file's number, or that of its line which begins with field; or -1 */

static int64_t
agent_usage_number(const char *root, const char *name, const char *field)
{
    int       fd;
    char      path[256], text[AGENT_USAGE_FILE], *p, *end;
    size_t    n, len;
    ssize_t   rc;
    int64_t   value;

    (void) snprintf(path, sizeof(path), "%s/%s", root, name);

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);
    if (fd == -1) {
        return -1;
    }

    /* a file of the kernel's says that it has no length */

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

    return (*end == '\n' || *end == '\0') && value < INT64_C(1) << 53
           ? value : -1;
}
