
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_sweep.h"


typedef char  sandbox_run_t[SANDBOX_RANDOM_LEN + 1];


typedef struct {
    sandbox_run_t  *runs;
    size_t          n;
    size_t          size;
} sandbox_runs_t;


static int sandbox_sweep_new(int state, const char *name);
static int sandbox_sweep_instance(int state, const char *name);
static int sandbox_sweep_held(int state, const char *name);
static int sandbox_sweep_run(int state);
static int sandbox_sweep_strike(int state, sandbox_runs_t *list);
static const char *sandbox_sweep_suffix(const char *name);
static int sandbox_runs_add(sandbox_runs_t *list, const char *run);
static int sandbox_runs_compare(const void *a, const void *b);


int
sandbox_store_sweep(sandbox_store_t *store,
    int (*trash)(void *data, const char *run), void *data)
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

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        run = sandbox_sweep_suffix(entry->d_name);
        if (run == NULL) {
            continue;
        }

        if (strncmp(entry->d_name, ".new-", 5) == 0) {
            rc = sandbox_sweep_new(state, entry->d_name);

        } else if (strncmp(entry->d_name, ".instance-", 10) == 0) {
            rc = sandbox_sweep_instance(state, entry->d_name);

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

    if (sandbox_sweep_run(state) == -1) {
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
        rc = sandbox_store_dir_remove(state, name, sandbox_sweep_suffix(name));
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


/*
 * Orphaned directories in .run, left by an interrupted deletion.  A run
 * belongs to .new-<run>, then to the id, then to .trash-<run>, and .run/<run>
 * is created after the first and removed before the last.  A scan of a
 * directory may miss an entry that is renamed meanwhile.  As a run is renamed
 * only twice, it may be missed by the first and the second scan, but not by a
 * third.
 */

static int
sandbox_sweep_run(int state)
{
    int              rc, err;
    DIR             *dir;
    char             path[sizeof(".run/") + SANDBOX_RANDOM_LEN];
    size_t           i;
    unsigned         walks;
    struct dirent   *entry;
    sandbox_runs_t   list;

    memset(&list, 0, sizeof(sandbox_runs_t));

    dir = sandbox_file_list(state, ".run");
    if (dir == NULL) {
        return -1;
    }

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        if (sandbox_store_dir_run_valid(entry->d_name, strlen(entry->d_name))
            && sandbox_runs_add(&list, entry->d_name) == -1)
        {
            rc = -1;
            break;
        }
    }

    err = errno;
    closedir(dir);
    errno = err;

    for (walks = 0; rc != -1 && list.n && walks < 3; walks++) {
        rc = sandbox_sweep_strike(state, &list);
    }

    for (i = 0; rc != -1 && i < list.n; i++) {
        (void) snprintf(path, sizeof(path), ".run/%s", list.runs[i]);

        rc = sandbox_file_rmdir(state, path);
    }

    err = errno;
    free(list.runs);
    errno = err;

    return rc == -1 ? -1 : 0;
}


/* removes from the list those that have an owner */

static int
sandbox_sweep_strike(int state, sandbox_runs_t *list)
{
    int             rc, err;
    DIR            *dir;
    char            path[NAME_MAX + sizeof("/run")];
    size_t          i, n;
    const char     *run;
    sandbox_run_t   link, *found;
    struct dirent  *entry;

    qsort(list->runs, list->n, sizeof(sandbox_run_t), sandbox_runs_compare);

    dir = sandbox_file_list(state, ".");
    if (dir == NULL) {
        return -1;
    }

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        run = sandbox_sweep_suffix(entry->d_name);

        if (run == NULL
            && sandbox_name_id_valid(entry->d_name, strlen(entry->d_name)))
        {
            (void) snprintf(path, sizeof(path), "%s/run", entry->d_name);

            if (sandbox_store_dir_link(state, path, link) == 0) {
                run = link;

            } else if (errno != ENOENT && errno != ENOTDIR
                       && errno != EBADMSG)
            {
                rc = -1;
                break;
            }
        }

        if (run == NULL) {
            continue;
        }

        found = bsearch(run, list->runs, list->n, sizeof(sandbox_run_t),
                        sandbox_runs_compare);
        if (found) {

            /* keeps the list sorted */

            (*found)[SANDBOX_RANDOM_LEN] = '+';
        }
    }

    err = errno;
    closedir(dir);
    errno = err;

    n = 0;

    for (i = 0; i < list->n; i++) {
        if (list->runs[i][SANDBOX_RANDOM_LEN] == '\0') {
            memmove(list->runs[n++], list->runs[i], sizeof(sandbox_run_t));
        }
    }

    list->n = n;

    return rc;
}


/* the run in ".new-<run>" or ".trash-<run>", or NULL */

static const char *
sandbox_sweep_suffix(const char *name)
{
    const char  *run;

    if (name[0] != '.') {
        return NULL;
    }

    run = strchr(name, '-');

    if (run == NULL || !sandbox_store_dir_run_valid(run + 1, strlen(run + 1))) {
        return NULL;
    }

    return run + 1;
}


static int
sandbox_runs_add(sandbox_runs_t *list, const char *run)
{
    size_t          size;
    sandbox_run_t  *runs;

    if (list->n == list->size) {
        size = list->size ? list->size * 2 : 64;

        runs = realloc(list->runs, size * sizeof(sandbox_run_t));
        if (runs == NULL) {
            return -1;
        }

        list->runs = runs;
        list->size = size;
    }

    memcpy(list->runs[list->n++], run, sizeof(sandbox_run_t));

    return 0;
}


static int
sandbox_runs_compare(const void *a, const void *b)
{
    return memcmp(a, b, SANDBOX_RANDOM_LEN);
}
