
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
#include <unistd.h>

#include "sandbox_dir.h"
#include "sandbox_file.h"


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
    int          fd, rc;
    char         path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    fd = sandbox_file_open(sandbox_store_fd(store), path, &st);
    if (fd == -1) {
        return -1;
    }

    rc = 0;

    if (flock(fd, LOCK_SH|LOCK_NB) == -1) {

        if (errno != EWOULDBLOCK) {
            return sandbox_file_close_error(fd);
        }

        rc = 1;
    }

    close(fd);

    return rc;
}


int64_t
sandbox_store_turned(sandbox_store_t *store, const char *id)
{
    char         path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    if (fstatat(sandbox_store_fd(store), path, &st, AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return -1;
    }

    return (int64_t) st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}


int
sandbox_store_turn(sandbox_store_t *store, const char *id)
{
    char  path[SANDBOX_ID_MAX + sizeof("/lock")];

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    return utimensat(sandbox_store_fd(store), path, NULL,
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
