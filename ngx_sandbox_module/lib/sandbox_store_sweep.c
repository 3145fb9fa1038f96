
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_owner.h"
#include "lib/sandbox_store_pool.h"
#include "lib/sandbox_store_sweep.h"


static int sandbox_sweep_new(int state, const char *name);
static int sandbox_sweep_instance(int state, const char *name);
static int sandbox_sweep_held(int state, const char *name);
static int sandbox_sweep_run(sandbox_store_t *store, char *unreadable);


int
sandbox_store_sweep(sandbox_store_t *store,
    int (*trash)(void *data, const char *run), void *data,
    char unreadable[SANDBOX_ID_MAX + 1])
{
    int             rc, err, state, stop;
    DIR            *dir;
    const char     *run;
    struct dirent  *entry;

    state = sandbox_store_fd(store);

    dir = sandbox_file_list(state, ".");
    if (dir == NULL) {
        return -1;
    }

    err = 0;
    stop = 0;
    unreadable[0] = '\0';

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        run = sandbox_store_dir_suffix(entry->d_name);
        if (run == NULL) {
            continue;
        }

        if (strncmp(entry->d_name, ".new-", 5) == 0) {
            rc = sandbox_sweep_new(state, entry->d_name);

        } else if (strncmp(entry->d_name, ".instance-", 10) == 0) {
            rc = sandbox_sweep_instance(state, entry->d_name);

        } else if (strncmp(entry->d_name, ".claim-", 7) == 0 && !stop) {
            rc = sandbox_store_pool_abandoned(store, entry->d_name);

            if (rc == 1) {
                stop = trash(data, run);
            }

        } else if (strncmp(entry->d_name, ".trash-", 7) == 0 && !stop) {
            rc = sandbox_sweep_held(state, entry->d_name);

            if (rc == 0) {
                stop = trash(data, run);
            }
        }

        if (rc == -1) {
            err = errno;
        }
    }

    if (rc == -1) {
        err = errno;
    }

    closedir(dir);

    if (sandbox_sweep_run(store, unreadable) == -1) {
        err = errno;
    }

    errno = err;

    return err ? -1 : 0;
}


static int
sandbox_sweep_new(int state, const char *name)
{
    int  dir, rc;

    dir = sandbox_file_dir(state, name);
    if (dir == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    rc = 0;

    /* unless its creator has renamed it: then it is a sandbox */

    if (flock(dir, LOCK_EX|LOCK_NB) == 0
        && sandbox_file_same(state, name, dir))
    {
        rc = sandbox_store_dir_remove(state, name,
                                      sandbox_store_dir_suffix(name));
    }

    if (rc == -1) {
        return sandbox_file_close_error(dir);
    }

    close(dir);

    return 0;
}


/* its creator, if alive, creates another one */

static int
sandbox_sweep_instance(int state, const char *name)
{
    if (unlinkat(state, name, 0) == -1 && errno != ENOENT) {
        return -1;
    }

    return 0;
}


/* 1 if locked, 0, or -1 */

static int
sandbox_sweep_held(int state, const char *name)
{
    int          fd;
    char         path[NAME_MAX + sizeof("/lock")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/lock", name);

    fd = sandbox_file_open(state, path, &st);

    if (fd == -1) {

        /* partially deleted or damaged: to be deleted in either case */

        return errno == ENOENT || errno == EBADMSG || errno == ENOTDIR ? 0
                                                                       : -1;
    }

    return sandbox_file_locked(fd);
}


/* orphaned directories in .run, left by an interrupted deletion */

static int
sandbox_sweep_run(sandbox_store_t *store, char *unreadable)
{
    int                          rc, err;
    DIR                         *dir;
    char                         path[sizeof(".run/") + SANDBOX_RANDOM_LEN];
    size_t                       i;
    struct dirent               *entry;
    sandbox_store_owner_list_t   list;

    memset(&list, 0, sizeof(sandbox_store_owner_list_t));

    dir = sandbox_file_list(sandbox_store_fd(store), ".run");
    if (dir == NULL) {
        return -1;
    }

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        if (sandbox_store_dir_run_valid(entry->d_name, strlen(entry->d_name))
            && sandbox_store_owner_add(&list, entry->d_name) == -1)
        {
            rc = -1;
            break;
        }
    }

    err = errno;
    closedir(dir);
    errno = err;

    if (rc != -1) {
        rc = sandbox_store_owner_strike(store, &list);

        if (rc == -1) {
            (void) strcpy(unreadable, list.unreadable);
        }
    }

    for (i = 0; rc != -1 && i < list.n; i++) {
        (void) snprintf(path, sizeof(path), ".run/%s", list.runs[i]);

        rc = sandbox_file_rmdir(sandbox_store_fd(store), path);
    }

    sandbox_store_owner_free(&list);

    return rc == -1 ? -1 : 0;
}
