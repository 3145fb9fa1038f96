
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
#include <time.h>
#include <unistd.h>

#include "lib/sandbox_fault.h"
#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"


#define SANDBOX_FILE_TEMP   ".tmp-"
#define SANDBOX_FILE_TRIES  8


static int sandbox_file_temp(int at, char *name, size_t size);
static void sandbox_file_tidy(int at);
static int sandbox_file_finish(int fd, const char *text, size_t len);


int
sandbox_file_dir(int at, const char *name)
{
    return openat(at, name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
}


int
sandbox_file_open(int at, const char *name, struct stat *st)
{
    int  fd;

    /* O_NONBLOCK: opening a FIFO would block */

    fd = openat(at, name, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);

    if (fd == -1) {
        if (errno == ELOOP || errno == ENXIO) {
            errno = EBADMSG;
        }

        return -1;
    }

    if (fstat(fd, st) == -1) {
        goto failed;
    }

    if (!S_ISREG(st->st_mode)) {
        errno = EBADMSG;
        goto failed;
    }

    return fd;

failed:

    return sandbox_file_close_error(fd);
}


char *
sandbox_file_read(int at, const char *name, size_t max, size_t *len,
    struct stat *st)
{
    int      fd;
    char    *text;
    size_t   size, used;
    ssize_t  n;

    text = NULL;

    fd = sandbox_file_open(at, name, st);
    if (fd == -1) {
        return NULL;
    }

    if ((uintmax_t) st->st_size > max) {
        errno = EBADMSG;
        goto failed;
    }

    /* one byte more than the size, to detect growth */

    size = (size_t) st->st_size + 1;

    text = malloc(size + 1);
    if (text == NULL) {
        goto failed;
    }

    used = 0;

    while (used < size) {
        n = read(fd, text + used, size - used);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            goto failed;
        }

        if (n == 0) {
            break;
        }

        used += (size_t) n;
    }

    if (used == size) {
        errno = EBADMSG;
        goto failed;
    }

    close(fd);

    text[used] = '\0';
    *len = used;

    return text;

failed:

    free(text);
    (void) sandbox_file_close_error(fd);

    return NULL;
}


int
sandbox_file_make(int at, const char *name, const char *text, size_t len)
{
    int  fd;

    fd = openat(at, name, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);
    if (fd == -1) {
        return -1;
    }

    if (sandbox_file_finish(fd, text, len) == -1) {
        return sandbox_file_close_error(fd);
    }

    close(fd);

    return 0;
}


int
sandbox_file_replace(int at, const char *name, const char *text, size_t len,
    struct stat *st)
{
    int   fd, err;
    char  temp[sizeof(SANDBOX_FILE_TEMP) + SANDBOX_RANDOM_LEN];

    sandbox_file_tidy(at);

    fd = sandbox_file_temp(at, temp, sizeof(temp));
    if (fd == -1) {
        return -1;
    }

    sandbox_fault("file.temp");

    if (sandbox_file_finish(fd, text, len) == -1
        || renameat(at, temp, at, name) == -1)
    {
        goto failed;
    }

    sandbox_fault("file.renamed");

    /* rename() changes ctime */

    if (fstat(fd, st) == -1 || fsync(at) == -1) {
        return sandbox_file_close_error(fd);
    }

    close(fd);

    return 0;

failed:

    err = errno;

    (void) unlinkat(at, temp, 0);
    close(fd);

    errno = err;

    return -1;
}


/* creates a temporary file; its lock marks it as being written */

static int
sandbox_file_temp(int at, char *name, size_t size)
{
    int       fd;
    char      random[SANDBOX_RANDOM_LEN + 1];
    unsigned  tries;

    for (tries = 0; tries < SANDBOX_FILE_TRIES; tries++) {

        if (sandbox_name_random(random) == -1) {
            return -1;
        }

        (void) snprintf(name, size, SANDBOX_FILE_TEMP "%s", random);

        fd = openat(at, name, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
                    0600);

        if (fd == -1) {
            if (errno == EEXIST) {
                continue;
            }

            return -1;
        }

        if (flock(fd, LOCK_EX|LOCK_NB) == 0
            && sandbox_file_same(at, name, fd))
        {
            return fd;
        }

        /* a sweep has taken the lock in between */

        (void) unlinkat(at, name, 0);
        close(fd);
    }

    errno = EAGAIN;

    return -1;
}


