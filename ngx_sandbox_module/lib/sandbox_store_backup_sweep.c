
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/sandbox_backup_dir.h"
#include "lib/sandbox_file.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_backup_sweep.h"


static int sandbox_backup_sweep_owner(int root, const char *name,
    int64_t now_ms);
static int sandbox_backup_sweep_entry(int owner, const char *name,
    int64_t now_ms);
static int sandbox_backup_sweep_new(int owner, const char *name);


int
sandbox_store_backup_sweep(sandbox_store_t *store, int64_t now_ms)
{
    int             rc, err, root;
    DIR            *dir;
    struct dirent  *entry;

    root = sandbox_file_dir(sandbox_store_fd(store), SANDBOX_BACKUP_DIR_ROOT);

    if (root == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    dir = sandbox_file_list(root, ".");
    if (dir == NULL) {
        return sandbox_file_close_error(root);
    }

    err = 0;

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        if (sandbox_backup_dir_is(entry->d_name, SANDBOX_BACKUP_DIR_OWNER)
            && sandbox_backup_sweep_owner(root, entry->d_name, now_ms) == -1)
        {
            err = errno;
        }
    }

    if (rc == -1) {
        err = errno;
    }

    closedir(dir);
    close(root);

    errno = err;

    return err ? -1 : 0;
}


static int
sandbox_backup_sweep_owner(int root, const char *name, int64_t now_ms)
{
    int             rc, err, owner;
    DIR            *dir;
    struct dirent  *entry;

    owner = sandbox_file_dir(root, name);
    if (owner == -1) {
        return -1;
    }

    dir = sandbox_file_list(owner, ".");
    if (dir == NULL) {
        return sandbox_file_close_error(owner);
    }

    err = 0;

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        if (sandbox_backup_sweep_entry(owner, entry->d_name, now_ms) == -1) {
            err = errno;
        }
    }

    if (rc == -1) {
        err = errno;
    }

    closedir(dir);
    close(owner);

    errno = err;

    return err ? -1 : 0;
}


static int
sandbox_backup_sweep_entry(int owner, const char *name, int64_t now_ms)
{
    sandbox_backup_t  b;

    if (sandbox_backup_dir_is(name, SANDBOX_BACKUP_DIR_NEW)) {
        return sandbox_backup_sweep_new(owner, name);
    }

    if (sandbox_backup_dir_is(name, SANDBOX_BACKUP_DIR_TRASH)) {
        return sandbox_file_rmdir(owner, name);
    }

    if (!sandbox_backup_id_valid(name, strlen(name))) {
        return 0;
    }

    if (sandbox_backup_dir_read(owner, name, &b, NULL) == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    if (b.expires_ms > now_ms) {
        return 0;
    }

    return (sandbox_backup_dir_trash(owner, name) == -1 && errno != ENOENT) ? -1
                                                                        : 0;
}


/* unless its writer is alive, or it has just got its id */

static int
sandbox_backup_sweep_new(int owner, const char *name)
{
    int  dir, rc;

    dir = sandbox_file_dir(owner, name);
    if (dir == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    rc = 0;

    if (flock(dir, LOCK_EX|LOCK_NB) == 0
        && sandbox_file_same(owner, name, dir))
    {
        rc = sandbox_file_rmdir(owner, name);
    }

    if (rc == -1) {
        return sandbox_file_close_error(dir);
    }

    close(dir);

    return 0;
}
