
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/oom.h"


#define AGENT_CGROUP_V1  0x27e0eb      /* as statfs() tells it */
#define AGENT_CGROUP_V2  0x63677270


static int agent_cgroup_open(void);


int64_t
agent_cgroup_oom_kills(void)
{
    char     buf[1024], *p;
    ssize_t  n;

    static int  fd = -2;

    if (fd == -2) {
        fd = agent_cgroup_open();
    }

    if (fd == -1) {
        return -1;
    }

    n = pread(fd, buf, sizeof(buf) - 1, 0);

    if (n <= 0) {
        return -1;
    }

    buf[n] = '\0';

    /* "oom_kill 3" in both versions, among other lines */

    for (p = buf; p; p = strchr(p, '\n')) {
        p += (*p == '\n');

        if (strncmp(p, "oom_kill ", 9) == 0) {
            return strtoll(p + 9, NULL, 10);
        }
    }

    return -1;
}


/* a file of that name that is not the kernel's says nothing */

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
