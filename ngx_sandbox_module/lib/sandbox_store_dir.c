
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
#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"


/* the store: the directory of a sandbox */


int
sandbox_store_dir_make(int at, const char *name, mode_t mode,
    const struct stat *owner)
{
    int  fd, made;

    made = (mkdirat(at, name, mode) == 0);

    if (!made && errno != EEXIST) {
        return -1;
    }

    fd = sandbox_file_dir(at, name);
    if (fd == -1) {
        return -1;
    }

    if (!made) {
        close(fd);
        return 0;
    }

    /* the mode was restricted by umask */

    if (fchmod(fd, mode) == -1) {
        return sandbox_file_close_error(fd);
    }

    if (owner && geteuid() == 0 && owner->st_uid != 0
        && fchown(fd, owner->st_uid, owner->st_gid) == -1)
    {
        return sandbox_file_close_error(fd);
    }

    close(fd);

    return 0;
}


int
sandbox_store_dir_open(int state, const char *id, char *run)
{
    int  dir;

    dir = sandbox_file_dir(state, id);

    if (dir == -1) {

        /* a file, or a symlink: somebody else's, and not a sandbox */

        if (errno == ENOTDIR || errno == ELOOP) {
            errno = ENOENT;
        }

        return -1;
    }

    if (sandbox_store_dir_link(dir, "run", run) == -1) {

        /* deleted meanwhile, or damaged */

        if (errno == ENOENT && sandbox_store_dir_has(state, id, dir)) {
            errno = EBADMSG;
        }

        return sandbox_file_close_error(dir);
    }

    return dir;
}


int
sandbox_store_dir_has(int state, const char *id, int dir)
{
    return sandbox_file_same(state, id, dir);
}


int
sandbox_store_dir_link(int at, const char *name, char *run)
{
    char     link[sizeof(SANDBOX_STORE_DIR_LINK) + SANDBOX_RANDOM_LEN];
    size_t   prefix;
    ssize_t  n;

    n = readlinkat(at, name, link, sizeof(link));

    if (n == -1) {
        if (errno == EINVAL) {
            errno = EBADMSG;
        }

        return -1;
    }

    prefix = sizeof(SANDBOX_STORE_DIR_LINK) - 1;

    if ((size_t) n <= prefix
        || memcmp(link, SANDBOX_STORE_DIR_LINK, prefix) != 0
        || !sandbox_store_dir_run_valid(link + prefix, (size_t) n - prefix))
    {
        errno = EBADMSG;
        return -1;
    }

    memcpy(run, link + prefix, SANDBOX_RANDOM_LEN);
    run[SANDBOX_RANDOM_LEN] = '\0';

    return 0;
}


int
sandbox_store_dir_run_valid(const char *text, size_t len)
{
    size_t  i;

    if (len != SANDBOX_RANDOM_LEN) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!((text[i] >= 'a' && text[i] <= 'z')
              || (text[i] >= '2' && text[i] <= '7')))
        {
            return 0;
        }
    }

    return 1;
}


const char *
sandbox_store_dir_suffix(const char *name)
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


void
sandbox_store_dir_stamp(sandbox_stamp_t *stamp, const struct stat *st)
{
    stamp->ino = st->st_ino;
    stamp->ctime_ns = sandbox_file_ns(&st->st_ctim);
    stamp->mtime_ns = sandbox_file_ns(&st->st_mtim);
}


int
sandbox_store_dir_remove(int state, const char *name, const char *run)
{
    int   dir, rc;
    char  path[sizeof(".run/") + SANDBOX_RANDOM_LEN];

    /* sockets first: a sweep finds the rest as long as it exists */

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


int
sandbox_store_dir_open_run(sandbox_store_t *store, const char *id,
    const char *of, char *run, int *ports)
{
    int  dir;

    dir = sandbox_store_dir_open(sandbox_store_fd(store), id, run);
    if (dir == -1) {
        return -1;
    }

    if (of[0] && strcmp(of, run) != 0) {
        errno = ENOENT;
        return sandbox_file_close_error(dir);
    }

    if (ports == NULL) {
        return dir;
    }

    *ports = sandbox_file_dir(dir, "ports");
    if (*ports != -1) {
        return dir;
    }

    /* if it is missing, the sandbox is being deleted or damaged */

    if (errno == ENOTDIR
        || (errno == ENOENT
            && sandbox_store_dir_has(sandbox_store_fd(store), id, dir)))
    {
        errno = EBADMSG;
    }

    return sandbox_file_close_error(dir);
}


int
sandbox_store_dir_write(sandbox_store_t *store, const char *id, int dir, int at,
    const char *name, const char *text, struct stat *st)
{
    if (sandbox_file_replace(at, name, text, strlen(text), st) == -1) {
        return -1;
    }

    if (sandbox_store_dir_has(sandbox_store_fd(store), id, dir)) {
        return 0;
    }

    /* it was moved to .trash-* meanwhile and may be being deleted now */

    (void) unlinkat(at, name, 0);

    errno = ENOENT;

    return -1;
}
