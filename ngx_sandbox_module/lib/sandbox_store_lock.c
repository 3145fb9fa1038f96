
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_file.h"


#define SANDBOX_LOCK_TRIES  8


int
sandbox_store_lock(sandbox_store_t *store, const char *id)
{
    int          fd;
    char         path[SANDBOX_ID_MAX + sizeof("/lock")];
    unsigned     tries;
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    for (tries = 0; tries < SANDBOX_LOCK_TRIES; tries++) {

        fd = sandbox_file_open(sandbox_store_fd(store), path, &st);
        if (fd == -1) {
            return -1;
        }

        if (flock(fd, LOCK_EX|LOCK_NB) == -1) {
            return sandbox_file_close_error(fd);
        }

        /* the id may have passed to another directory before we had it */

        if (sandbox_file_same(sandbox_store_fd(store), path, fd)) {
            return fd;
        }

        close(fd);
    }

    errno = EWOULDBLOCK;

    return -1;
}


int
sandbox_store_locked(sandbox_store_t *store, const char *id)
{
    int          fd;
    char         path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    fd = sandbox_file_open(sandbox_store_fd(store), path, &st);
    if (fd == -1) {
        return -1;
    }

    return sandbox_file_locked(fd);
}


int64_t
sandbox_store_turned(sandbox_store_t *store, const char *id, int *ended)
{
    char             path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat      st;
    struct timespec  t;

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    if (fstatat(sandbox_store_fd(store), path, &st, AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return -1;
    }

    t = st.st_mtim;

    *ended = (st.st_atim.tv_sec > t.tv_sec
              || (st.st_atim.tv_sec == t.tv_sec
                  && st.st_atim.tv_nsec >= t.tv_nsec));

    if (*ended) {
        t = st.st_atim;
    }

    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}


int
sandbox_store_started(sandbox_store_t *store, const char *id)
{
    char             path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct timespec  times[2];

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    /* the file system's own now may lag behind an end noted before */

    if (clock_gettime(CLOCK_REALTIME, &times[1]) == -1) {
        return -1;
    }

    times[0].tv_sec = 0;
    times[0].tv_nsec = 0;

    return utimensat(sandbox_store_fd(store), path, times,
                     AT_SYMLINK_NOFOLLOW);
}


int
sandbox_store_ended(sandbox_store_t *store, const char *id, int64_t ms)
{
    char             path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat      st;
    struct timespec  times[2];

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    if (fstatat(sandbox_store_fd(store), path, &st, AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return -1;
    }

    times[0].tv_sec = ms / 1000;
    times[0].tv_nsec = (ms % 1000) * 1000000;
    times[1].tv_sec = 0;
    times[1].tv_nsec = UTIME_OMIT;

    if (times[0].tv_sec < st.st_mtim.tv_sec
        || (times[0].tv_sec == st.st_mtim.tv_sec
            && times[0].tv_nsec < st.st_mtim.tv_nsec))
    {
        times[0] = st.st_mtim;
    }

    return utimensat(sandbox_store_fd(store), path, times,
                     AT_SYMLINK_NOFOLLOW);
}


int
sandbox_store_elect(sandbox_store_t *store)
{
    int  fd;

    fd = sandbox_file_dir(sandbox_store_fd(store), ".");
    if (fd == -1) {
        return -1;
    }

    if (flock(fd, LOCK_EX|LOCK_NB) == -1) {
        return sandbox_file_close_error(fd);
    }

    return fd;
}
