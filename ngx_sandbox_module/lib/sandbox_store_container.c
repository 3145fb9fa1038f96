
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_container.h"
#include "lib/sandbox_store_dir.h"


/* the store: the container of a sandbox */


int
sandbox_store_container_read(sandbox_store_t *store, const char *id,
    sandbox_container_t *c)
{
    int          dir, rc, err;
    char        *text, run[SANDBOX_RANDOM_LEN + 1];
    size_t       len;
    struct stat  st;

    memset(c, 0, sizeof(sandbox_container_t));

    dir = sandbox_store_dir_open(sandbox_store_fd(store), id, run);
    if (dir == -1) {
        return -1;
    }

    rc = -1;

    text = sandbox_file_read(dir, "container", SANDBOX_SPEC_MAX, &len, &st);

    if (text) {
        rc = sandbox_spec_parse_container(text, len, c);
        memcpy(c->run, run, sizeof(run));
    }

    err = errno;
    free(text);
    close(dir);
    errno = err;

    return rc;
}


int
sandbox_store_container_write(sandbox_store_t *store, const char *id,
    const sandbox_container_t *c)
{
    int          dir, rc, err;
    char        *text, run[SANDBOX_RANDOM_LEN + 1];
    struct stat  st;

    text = sandbox_spec_format_container(c);
    if (text == NULL) {
        return -1;
    }

    rc = -1;

    dir = sandbox_store_dir_open_run(store, id, c->run, run, NULL);

    if (dir != -1) {
        rc = sandbox_store_dir_write(store, id, dir, dir, "container", text,
                                     &st);

        err = errno;
        close(dir);
        errno = err;
    }

    err = errno;
    free(text);
    errno = err;

    return rc;
}


int
sandbox_store_container_remove(sandbox_store_t *store, const char *id)
{
    char  path[SANDBOX_ID_MAX + sizeof("/container")];

    (void) snprintf(path, sizeof(path), "%s/container", id);

    return unlinkat(sandbox_store_fd(store), path, 0);
}
