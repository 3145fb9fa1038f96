
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/sandbox_fault.h"
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

    /* a destroyed sandbox must not reappear after a power failure */

    return fsync(state);
}


int
sandbox_store_trash_delete(sandbox_store_t *store, const char *run)
{
    char  name[SANDBOX_TRASH_LEN + SANDBOX_RANDOM_LEN];

    if (!sandbox_store_dir_run_valid(run, strlen(run))) {
        errno = EINVAL;
        return -1;
    }

    (void) snprintf(name, sizeof(name), ".trash-%s", run);

    return sandbox_store_dir_remove(sandbox_store_fd(store), name, run);
}
