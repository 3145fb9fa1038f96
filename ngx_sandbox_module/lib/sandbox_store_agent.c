
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_agent.h"
#include "lib/sandbox_store_dir.h"


#define SANDBOX_AGENT_CHUNK  65536
#define SANDBOX_AGENT_TEMP   ".agent-"


static int sandbox_agent_install(int dir, int source, const struct stat *st);
static int sandbox_agent_same(int dir, int source, const struct stat *st);
static int sandbox_agent_copy(int source, int fd);
static ssize_t sandbox_agent_read(int fd, char *buf, size_t size, off_t off);
static void sandbox_agent_tidy(int dir);


int
sandbox_store_agent_exists(sandbox_store_t *store)
{
    return faccessat(sandbox_store_fd(store), ".agent/agent", F_OK, 0) == 0;
}


int
sandbox_store_agent(sandbox_store_t *store, const char *source, int wait)
{
    int          fd, dir, rc, err;
    struct stat  st;

    dir = -1;
    rc = -1;

    fd = open(source, O_RDONLY|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    if (fstat(fd, &st) == -1) {
        goto done;
    }

    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        errno = EINVAL;
        goto done;
    }

    if (st.st_size > SANDBOX_AGENT_MAX) {
        errno = EFBIG;
        goto done;
    }

    if (sandbox_store_dir_make(sandbox_store_fd(store), ".agent", 0755, NULL)
        == -1)
    {
        goto done;
    }

    dir = sandbox_file_dir(sandbox_store_fd(store), ".agent");
    if (dir == -1) {
        goto done;
    }

    while (flock(dir, wait ? LOCK_EX : LOCK_EX|LOCK_NB) == -1) {
        if (errno != EINTR) {
            goto done;
        }
    }

    sandbox_agent_tidy(dir);

    rc = sandbox_agent_same(dir, fd, &st);

    if (rc == 1) {
        rc = 0;

    } else if (rc == 0) {
        rc = sandbox_agent_install(dir, fd, &st);
    }

done:

    err = errno;

    if (dir != -1) {
        close(dir);
    }

    close(fd);

    errno = err;

    return rc;
}


static int
sandbox_agent_install(int dir, int source, const struct stat *st)
{
    int          fd, err;
    char         temp[sizeof(SANDBOX_AGENT_TEMP) + SANDBOX_RANDOM_LEN];
    char         random[SANDBOX_RANDOM_LEN + 1];
    struct stat  now;

    if (sandbox_name_random(random) == -1) {
        return -1;
    }

    (void) snprintf(temp, sizeof(temp), SANDBOX_AGENT_TEMP "%s", random);

    fd = openat(dir, temp, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0700);
    if (fd == -1) {
        return -1;
    }

    if (sandbox_agent_copy(source, fd) == -1 || fstat(fd, &now) == -1) {
        goto failed;
    }

    /* the source is being replaced: nginx will be restarted after that */

    if (now.st_size != st->st_size) {
        errno = EAGAIN;
        goto failed;
    }

    if (fchmod(fd, 0755) == -1
        || fsync(fd) == -1
        || renameat(dir, temp, dir, "agent") == -1)
    {
        goto failed;
    }

    close(fd);

    return fsync(dir) == -1 ? -1 : 1;

failed:

    err = errno;
    (void) unlinkat(dir, temp, 0);
    close(fd);
    errno = err;

    return -1;
}


/* 1: identical, 0: different or unusable, or -1 */

static int
sandbox_agent_same(int dir, int source, const struct stat *st)
{
    int          fd, rc;
    off_t        off;
    ssize_t      n, m;
    struct stat  own;

    static char  a[SANDBOX_AGENT_CHUNK], b[SANDBOX_AGENT_CHUNK];

    fd = sandbox_file_open(dir, "agent", &own);
    if (fd == -1) {
        return errno == ENOENT || errno == EBADMSG ? 0 : -1;
    }

    rc = 0;

    if (own.st_size != st->st_size || (own.st_mode & 0777) != 0755) {
        goto done;
    }

    for (off = 0; off < st->st_size; off += n) {
        n = sandbox_agent_read(source, a, sizeof(a), off);
        m = sandbox_agent_read(fd, b, sizeof(b), off);

        if (n == -1 || m == -1) {
            return sandbox_file_close_error(fd);
        }

        if (n == 0 || n != m || memcmp(a, b, (size_t) n) != 0) {
            goto done;
        }
    }

    rc = 1;

done:

    close(fd);

    return rc;
}


static int
sandbox_agent_copy(int source, int fd)
{
    off_t    off;
    ssize_t  n;

    static char  buf[SANDBOX_AGENT_CHUNK];

    for (off = 0; off <= SANDBOX_AGENT_MAX; off += n) {
        n = sandbox_agent_read(source, buf, sizeof(buf), off);

        if (n <= 0) {
            return (int) n;
        }

        if (sandbox_file_write(fd, buf, (size_t) n) == -1) {
            return -1;
        }
    }

    errno = EFBIG;

    return -1;
}


/* reads up to size bytes, fewer only at end of file */

static ssize_t
sandbox_agent_read(int fd, char *buf, size_t size, off_t off)
{
    size_t   used;
    ssize_t  n;

    used = 0;

    while (used < size) {
        n = pread(fd, buf + used, size - used, off + (off_t) used);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            return -1;
        }

        if (n == 0) {
            break;
        }

        used += (size_t) n;
    }

    return (ssize_t) used;
}


/* while we hold the lock, leftovers of others are stale */

static void
sandbox_agent_tidy(int dir)
{
    DIR            *list;
    struct dirent  *entry;

    list = sandbox_file_list(dir, ".");
    if (list == NULL) {
        return;
    }

    while (sandbox_file_next(list, &entry) == 1) {

        if (strncmp(entry->d_name, SANDBOX_AGENT_TEMP,
                    sizeof(SANDBOX_AGENT_TEMP) - 1)
            == 0)
        {
            (void) unlinkat(dir, entry->d_name, 0);
        }
    }

    closedir(list);
}
