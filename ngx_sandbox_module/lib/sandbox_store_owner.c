
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_owner.h"


/*
 * A run belongs to .new-<run>, .pool-<run>, .claim-<run>, the id, and
 * .trash-<run>, in that order.  A scan of a directory may miss an entry that is
 * renamed meanwhile.  As a run is renamed four times at most, it may be missed
 * by four scans, but not by a fifth.
 */


#define SANDBOX_OWNER_WALKS  5


typedef struct {
    const char  *id;
    const char  *run;
    int          state;
} sandbox_owner_other_t;


static int sandbox_owner_walk(int state, sandbox_store_owner_list_t *list);
static int sandbox_owner_link(int state, const char *name,
    sandbox_store_owner_run_t link);
static int sandbox_owner_is_other(void *data, const char *id);
static int sandbox_owner_compare(const void *a, const void *b);


int
sandbox_store_owner_add(sandbox_store_owner_list_t *list, const char *run)
{
    size_t                      size;
    sandbox_store_owner_run_t  *runs;

    if (!sandbox_store_dir_run_valid(run, strlen(run))) {
        errno = EINVAL;
        return -1;
    }

    if (list->n == list->size) {
        size = list->size ? list->size * 2 : 64;

        runs = realloc(list->runs, size * sizeof(sandbox_store_owner_run_t));
        if (runs == NULL) {
            return -1;
        }

        list->runs = runs;
        list->size = size;
    }

    memcpy(list->runs[list->n++], run, sizeof(sandbox_store_owner_run_t));

    return 0;
}


void
sandbox_store_owner_free(sandbox_store_owner_list_t *list)
{
    int  err;

    err = errno;
    free(list->runs);
    errno = err;

    list->runs = NULL;
    list->n = 0;
    list->size = 0;
}


int
sandbox_store_owner_strike(sandbox_store_t *store,
    sandbox_store_owner_list_t *list)
{
    size_t    i, n;
    unsigned  walks;

    if (list->n == 0) {
        return 0;
    }

    qsort(list->runs, list->n, sizeof(sandbox_store_owner_run_t),
          sandbox_owner_compare);

    /* two containers may have the label of one run */

    for (i = 0, n = 0; i < list->n; i++) {
        if (n == 0
            || sandbox_owner_compare(list->runs[n - 1], list->runs[i]) != 0)
        {
            memmove(list->runs[n++], list->runs[i],
                    sizeof(sandbox_store_owner_run_t));
        }
    }

    list->n = n;

    for (walks = 0; list->n && walks < SANDBOX_OWNER_WALKS; walks++) {

        if (sandbox_owner_walk(sandbox_store_fd(store), list) == -1) {
            return -1;
        }
    }

    return 0;
}


static int
sandbox_owner_walk(int state, sandbox_store_owner_list_t *list)
{
    int                         rc, err;
    DIR                        *dir;
    size_t                      i, n;
    const char                 *run;
    struct dirent              *entry;
    sandbox_store_owner_run_t   link, *found;

    dir = sandbox_file_list(state, ".");
    if (dir == NULL) {
        return -1;
    }

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        run = sandbox_store_dir_suffix(entry->d_name);

        if (run == NULL
            && sandbox_name_id_valid(entry->d_name, strlen(entry->d_name)))
        {
            rc = sandbox_owner_link(state, entry->d_name, link);

            if (rc == -1) {
                (void) strcpy(list->unreadable, entry->d_name);
                break;
            }

            run = rc ? link : NULL;
        }

        if (run == NULL) {
            continue;
        }

        found = bsearch(run, list->runs, list->n,
                        sizeof(sandbox_store_owner_run_t),
                        sandbox_owner_compare);
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
            memmove(list->runs[n++], list->runs[i],
                    sizeof(sandbox_store_owner_run_t));
        }
    }

    list->n = n;

    return rc;
}


/* 1: the run of a directory; 0: it has none; or -1 */

static int
sandbox_owner_link(int state, const char *name, sandbox_store_owner_run_t link)
{
    int          err;
    char         path[SANDBOX_ID_MAX + sizeof("/run")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/run", name);

    if (sandbox_store_dir_link(state, path, link) == 0) {
        return 1;
    }

    if (errno == ENOENT || errno == ENOTDIR || errno == EBADMSG) {
        return 0;
    }

    /* a directory without a subdirectory has no ports, and is no sandbox */

    err = errno;

    if (fstatat(state, name, &st, AT_SYMLINK_NOFOLLOW) == 0
        && st.st_nlink == 2)
    {
        return 0;
    }

    errno = err;

    return -1;
}


int
sandbox_store_owner_adopt(sandbox_store_t *store, const char *id)
{
    int                    rc;
    sandbox_spec_t         spec;
    sandbox_owner_other_t  other;

    if (sandbox_store_read(store, id, &spec) == -1) {
        return -1;
    }

    if (spec.id[0]) {
        sandbox_spec_free(&spec);
        return 0;
    }

    other.id = id;
    other.run = spec.run;
    other.state = sandbox_store_fd(store);

    rc = sandbox_store_each(store, sandbox_owner_is_other, &other);

    if (rc == 0 && other.id == NULL) {
        errno = ENOTUNIQ;
        rc = -1;
    }

    if (rc == 0) {
        rc = sandbox_store_replace(store, id, &spec);
    }

    sandbox_spec_free(&spec);

    return rc;
}


static int
sandbox_owner_is_other(void *data, const char *id)
{
    sandbox_owner_other_t *other = data;

    sandbox_store_owner_run_t  link;

    if (strcmp(id, other->id) != 0
        && sandbox_owner_link(other->state, id, link) == 1
        && strcmp(link, other->run) == 0)
    {
        other->id = NULL;
        return 1;
    }

    return 0;
}


static int
sandbox_owner_compare(const void *a, const void *b)
{
    return memcmp(a, b, SANDBOX_RANDOM_LEN);
}
