
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files/put.h"
#include "files/put_disk.h"
#include "files/url_path.h"
#include "sys/thread_job.h"


#define AGENT_PUT_LINKS   40

#ifndef SYS_faccessat2
#define SYS_faccessat2    439
#endif


static int agent_put_open_temp(agent_put_t *p);
static int agent_put_directory(agent_put_t *p);
static int agent_put_mkdirs(char *path);
static int agent_put_target(agent_put_t *p);
static int agent_put_writable(agent_put_t *p);
static int agent_put_follow(agent_put_t *p);
static int agent_put_replace(agent_put_t *p);


void
agent_put_disk_open(agent_thread_job_t *job)
{
    agent_put_t  *p;

    p = (agent_put_t *) job;

    if (agent_put_directory(p) == -1
        || agent_put_target(p) == -1
        || agent_put_open_temp(p) == -1)
    {
        p->disk_err = errno;
    }
}


static int
agent_put_open_temp(agent_put_t *p)
{
    char  random[20];

    memcpy(random, p->temp, 17);
    (void) snprintf(p->temp, sizeof(p->temp), ".sandbox-upload-%.16s",
                    random);

    p->fd = openat(p->dir, p->temp,
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   0600);

    return p->fd == -1 ? -1 : 0;
}


/* opens the parent directory of the path, creating it if missing */

static int
agent_put_directory(agent_put_t *p)
{
    char  *path, *slash;
    int    err;

    slash = strrchr(p->path, '/');

    /* "/workspace" itself, or a path with a trailing slash */

    if (slash == p->path || slash[1] == '\0') {
        errno = EISDIR;
        return -1;
    }

    p->name = strdup(slash + 1);
    path = strndup(p->path, slash - p->path);

    if (p->name == NULL || path == NULL) {
        free(path);
        errno = ENOMEM;
        return -1;
    }

    p->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (p->dir == -1 && errno == ENOENT && agent_put_mkdirs(path) == 0) {
        p->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }

    err = errno;
    free(path);
    errno = err;

    return (p->dir == -1) ? -1 : 0;
}


static int
agent_put_mkdirs(char *path)
{
    int    rc;
    char  *p;

    for (p = strchr(path + 1, '/'); /* void */ ; p = strchr(p + 1, '/')) {

        if (p != NULL) {
            *p = '\0';
        }

        rc = mkdir(path, 0755);

        if (p != NULL) {
            *p = '/';
        }

        if (rc == -1 && errno != EEXIST) {
            return -1;
        }

        if (p == NULL) {
            return 0;
        }
    }
}


/* resolve symbolic links of the target, as a shell's ">" would */

static int
agent_put_target(agent_put_t *p)
{
    int  i;

    for (i = 0; i < AGENT_PUT_LINKS; i++) {

        if (fstatat(p->dir, p->name, &p->st, AT_SYMLINK_NOFOLLOW) == -1) {
            return (errno == ENOENT) ? 0 : -1;
        }

        if (S_ISLNK(p->st.st_mode)) {
            if (agent_put_follow(p) == -1) {
                return -1;
            }

            continue;
        }

        if (!S_ISREG(p->st.st_mode)) {
            errno = S_ISDIR(p->st.st_mode) ? EISDIR : ENXIO;
            return -1;
        }

        p->exists = 1;

        /* rename() requires no permission on the file that it replaces */

        return agent_put_writable(p);
    }

    errno = ELOOP;

    return -1;
}


static int
agent_put_writable(agent_put_t *p)
{
    int  fd;

    /* the C library's function may check the wrong user */

    if (syscall(SYS_faccessat2, p->dir, p->name, W_OK, AT_EACCESS) == 0) {
        return 0;
    }

    if (errno == ETXTBSY) {
        return 0;
    }

    if (errno != ENOSYS && errno != EPERM) {
        return -1;
    }

    /* the system call is missing or filtered; open() checks as well */

    fd = openat(p->dir, p->name,
                O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    if (fd == -1) {
        return (errno == ETXTBSY) ? 0 : -1;
    }

    (void) close(fd);

    return 0;
}


static int
agent_put_follow(agent_put_t *p)
{
    int      dir;
    char     link[AGENT_URL_PATH_MAX + 1], *slash, *name;
    ssize_t  n;

    n = readlinkat(p->dir, p->name, link, sizeof(link) - 1);

    if (n == -1) {
        return -1;
    }

    link[n] = '\0';

    slash = strrchr(link, '/');
    name = slash ? slash + 1 : link;

    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    {
        errno = EISDIR;
        return -1;
    }

    name = strdup(name);

    if (name == NULL) {
        errno = ENOMEM;
        return -1;
    }

    free(p->name);
    p->name = name;

    if (slash == NULL) {
        return 0;
    }

    /* for "/name", the slash itself is the directory */

    slash[slash == link] = '\0';

    dir = openat(p->dir, link, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir == -1) {
        return -1;
    }

    (void) close(p->dir);
    p->dir = dir;

    return 0;
}


void
agent_put_disk_write(agent_thread_job_t *job)
{
    size_t              pos;
    ssize_t             n;
    agent_put_t        *p;
    agent_put_block_t  *b;

    p = (agent_put_t *) job;

    for (b = p->writing; b != NULL; b = b->next) {

        for (pos = 0; pos < b->len; pos += n) {
            n = write(p->fd, b->data + pos, b->len - pos);

            if (n == -1) {
                if (errno == EINTR) {
                    n = 0;
                    continue;
                }

                p->disk_err = errno;
                return;
            }
        }
    }
}


void
agent_put_disk_commit(agent_thread_job_t *job)
{
    agent_put_t  *p;

    p = (agent_put_t *) job;

    if (agent_put_replace(p) == -1) {
        p->disk_err = errno;
    }
}


static int
agent_put_replace(agent_put_t *p)
{
    int     fd;
    mode_t  mode;

    mode = 0644;

    if (p->exists) {

        /* keep the owner of the previous file if permitted */

        if (fchown(p->fd, p->st.st_uid, p->st.st_gid) == -1
            && errno != EPERM && errno != EINVAL)
        {
            return -1;
        }

        mode = p->st.st_mode & 0777;
    }

    if (fchmod(p->fd, mode) == -1) {
        return -1;
    }

    /* some file systems report write errors only on close */

    fd = p->fd;
    p->fd = -1;

    if (close(fd) == -1 && errno != EINTR) {
        return -1;
    }

    return renameat(p->dir, p->temp, p->dir, p->name);
}


void
agent_put_disk_discard(agent_thread_job_t *job)
{
    agent_put_t  *p;

    p = (agent_put_t *) job;

    (void) unlinkat(p->dir, p->temp, 0);
}
