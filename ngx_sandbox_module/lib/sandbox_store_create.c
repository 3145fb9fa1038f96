
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/sandbox_fault.h"
#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_create.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_pool.h"


#define SANDBOX_CREATE_TRIES  8


static int sandbox_create(sandbox_store_t *store, const char *id,
    const char *made, sandbox_spec_t *spec);
static int sandbox_create_directory(int state, char *name, size_t size,
    char *run);
static int sandbox_create_files(sandbox_store_t *store, int dir,
    const char *run, sandbox_spec_t *spec);


int
sandbox_store_create(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec)
{
    struct stat  st;

    spec->run[0] = '\0';

    /* fail early if the id is already taken */

    if (fstatat(sandbox_store_fd(store), id, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }

    if (errno != ENOENT) {
        return -1;
    }

    return sandbox_create(store, id, NULL, spec);
}


int
sandbox_store_create_warm(sandbox_store_t *store, const char *made,
    sandbox_spec_t *spec)
{
    return sandbox_create(store, NULL, made, spec);
}


/* id NULL: for the pool, made as that describes */

static int
sandbox_create(sandbox_store_t *store, const char *id, const char *made,
    sandbox_spec_t *spec)
{
    int              dir, err, state;
    char             name[sizeof(".new-") + SANDBOX_RANDOM_LEN];
    struct timespec  now;

    state = sandbox_store_fd(store);
    spec->run[0] = '\0';

    if (clock_gettime(CLOCK_REALTIME, &now) == -1) {
        return -1;
    }

    dir = sandbox_create_directory(state, name, sizeof(name), spec->run);
    if (dir == -1) {
        goto failed;
    }

    sandbox_fault("create.directory");

    if (id) {
        (void) snprintf(spec->id, sizeof(spec->id), "%s", id);

    } else {
        sandbox_store_pool_name(spec->run, spec->id);
    }

    spec->generation = 1;
    spec->created_ms = (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;

    if (sandbox_create_files(store, dir, spec->run, spec) == -1
        || (made && symlinkat(made, dir, SANDBOX_STORE_POOL_MADE) == -1)
        || renameat2(state, name, state, spec->id, RENAME_NOREPLACE) == -1)
    {
        err = errno;
        (void) sandbox_store_dir_remove(state, name, spec->run);
        errno = err;

        goto failed;
    }

    sandbox_fault("create.named");

    close(dir);

    return 0;

failed:

    err = errno;

    if (dir != -1) {
        close(dir);
    }

    spec->run[0] = '\0';

    errno = err;

    return -1;
}


/* creates an empty directory, locked while it is being built */

static int
sandbox_create_directory(int state, char *name, size_t size, char *run)
{
    int       dir;
    unsigned  tries;

    for (tries = 0; tries < SANDBOX_CREATE_TRIES; tries++) {

        if (sandbox_name_random(run) == -1) {
            return -1;
        }

        (void) snprintf(name, size, ".new-%s", run);

        if (mkdirat(state, name, 0700) == -1) {
            if (errno == EEXIST) {
                continue;
            }

            return -1;
        }

        dir = sandbox_file_dir(state, name);

        if (dir == -1) {
            if (errno == ENOENT) {
                continue;
            }

            (void) sandbox_store_dir_remove(state, name, run);

            return -1;
        }

        if (flock(dir, LOCK_EX|LOCK_NB) == 0
            && sandbox_file_same(state, name, dir))
        {
            return dir;
        }

        /* a sweep has taken the lock first and removes it */

        close(dir);
    }

    errno = EAGAIN;

    return -1;
}


int
sandbox_store_create_run(sandbox_store_t *store, const char *run)
{
    int   state;
    char  path[sizeof(".run/") + SANDBOX_RANDOM_LEN];

    state = sandbox_store_fd(store);

    (void) snprintf(path, sizeof(path), ".run/%s", run);

    if (sandbox_store_dir_make(state, path, 0711, NULL) == 0) {
        return 0;
    }

    if (errno != ENOENT
        || sandbox_store_dir_make(state, ".run", 0711, NULL) == -1)
    {
        return -1;
    }

    return sandbox_store_dir_make(state, path, 0711, NULL);
}


static int
sandbox_create_files(sandbox_store_t *store, int dir, const char *run,
    sandbox_spec_t *spec)
{
    int    fd, rc, err;
    char  *text, path[sizeof(SANDBOX_STORE_DIR_LINK) + SANDBOX_RANDOM_LEN];

    if (sandbox_store_create_run(store, run) == -1) {
        return -1;
    }

    sandbox_fault("create.run");

    (void) snprintf(path, sizeof(path), SANDBOX_STORE_DIR_LINK "%s", run);

    if (mkdirat(dir, "ports", 0700) == -1
        || symlinkat(path, dir, "run") == -1)
    {
        return -1;
    }

    fd = openat(dir, "lock", O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
                0600);
    if (fd == -1) {
        return -1;
    }

    close(fd);

    sandbox_fault("create.lock");

    text = sandbox_spec_format(spec);
    if (text == NULL) {
        return -1;
    }

    rc = sandbox_file_make(dir, "spec.json", text, strlen(text));

    err = errno;
    free(text);
    errno = err;

    sandbox_fault("create.spec");

    return rc;
}
