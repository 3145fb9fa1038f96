
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_store.h"
#include "lib/sandbox_store_clock.h"


#define SANDBOX_CLOCK_FILE  ".clock"


int64_t
sandbox_store_clock_read(sandbox_store_t *store)
{
    struct stat  st;

    if (fstatat(sandbox_store_fd(store), SANDBOX_CLOCK_FILE, &st,
                AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return errno == ENOENT ? 0 : -1;
    }

    return (int64_t) st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}


int
sandbox_store_clock_write(sandbox_store_t *store, int64_t ms)
{
    int              fd, state;
    struct timespec  times[2];

    state = sandbox_store_fd(store);

    times[0].tv_sec = ms / 1000;
    times[0].tv_nsec = (ms % 1000) * 1000000;
    times[1] = times[0];

    if (utimensat(state, SANDBOX_CLOCK_FILE, times, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }

    if (errno != ENOENT) {
        return -1;
    }

    fd = openat(state, SANDBOX_CLOCK_FILE,
                O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd != -1) {
        close(fd);

    } else if (errno != EEXIST) {
        return -1;
    }

    return utimensat(state, SANDBOX_CLOCK_FILE, times, AT_SYMLINK_NOFOLLOW);
}
