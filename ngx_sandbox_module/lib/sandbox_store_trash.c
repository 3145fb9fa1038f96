
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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_fault.h"
#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_trash.h"


#define SANDBOX_TRASH_LEN    sizeof(".trash-")


int
sandbox_store_trash(sandbox_store_t *store, const char *id, const char *run)
{
    int   state;
    char  own[SANDBOX_RANDOM_LEN + 1];
    char  name[SANDBOX_TRASH_LEN + SANDBOX_RANDOM_LEN];

    state = sandbox_store_fd(store);

    if (sandbox_store_run(store, id, own) == -1) {
        return -1;
    }

    if (strcmp(own, run) != 0) {
        errno = ENOENT;
        return -1;
    }

    (void) snprintf(name, sizeof(name), ".trash-%s", run);

    if (renameat2(state, id, state, name, RENAME_NOREPLACE) == -1) {
        return -1;
    }

    sandbox_fault("trash.renamed");

    /* what was destroyed must not come back after a loss of power */

    return fsync(state);
}


int
sandbox_store_delete(sandbox_store_t *store, const char *run)
{
    char  name[SANDBOX_TRASH_LEN + SANDBOX_RANDOM_LEN];

    if (!sandbox_store_run_valid(run, strlen(run))) {
        errno = EINVAL;
        return -1;
    }

    (void) snprintf(name, sizeof(name), ".trash-%s", run);

    return sandbox_store_dir_remove(sandbox_store_fd(store), name, run);
}


int
sandbox_store_dir_remove(int state, const char *name, const char *run)
{
    int   dir, rc;
    char  path[sizeof(".run/") + SANDBOX_RANDOM_LEN];

    /* the sockets first: as long as the rest is there, a sweep sees it */

    (void) snprintf(path, sizeof(path), ".run/%s", run);

    if (sandbox_file_rmdir(state, path) == -1) {
        return -1;
    }

    sandbox_fault("delete.run");

    dir = sandbox_file_dir(state, name);
    if (dir == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    rc = sandbox_file_rmdir(dir, "ports");

    if (rc == -1) {
        return sandbox_file_close_error(dir);
    }

    close(dir);

    sandbox_fault("delete.ports");

    return sandbox_file_rmdir(state, name);
}
