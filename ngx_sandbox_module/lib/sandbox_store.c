
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

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"


#define SANDBOX_STORE_TRIES   8

/* sun_path without its NUL */
#define SANDBOX_STORE_SOCKET  107


struct sandbox_store_s {
    int    fd;
    char  *path;
    char   instance[SANDBOX_RANDOM_LEN + 1];
};


static int sandbox_store_name(sandbox_store_t *store,
    const struct stat *owner);
static int sandbox_store_name_read(sandbox_store_t *store);


sandbox_store_t *
sandbox_store_open(const char *path)
{
    int               err;
    size_t            len;
    struct stat       st;
    sandbox_store_t  *store;

    len = strlen(path);

    if (len == 0 || path[0] != '/') {
        errno = EINVAL;
        return NULL;
    }

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }

    if (len > sandbox_store_path_max()) {
        errno = ENAMETOOLONG;
        return NULL;
    }

    store = calloc(1, sizeof(sandbox_store_t));
    if (store == NULL) {
        return NULL;
    }

    store->fd = -1;

    store->path = strndup(path, len);
    if (store->path == NULL) {
        goto failed;
    }

    if (mkdir(store->path, 0700) == -1 && errno != EEXIST) {
        goto failed;
    }

    store->fd = open(store->path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (store->fd == -1 || fstat(store->fd, &st) == -1) {
        goto failed;
    }

    if (st.st_mode & (S_IWGRP|S_IWOTH)) {
        errno = EPERM;
        goto failed;
    }

    if (sandbox_store_dir_make(store->fd, ".run", 0711, &st) == -1
        || sandbox_store_dir_make(store->fd, ".agent", 0755, &st) == -1
        || sandbox_store_name(store, &st) == -1)
    {
        goto failed;
    }

    return store;

failed:

    err = errno;
    sandbox_store_close(store);
    errno = err;

    return NULL;
}


void
sandbox_store_close(sandbox_store_t *store)
{
    if (store == NULL) {
        return;
    }

    if (store->fd != -1) {
        close(store->fd);
    }

    free(store->path);
    free(store);
}


/* the process that links its name first determines it */

static int
sandbox_store_name(sandbox_store_t *store, const struct stat *owner)
{
    int       rc, err;
    char      random[SANDBOX_RANDOM_LEN + 1];
    char      temp[sizeof(".instance-") + SANDBOX_RANDOM_LEN];
    unsigned  tries;

    for (tries = 0; tries < SANDBOX_STORE_TRIES; tries++) {

        if (sandbox_store_name_read(store) == 0) {
            return 0;
        }

        if (errno != ENOENT || sandbox_name_random(random) == -1) {
            return -1;
        }

        (void) snprintf(temp, sizeof(temp), ".instance-%s", random);

        rc = sandbox_file_make(store->fd, temp, random, SANDBOX_RANDOM_LEN);

        if (rc == 0 && geteuid() == 0 && owner->st_uid != 0) {
            rc = fchownat(store->fd, temp, owner->st_uid, owner->st_gid,
                          AT_SYMLINK_NOFOLLOW);
        }

        if (rc == 0) {
            rc = linkat(store->fd, temp, store->fd, "instance", 0);
        }

        err = errno;
        (void) unlinkat(store->fd, temp, 0);
        errno = err;

        if (rc == 0) {
            rc = fsync(store->fd);
        }

        /* ENOENT: a sweep has removed it as stale */

        if (rc == -1 && errno != EEXIST && errno != ENOENT) {
            return -1;
        }
    }

    errno = EAGAIN;

    return -1;
}


static int
sandbox_store_name_read(sandbox_store_t *store)
{
    char        *text;
    size_t       len;
    struct stat  st;

    text = sandbox_file_read(store->fd, "instance", SANDBOX_RANDOM_LEN + 1,
                             &len, &st);
    if (text == NULL) {
        return -1;
    }

    /* accept a trailing line feed */

    if (len == SANDBOX_RANDOM_LEN + 1 && text[len - 1] == '\n') {
        len--;
    }

    if (!sandbox_store_dir_run_valid(text, len)) {
        free(text);
        errno = EBADMSG;
        return -1;
    }

    memcpy(store->instance, text, len);
    store->instance[len] = '\0';

    free(text);

    return 0;
}


const char *
sandbox_store_path(const sandbox_store_t *store)
{
    return store->path;
}


const char *
sandbox_store_instance(const sandbox_store_t *store)
{
    return store->instance;
}


int
sandbox_store_fd(const sandbox_store_t *store)
{
    return store->fd;
}


size_t
sandbox_store_path_max(void)
{
    return SANDBOX_STORE_SOCKET - (sizeof("/.run/") - 1) - SANDBOX_RANDOM_LEN
           - 1 - SANDBOX_SOCKET_MAX;
}