static void
sandbox_file_tidy(int at)
{
    int             fd;
    DIR            *dir;
    struct stat     st;
    struct dirent  *entry;

    dir = sandbox_file_list(at, ".");
    if (dir == NULL) {
        return;
    }

    while (sandbox_file_next(dir, &entry) == 1) {

        if (strncmp(entry->d_name, SANDBOX_FILE_TEMP,
                    sizeof(SANDBOX_FILE_TEMP) - 1)
            != 0)
        {
            continue;
        }

        fd = sandbox_file_open(at, entry->d_name, &st);
        if (fd == -1) {
            continue;
        }

        /* unless it was renamed before we got the lock, and is now in use */

        if (flock(fd, LOCK_EX|LOCK_NB) == 0
            && sandbox_file_same(at, entry->d_name, fd))
        {
            (void) unlinkat(at, entry->d_name, 0);
        }

        close(fd);
    }

    closedir(dir);
}


static int
sandbox_file_finish(int fd, const char *text, size_t len)
{
    struct timespec  times[2];

    if (sandbox_file_write(fd, text, len) == -1) {
        return -1;
    }

    /* set a stamp that no earlier file of this name has had */

    if (clock_gettime(CLOCK_REALTIME, &times[1]) == -1) {
        return -1;
    }

    times[0] = times[1];

    if (futimens(fd, times) == -1 || fsync(fd) == -1) {
        return -1;
    }

    return 0;
}


int
sandbox_file_write(int fd, const char *text, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(fd, text, len);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            return -1;
        }

        text += n;
        len -= (size_t) n;
    }

    return 0;
}


int
sandbox_file_same(int at, const char *name, int fd)
{
    struct stat  a, b;

    if (fstat(fd, &a) == -1
        || fstatat(at, name, &b, AT_SYMLINK_NOFOLLOW) == -1)
    {
        return 0;
    }

    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}


DIR *
sandbox_file_list(int at, const char *name)
{
    int   fd;
    DIR  *dir;

    fd = sandbox_file_dir(at, name);
    if (fd == -1) {
        return NULL;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        (void) sandbox_file_close_error(fd);
    }

    return dir;
}


int
sandbox_file_next(DIR *dir, struct dirent **entry)
{
    struct dirent  *e;

    for ( ;; ) {
        errno = 0;

        e = readdir(dir);
        if (e == NULL) {
            return errno ? -1 : 0;
        }

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }

        *entry = e;

        return 1;
    }
}


int
sandbox_file_empty(int at, const char *name)
{
    int             rc, err;
    DIR            *dir;
    struct dirent  *entry;

    dir = sandbox_file_list(at, name);
    if (dir == NULL) {
        return -1;
    }

    err = 0;

    while ((rc = sandbox_file_next(dir, &entry)) == 1) {

        /* unlink() of a directory fails with EISDIR on Linux */

        if (unlinkat(dirfd(dir), entry->d_name, 0) == -1
            && errno != ENOENT && errno != EISDIR && errno != EPERM)
        {
            err = errno;
        }
    }

    if (rc == -1) {
        err = errno;
    }

    closedir(dir);

    errno = err;

    return err ? -1 : 0;
}


int64_t
sandbox_file_ns(const struct timespec *ts)
{
    return (int64_t) ts->tv_sec * 1000000000 + ts->tv_nsec;
}


int
sandbox_file_locked(int fd)
{
    int  rc;

    rc = 0;

    if (flock(fd, LOCK_SH|LOCK_NB) == -1) {

        if (errno != EWOULDBLOCK) {
            return sandbox_file_close_error(fd);
        }

        rc = 1;
    }

    close(fd);

    return rc;
}


int
sandbox_file_close_error(int fd)
{
    int  err;

    err = errno;
    close(fd);
    errno = err;

    return -1;
}


int
sandbox_file_rmdir(int at, const char *name)
{
    unsigned  tries;

    for (tries = 0; tries < SANDBOX_FILE_TRIES; tries++) {

        if (sandbox_file_empty(at, name) == -1) {
            return errno == ENOENT ? 0 : -1;
        }

        if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
            return 0;
        }

        /* a late writer may have created a file in it */

        if (errno != ENOTEMPTY && errno != EEXIST) {
            return -1;
        }
    }

    errno = ENOTEMPTY;

    return -1;
}
