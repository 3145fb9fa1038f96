
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

#include "lib/sandbox_backup_dir.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"


/* the store: directories of backups */


/* the directory of an owner; -1 with errno ENOENT if there is none */

int
sandbox_backup_dir_owner(sandbox_store_t *store, const char *owner, int make)
{
    int          state;
    char         path[sizeof(SANDBOX_BACKUP_DIR_ROOT "/") + SANDBOX_OWNER_MAX
                      + sizeof(SANDBOX_BACKUP_DIR_OWNER)];
    struct stat  st;

    state = sandbox_store_fd(store);

    (void) snprintf(path, sizeof(path), "%s/%s%s", SANDBOX_BACKUP_DIR_ROOT,
                    SANDBOX_BACKUP_DIR_OWNER, owner);

    if (make
        && (fstat(state, &st) == -1
            || sandbox_store_dir_make(state, SANDBOX_BACKUP_DIR_ROOT, 0700,
                                      &st)
               == -1
            || sandbox_store_dir_make(state, path, 0700, &st) == -1))
    {
        return -1;
    }

    return sandbox_file_dir(state, path);
}


/* those of an owner; of those that are being written, without one */

int
sandbox_backup_dir_usage(int owner, const char *but,
    sandbox_backup_dir_usage_t *u)
{
    int             rc, err;
    DIR            *dir;
    char            path[NAME_MAX + sizeof("/data")];
    size_t          len;
    unsigned        writing;
    struct stat     st;
    struct dirent  *entry;

    memset(u, 0, sizeof(sandbox_backup_dir_usage_t));

    dir = sandbox_file_list(owner, ".");
    if (dir == NULL) {
        return -1;
    }

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        len = strlen(entry->d_name);
        writing = sandbox_backup_dir_is(entry->d_name,
                                        SANDBOX_BACKUP_DIR_NEW);

        if (!writing && !sandbox_backup_id_valid(entry->d_name, len)) {
            continue;
        }

        if (but && strcmp(entry->d_name, but) == 0) {
            continue;
        }

        (void) snprintf(path, sizeof(path), "%s/data", entry->d_name);

        if (fstatat(owner, path, &st, AT_SYMLINK_NOFOLLOW) == -1) {

            /* deleted meanwhile, or about to begin */

            st.st_size = 0;
        }

        u->bytes += st.st_size;
        u->writing += writing;
        u->complete += !writing;
    }

    err = errno;
    closedir(dir);
    errno = err;

    return rc;
}


int
sandbox_backup_dir_read(int owner, const char *id, sandbox_backup_t *b, int *fd)
{
    int          dir, rc;
    char        *text;
    size_t       len;
    struct stat  st;

    dir = sandbox_file_dir(owner, id);
    if (dir == -1) {
        return -1;
    }

    text = sandbox_file_read(dir, "meta.json", SANDBOX_SPEC_MAX, &len, &st);
    if (text == NULL) {
        return sandbox_file_close_error(dir);
    }

    rc = sandbox_backup_parse(text, len, b);
    free(text);

    if (rc == 0 && strcmp(b->id, id) != 0) {
        errno = EBADMSG;
        rc = -1;
    }

    if (rc == -1) {
        return sandbox_file_close_error(dir);
    }

    if (fd) {
        *fd = sandbox_file_open(dir, "data", &st);

        if (*fd == -1) {
            return sandbox_file_close_error(dir);
        }

        if (st.st_size != b->size) {
            close(*fd);
            errno = EBADMSG;
            return sandbox_file_close_error(dir);
        }
    }

    close(dir);

    return 0;
}


/* the name first: a part of a backup is none */

int
sandbox_backup_dir_trash(int owner, const char *id)
{
    char  name[sizeof(SANDBOX_BACKUP_DIR_TRASH) + SANDBOX_RANDOM_LEN];
    char  random[SANDBOX_RANDOM_LEN + 1];

    if (sandbox_name_random(random) == -1) {
        return -1;
    }

    (void) snprintf(name, sizeof(name), SANDBOX_BACKUP_DIR_TRASH "%s", random);

    if (renameat2(owner, id, owner, name, RENAME_NOREPLACE) == -1) {
        return -1;
    }

    sandbox_fault("backup.trash");

    if (fsync(owner) == -1) {
        return -1;
    }

    return sandbox_file_rmdir(owner, name);
}


int
sandbox_backup_dir_is(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}
