
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
#include <unistd.h>

#include "lib/sandbox_backup_dir.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_backup.h"


#define SANDBOX_BACKUP_TRIES   8

/* bytes after which data is flushed, and the others are counted again */
#define SANDBOX_BACKUP_PORTION  (64 * 1024 * 1024)


static int sandbox_backup_begin(sandbox_store_backup_t *w);
static int sandbox_backup_finish(sandbox_store_backup_t *w,
    sandbox_backup_t *b);
static void sandbox_backup_close(sandbox_store_backup_t *w);


int
sandbox_store_backup_create(sandbox_store_t *store, const char *owner,
    const char *id, int64_t max, sandbox_store_backup_t *w)
{
    struct stat                 st;
    sandbox_backup_dir_usage_t  u;

    memset(w, 0, sizeof(sandbox_store_backup_t));

    w->dir = -1;
    w->fd = -1;
    w->max = max;

    w->owner = sandbox_backup_dir_owner(store, owner, 1);
    if (w->owner == -1) {
        return -1;
    }

    if (fstatat(w->owner, id, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        goto failed;
    }

    if (errno != ENOENT || sandbox_backup_dir_usage(w->owner, NULL, &u) == -1) {
        goto failed;
    }

    errno = (u.writing >= SANDBOX_STORE_BACKUP_WRITING) ? EBUSY
            : (u.complete >= SANDBOX_STORE_BACKUP_MAX) ? EMLINK
            : (u.bytes >= max) ? EDQUOT : 0;

    if (errno || sandbox_backup_begin(w) == -1) {
        goto failed;
    }

    w->others = u.bytes;
    w->next = SANDBOX_BACKUP_PORTION;

    return 0;

failed:

    sandbox_backup_close(w);

    return -1;
}


static int
sandbox_backup_begin(sandbox_store_backup_t *w)
{
    char      random[SANDBOX_RANDOM_LEN + 1];
    unsigned  tries;

    for (tries = 0; tries < SANDBOX_BACKUP_TRIES; tries++) {

        if (sandbox_name_random(random) == -1) {
            return -1;
        }

        (void) snprintf(w->name, sizeof(w->name), SANDBOX_BACKUP_DIR_NEW "%s",
                        random);

        if (mkdirat(w->owner, w->name, 0700) == -1) {
            return -1;
        }

        w->dir = sandbox_file_dir(w->owner, w->name);

        if (w->dir == -1) {

            /* a sweep has removed it before it was locked */

            if (errno == ENOENT) {
                continue;
            }

            return -1;
        }

        if (flock(w->dir, LOCK_EX|LOCK_NB) == 0
            && sandbox_file_same(w->owner, w->name, w->dir))
        {
            w->fd = openat(w->dir, "data",
                           O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

            return w->fd == -1 ? -1 : 0;
        }

        close(w->dir);
        w->dir = -1;
    }

    errno = EAGAIN;

    return -1;
}


int
sandbox_store_backup_write(sandbox_store_backup_t *w, const void *buf,
    size_t len)
{
    sandbox_backup_dir_usage_t  u;

    if (w->size >= w->next) {

        if (fdatasync(w->fd) == -1
            || sandbox_backup_dir_usage(w->owner, w->name, &u) == -1)
        {
            return -1;
        }

        w->others = u.bytes;
        w->next = w->size + SANDBOX_BACKUP_PORTION;
    }

    if ((int64_t) len > w->max - w->others - w->size) {
        errno = EDQUOT;
        return -1;
    }

    if (sandbox_file_write(w->fd, buf, len) == -1) {
        return -1;
    }

    w->size += (int64_t) len;

    return 0;
}


int
sandbox_store_backup_commit(sandbox_store_backup_t *w, sandbox_backup_t *b)
{
    int  rc, err;

    b->size = w->size;

    rc = sandbox_backup_finish(w, b);

    if (rc == 0) {
        w->name[0] = '\0';
    }

    err = errno;
    sandbox_backup_close(w);
    errno = err;

    return rc;
}


static int
sandbox_backup_finish(sandbox_store_backup_t *w, sandbox_backup_t *b)
{
    int                          rc, err;
    char                        *text;
    sandbox_backup_dir_usage_t   u;

    text = sandbox_backup_format(b);
    if (text == NULL) {
        return -1;
    }

    rc = sandbox_file_make(w->dir, "meta.json", text, strlen(text));

    err = errno;
    free(text);
    errno = err;

    if (rc == -1 || fsync(w->fd) == -1 || fsync(w->dir) == -1) {
        return -1;
    }

    sandbox_fault("backup.written");

    /* one after the other, so that together they keep to the limit */

    if (flock(w->owner, LOCK_EX) == -1
        || sandbox_backup_dir_usage(w->owner, w->name, &u) == -1)
    {
        return -1;
    }

    errno = (u.complete >= SANDBOX_STORE_BACKUP_MAX) ? EMLINK
            : (w->size > w->max - u.bytes) ? EDQUOT : 0;

    if (errno
        || renameat2(w->owner, w->name, w->owner, b->id, RENAME_NOREPLACE)
           == -1)
    {
        return -1;
    }

    return fsync(w->owner);
}


void
sandbox_store_backup_abort(sandbox_store_backup_t *w)
{
    sandbox_backup_close(w);
}


/* unless it has got its id, it is removed */

static void
sandbox_backup_close(sandbox_store_backup_t *w)
{
    int  err;

    err = errno;

    if (w->fd != -1) {
        close(w->fd);
        w->fd = -1;
    }

    if (w->dir != -1) {

        if (w->name[0]) {
            (void) sandbox_file_rmdir(w->owner, w->name);
        }

        close(w->dir);
        w->dir = -1;
    }

    if (w->owner != -1) {
        close(w->owner);
        w->owner = -1;
    }

    errno = err;
}


int
sandbox_store_backup_open(sandbox_store_t *store, const char *owner,
    const char *id, sandbox_backup_t *b, int *fd)
{
    int  dir, rc, err;

    dir = sandbox_backup_dir_owner(store, owner, 0);
    if (dir == -1) {
        return -1;
    }

    rc = sandbox_backup_dir_read(dir, id, b, fd);

    err = errno;
    close(dir);
    errno = err;

    return rc;
}


int
sandbox_store_backup_delete(sandbox_store_t *store, const char *owner,
    const char *id)
{
    int  dir, rc, err;

    dir = sandbox_backup_dir_owner(store, owner, 0);
    if (dir == -1) {
        return -1;
    }

    rc = sandbox_backup_dir_trash(dir, id);

    err = errno;
    close(dir);
    errno = err;

    return rc;
}


int
sandbox_store_backup_each(sandbox_store_t *store, const char *owner,
    int (*handler)(void *data, const sandbox_backup_t *b), void *data)
{
    int                rc, err, fd;
    DIR               *dir;
    struct dirent     *entry;
    sandbox_backup_t  *b;

    fd = sandbox_backup_dir_owner(store, owner, 0);

    if (fd == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    b = malloc(sizeof(sandbox_backup_t));
    dir = b ? sandbox_file_list(fd, ".") : NULL;

    if (dir == NULL) {
        free(b);
        return sandbox_file_close_error(fd);
    }

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        if (sandbox_backup_id_valid(entry->d_name, strlen(entry->d_name))
            && sandbox_backup_dir_read(fd, entry->d_name, b, NULL) == 0
            && handler(data, b))
        {
            rc = 0;
            break;
        }
    }

    err = errno;
    closedir(dir);
    close(fd);
    free(b);
    errno = err;

    return rc;
}
