
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
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_lifetime.h"
#include "lib/sandbox_store_pool.h"
#include "lib/sandbox_store_trash.h"


#define SANDBOX_POOL_PREFIX  ".pool-"
#define SANDBOX_POOL_CLAIM   ".claim-"

/* options of the pool have generation 1 */
#define SANDBOX_POOL_GENERATION  2


static int sandbox_pool_give(sandbox_store_t *store, int dir,
    const char *claim, const char *id, sandbox_spec_t *spec);


void
sandbox_store_pool_name(const char *run, char id[SANDBOX_ID_MAX + 1])
{
    (void) snprintf(id, SANDBOX_ID_MAX + 1, SANDBOX_POOL_PREFIX "%s", run);
}


int
sandbox_store_pool_is(const char *id)
{
    return strncmp(id, SANDBOX_POOL_PREFIX, sizeof(SANDBOX_POOL_PREFIX) - 1)
           == 0;
}


int
sandbox_store_pool_made(sandbox_store_t *store, const char *run,
    char made[SANDBOX_STORE_POOL_TEXT + 1])
{
    char     path[sizeof(SANDBOX_POOL_PREFIX "/" SANDBOX_STORE_POOL_MADE)
                  + SANDBOX_RANDOM_LEN];
    ssize_t  n;

    (void) snprintf(path, sizeof(path),
                    SANDBOX_POOL_PREFIX "%s/" SANDBOX_STORE_POOL_MADE, run);

    n = readlinkat(sandbox_store_fd(store), path, made,
                   SANDBOX_STORE_POOL_TEXT + 1);

    if (n == -1) {

        if (errno != ENOENT) {
            return -1;
        }

        path[sizeof(SANDBOX_POOL_PREFIX) - 1 + SANDBOX_RANDOM_LEN] = '\0';

        errno = faccessat(sandbox_store_fd(store), path, F_OK,
                          AT_SYMLINK_NOFOLLOW)
                == 0 ? EBADMSG : ENOENT;
        return -1;
    }

    if (n > SANDBOX_STORE_POOL_TEXT) {
        errno = EBADMSG;
        return -1;
    }

    made[n] = '\0';

    return 0;
}


int
sandbox_store_pool_claim(sandbox_store_t *store, const char *run,
    const char *id, sandbox_spec_t *spec)
{
    int          dir, err, state;
    char         name[SANDBOX_ID_MAX + 1];
    char         claim[sizeof(SANDBOX_POOL_CLAIM) + SANDBOX_RANDOM_LEN];
    struct stat  st;

    state = sandbox_store_fd(store);
    spec->run[0] = '\0';

    sandbox_store_pool_name(run, name);
    (void) snprintf(claim, sizeof(claim), SANDBOX_POOL_CLAIM "%s", run);

    /* fail early, without the loss of a warm sandbox */

    if (fstatat(state, id, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }

    dir = sandbox_file_dir(state, name);
    if (dir == -1) {
        return -1;
    }

    /* the lock is held until it has its id: the sweep looks at it */

    if (flock(dir, LOCK_EX|LOCK_NB) == -1
        || renameat2(state, name, state, claim, RENAME_NOREPLACE) == -1)
    {
        if (errno == EWOULDBLOCK || errno == EEXIST) {
            errno = ENOENT;
        }

        return sandbox_file_close_error(dir);
    }

    sandbox_fault("claim.taken");

    memcpy(spec->run, run, sizeof(spec->run));

    if (sandbox_pool_give(store, dir, claim, id, spec) == -1) {
        err = errno;
        (void) sandbox_store_trash(store, claim, run);
        errno = err;

        return sandbox_file_close_error(dir);
    }

    sandbox_fault("claim.named");

    close(dir);

    return 0;
}


static int
sandbox_pool_give(sandbox_store_t *store, int dir, const char *claim,
    const char *id, sandbox_spec_t *spec)
{
    int              rc, err;
    char            *text;
    struct stat      st;
    struct timespec  now;

    if (clock_gettime(CLOCK_REALTIME, &now) == -1) {
        return -1;
    }

    (void) snprintf(spec->id, sizeof(spec->id), "%s", id);

    spec->generation = SANDBOX_POOL_GENERATION;
    spec->created_ms = (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;

    text = sandbox_spec_format(spec);
    if (text == NULL) {
        return -1;
    }

    rc = sandbox_file_replace(dir, "spec.json", text, strlen(text), &st);

    err = errno;
    free(text);
    errno = err;

    if (rc == -1
        || sandbox_store_lifetime_started(store, claim) == -1
        || (unlinkat(dir, SANDBOX_STORE_POOL_MADE, 0) == -1
            && errno != ENOENT))
    {
        return -1;
    }

    sandbox_fault("claim.spec");

    return renameat2(sandbox_store_fd(store), claim, sandbox_store_fd(store),
                     id, RENAME_NOREPLACE);
}


int
sandbox_store_pool_discard(sandbox_store_t *store, const char *run)
{
    char  name[SANDBOX_ID_MAX + 1];

    sandbox_store_pool_name(run, name);

    return sandbox_store_trash(store, name, run);
}


int
sandbox_store_pool_abandoned(sandbox_store_t *store, const char *name)
{
    int          dir, rc;
    const char  *run;

    run = sandbox_store_dir_suffix(name);

    dir = sandbox_file_dir(sandbox_store_fd(store), name);
    if (dir == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    rc = 0;

    /* unless its process has just given it its id */

    if (flock(dir, LOCK_EX|LOCK_NB) == 0
        && sandbox_file_same(sandbox_store_fd(store), name, dir))
    {
        rc = sandbox_store_trash(store, name, run) == 0 ? 1 : -1;
    }

    if (rc == -1) {
        return sandbox_file_close_error(dir);
    }

    close(dir);

    return rc;
}


int
sandbox_store_pool_each(sandbox_store_t *store,
    int (*handler)(void *data, const char *run), void *data)
{
    int             rc, err;
    DIR            *list;
    struct dirent  *entry;

    list = sandbox_store_list(store);
    if (list == NULL) {
        return -1;
    }

    while ((rc = sandbox_file_next(list, &entry)) == 1) {

        if (sandbox_store_pool_is(entry->d_name)
            && sandbox_store_dir_suffix(entry->d_name)
            && handler(data, sandbox_store_dir_suffix(entry->d_name)))
        {
            rc = 0;
            break;
        }
    }

    err = errno;
    closedir(list);
    errno = err;

    return rc;
}
