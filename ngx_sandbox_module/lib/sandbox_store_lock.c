
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

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lock.h"


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

        /* the id may have been reassigned before we got the lock */

        if (sandbox_file_same(sandbox_store_fd(store), path, fd)) {
            return fd;
        }

        close(fd);
    }

    errno = EWOULDBLOCK;

    return -1;
}


int
sandbox_store_lock_held(sandbox_store_t *store, const char *id)
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


int
sandbox_store_lock_elect(sandbox_store_t *store)
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