int
sandbox_store_read(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec)
{
    int          dir, err;
    char        *text, run[SANDBOX_RANDOM_LEN + 1];
    size_t       len;
    struct stat  st;

    text = NULL;

    memset(spec, 0, sizeof(sandbox_spec_t));

    dir = sandbox_store_dir_open(store->fd, id, run);
    if (dir == -1) {
        return -1;
    }

    text = sandbox_file_read(dir, "spec.json", SANDBOX_SPEC_MAX, &len, &st);

    if (text == NULL) {

        /* deleted meanwhile, or damaged */

        if (errno == ENOENT && sandbox_store_dir_has(store->fd, id, dir)) {
            errno = EBADMSG;
        }

        goto failed;
    }

    if (sandbox_spec_parse(text, len, spec) == -1) {
        goto failed;
    }

    if (spec->id[0] && strcmp(spec->id, id) != 0) {
        sandbox_spec_free(spec);
        errno = ENOTUNIQ;
        goto failed;
    }

    memcpy(spec->run, run, sizeof(run));
    sandbox_store_dir_stamp(&spec->stamp, &st);

    free(text);
    close(dir);

    return 0;

failed:

    err = errno;
    free(text);
    close(dir);
    errno = err;

    return -1;
}


int
sandbox_store_run(sandbox_store_t *store, const char *id,
    char run[SANDBOX_RANDOM_LEN + 1])
{
    char  path[SANDBOX_ID_MAX + sizeof("/run")];

    (void) snprintf(path, sizeof(path), "%s/run", id);

    return sandbox_store_dir_link(store->fd, path, run);
}


size_t
sandbox_store_run_path(sandbox_store_t *store, const char *run, char *buf,
    size_t size)
{
    int  n;

    n = snprintf(buf, size, "%s/.run/%s", store->path, run);

    return n > 0 && (size_t) n < size ? (size_t) n : 0;
}


int
sandbox_store_stamp(sandbox_store_t *store, const char *id,
    sandbox_stamp_t *stamp)
{
    char         path[SANDBOX_ID_MAX + sizeof("/spec.json")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/spec.json", id);

    if (fstatat(store->fd, path, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        if (errno == ENOTDIR) {
            errno = ENOENT;
        }

        return -1;
    }

    sandbox_store_dir_stamp(stamp, &st);

    return 0;
}


int
sandbox_store_stamp_equal(const sandbox_stamp_t *a, const sandbox_stamp_t *b)
{
    return a->ino == b->ino
           && a->ctime_ns == b->ctime_ns
           && a->mtime_ns == b->mtime_ns;
}


int
sandbox_store_each(sandbox_store_t *store,
    int (*handler)(void *data, const char *id), void *data)
{
    int   rc, err;
    DIR  *list;
    char  id[SANDBOX_ID_MAX + 1];

    list = sandbox_store_list(store);
    if (list == NULL) {
        return -1;
    }

    while ((rc = sandbox_store_next(list, id)) == 1) {

        if (handler(data, id)) {
            rc = 0;
            break;
        }
    }

    err = errno;
    closedir(list);
    errno = err;

    return rc;
}


DIR *
sandbox_store_list(sandbox_store_t *store)
{
    return sandbox_file_list(store->fd, ".");
}


int
sandbox_store_next(DIR *list, char id[SANDBOX_ID_MAX + 1])
{
    int             rc;
    size_t          len;
    struct dirent  *entry;

    while ((rc = sandbox_file_next(list, &entry)) == 1) {

        len = strlen(entry->d_name);

        if (sandbox_name_id_valid(entry->d_name, len)
            && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
        {
            memcpy(id, entry->d_name, len + 1);
            return 1;
        }
    }

    return rc;
}


int
sandbox_store_update(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec)
{
    int  rc;

    spec->generation++;

    rc = sandbox_store_replace(store, id, spec);

    if (rc == -1) {
        spec->generation--;
    }

    return rc;
}


int
sandbox_store_replace(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec)
{
    int              dir, rc, err;
    char            *text, run[SANDBOX_RANDOM_LEN + 1];
    struct stat      st;
    sandbox_stamp_t  now;

    (void) snprintf(spec->id, sizeof(spec->id), "%s", id);

    text = sandbox_spec_format(spec);
    if (text == NULL) {
        return -1;
    }

    rc = -1;

    dir = sandbox_store_dir_open_run(store, id, spec->run, run, NULL);

    if (dir == -1) {
        goto done;
    }

    if (flock(dir, LOCK_EX|LOCK_NB) == 0
        && fstatat(dir, "spec.json", &st, AT_SYMLINK_NOFOLLOW) == 0)
    {
        sandbox_store_dir_stamp(&now, &st);

        if (sandbox_store_stamp_equal(&now, &spec->stamp)) {
            rc = sandbox_store_dir_write(store, id, dir, dir, "spec.json", text,
                                         &st);

        } else {
            errno = ESTALE;
        }
    }

    if (rc == 0) {
        sandbox_store_dir_stamp(&spec->stamp, &st);
    }

    err = errno;
    close(dir);
    errno = err;

done:

    err = errno;
    free(text);
    errno = err;

    return rc;
}
