
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/refuse.h"
#include "archive/unpack.h"
#include "archive/unpack_dir.h"
#include "base/temporary.h"


static int agent_unpack_begin(void *data, const agent_tar_member_t *m,
    agent_fault_t *f);
static int agent_unpack_limits(agent_unpack_t *u, agent_fault_t *f);
static int agent_unpack_directory(agent_unpack_t *u, agent_fault_t *f);
static int agent_unpack_file(agent_unpack_t *u, agent_fault_t *f);
static int agent_unpack_symlink(agent_unpack_t *u, agent_fault_t *f);
static int agent_unpack_link(agent_unpack_t *u, agent_fault_t *f);
static void agent_unpack_temporary(agent_unpack_t *u);
static int agent_unpack_replace(agent_unpack_t *u);
static int agent_unpack_content(void *data, int64_t offset, const char *buf,
    size_t len, agent_fault_t *f);
static int agent_unpack_end(void *data, agent_fault_t *f);
static int agent_unpack_complete(agent_unpack_t *u);
static int agent_unpack_failed(agent_unpack_t *u, agent_fault_t *f);


const agent_tar_reader_ops_t  agent_unpack_ops = {
    agent_unpack_begin,
    agent_unpack_content,
    agent_unpack_end
};


int
agent_unpack_open(agent_unpack_t *u, int fd, int replace)
{
    memset(u, 0, sizeof(agent_unpack_t));

    u->root = fd;
    u->target = -1;
    u->dir = -1;
    u->fd = -1;

    if (!replace) {
        return 0;
    }

    u->root = agent_stage_open(&u->stage, fd);
    u->target = fd;

    return u->root == -1 ? -1 : 0;
}


int
agent_unpack_finish(agent_unpack_t *u)
{
    if (u->target != -1) {

        if (agent_stage_commit(&u->stage, u->root) == -1) {
            return -1;
        }

        (void) close(u->root);
        u->root = u->target;
        u->target = -1;
    }

    agent_unpack_dir_apply(u, NULL);

    return 0;
}


void
agent_unpack_close(agent_unpack_t *u)
{
    if (u->fd != -1) {
        (void) close(u->fd);
        (void) unlinkat(u->dir, u->temp[0] ? u->temp : u->base, 0);
        u->fd = -1;
    }

    if (u->dir != -1) {
        (void) close(u->dir);
        u->dir = -1;
    }

    if (u->root != -1) {
        (void) close(u->root);
        u->root = -1;
    }

    if (u->target != -1) {
        agent_stage_remove(&u->stage);
        (void) close(u->target);
        u->target = -1;
    }

    agent_unpack_dir_forget(u);
}


static int
agent_unpack_begin(void *data, const agent_tar_member_t *m, agent_fault_t *f)
{
    agent_unpack_t  *u = data;

    u->m = *m;
    u->shown = m->name;

    if (agent_unpack_limits(u, f) == -1
        || agent_unpack_dir_name(u->name, m->name, m->name, f) == -1)
    {
        return -1;
    }

    switch (m->type) {

    case AGENT_TAR_DIRECTORY:
        return agent_unpack_directory(u, f);

    case AGENT_TAR_FILE:
        return agent_unpack_file(u, f);

    case AGENT_TAR_SYMLINK:
        return agent_unpack_symlink(u, f);

    case AGENT_TAR_LINK:
        return agent_unpack_link(u, f);

    default:
        return agent_refuse(f, 400, u->shown, "is a device or a FIFO, which "
                            "are not extracted");
    }
}


static int
agent_unpack_limits(agent_unpack_t *u, agent_fault_t *f)
{
    int64_t                    size;
    const agent_tar_member_t  *m;

    m = &u->m;
    size = u->sparse ? m->stored : m->size;

    if (++u->entries > AGENT_UNPACK_ENTRIES) {
        return agent_refuse(f, 413, u->shown, "the archive has more than "
                            "1000000 members");
    }

    if (m->type != AGENT_TAR_FILE) {
        return 0;
    }

    if (m->mode & (S_ISUID|S_ISGID)) {
        return agent_refuse(f, 400, u->shown, "is set-user-ID or "
                            "set-group-ID, which is not extracted");
    }

    if (m->sparse && size > AGENT_UNPACK_FREE
        && size / AGENT_UNPACK_RATIO > m->stored)
    {
        return agent_refuse(f, 413, u->shown, "is a sparse file more than 200 "
                            "times as large as its data");
    }

    if (size > AGENT_UNPACK_BYTES - u->bytes) {
        return agent_refuse(f, 413, u->shown, "the archive has more than 64 "
                            "GB of files");
    }

    u->bytes += size;

    return 0;
}


static int
agent_unpack_directory(agent_unpack_t *u, agent_fault_t *f)
{
    if (u->m.mode & S_ISUID) {
        return agent_refuse(f, 400, u->shown, "is set-user-ID, which is not "
                            "extracted");
    }

    return agent_unpack_dir_make(u, f);
}


static int
agent_unpack_file(agent_unpack_t *u, agent_fault_t *f)
{
    int  flags;

    if (agent_unpack_dir_enter(u, f) == -1) {
        return -1;
    }

    flags = O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC;

    u->temp[0] = '\0';
    u->fd = openat(u->dir, u->base, flags, u->m.mode & 0777);

    if (u->fd == -1 && errno == EEXIST) {
        agent_unpack_temporary(u);
        u->fd = openat(u->dir, u->temp, flags, u->m.mode & 0777);
    }

    return u->fd == -1 ? agent_unpack_failed(u, f) : 0;
}


static int
agent_unpack_symlink(agent_unpack_t *u, agent_fault_t *f)
{
    const char       *name;
    struct timespec   times[2];

    /* where it points to does not matter: it is not followed */

    if (agent_unpack_dir_enter(u, f) == -1) {
        return -1;
    }

    u->temp[0] = '\0';

    if (symlinkat(u->m.link, u->dir, u->base) == -1) {

        if (errno != EEXIST) {
            return agent_unpack_failed(u, f);
        }

        agent_unpack_temporary(u);

        if (symlinkat(u->m.link, u->dir, u->temp) == -1) {
            return agent_unpack_failed(u, f);
        }
    }

    name = u->temp[0] ? u->temp : u->base;

    times[0].tv_nsec = UTIME_OMIT;
    times[1] = u->m.mtime;

    (void) utimensat(u->dir, name, times, AT_SYMLINK_NOFOLLOW);

    if (u->owner) {
        (void) fchownat(u->dir, name, u->m.uid, u->m.gid,
                        AT_SYMLINK_NOFOLLOW);
    }

    return agent_unpack_replace(u) == -1 ? agent_unpack_failed(u, f) : 0;
}


static int
agent_unpack_link(agent_unpack_t *u, agent_fault_t *f)
{
    int          dir, rc, err;
    char         link[AGENT_TAR_PATH + 1];
    const char  *base;
    struct stat  st;

    if (agent_unpack_dir_name(link, u->m.link, u->shown, f) == -1) {
        return -1;
    }

    if (strcmp(link, u->name) == 0) {
        return 0;
    }

    if (agent_unpack_dir_enter(u, f) == -1
        || agent_unpack_dir_find(u, link, &dir, &base, f) == -1)
    {
        return -1;
    }

    u->temp[0] = '\0';

    rc = fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW);

    if (rc == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
        (void) close(dir);
        return agent_refuse(f, 400, u->shown, "is a hard link to what is not "
                            "a file");
    }

    if (rc == 0) {
        rc = linkat(dir, base, u->dir, u->base, 0);

        if (rc == -1 && errno == EEXIST) {
            agent_unpack_temporary(u);
            rc = linkat(dir, base, u->dir, u->temp, 0);
        }
    }

    err = errno;
    (void) close(dir);
    errno = err;

    if (rc == -1 && errno == ENOENT) {
        return agent_refuse(f, 400, u->shown, "is a hard link to a file that "
                            "does not exist");
    }

    if (rc == -1 || agent_unpack_replace(u) == -1) {
        return agent_unpack_failed(u, f);
    }

    return 0;
}


/* a name that nothing in the archive has */

static void
agent_unpack_temporary(agent_unpack_t *u)
{
    agent_temporary_name(u->temp, "hydrate", 1);
}


/* a temporary name becomes the final one; 0, or -1 with errno */

static int
agent_unpack_replace(agent_unpack_t *u)
{
    int  err;

    if (u->temp[0] == '\0') {
        return 0;
    }

    if (renameat(u->dir, u->temp, u->dir, u->base) == 0) {

        /* of two names of one file, rename() leaves both */

        (void) unlinkat(u->dir, u->temp, 0);
        return 0;
    }

    if (errno == EISDIR && unlinkat(u->dir, u->base, AT_REMOVEDIR) == 0
        && renameat(u->dir, u->temp, u->dir, u->base) == 0)
    {
        return 0;
    }

    err = errno;
    (void) unlinkat(u->dir, u->temp, 0);
    errno = err;

    return -1;
}


static int
agent_unpack_content(void *data, int64_t offset, const char *buf, size_t len,
    agent_fault_t *f)
{
    ssize_t          n;
    agent_unpack_t  *u = data;

    while (len) {
        n = pwrite(u->fd, buf, len, offset);

        if (n == -1) {

            if (errno == EINTR) {
                continue;
            }

            return agent_unpack_failed(u, f);
        }

        buf += n;
        len -= n;
        offset += n;
    }

    return 0;
}


static int
agent_unpack_end(void *data, agent_fault_t *f)
{
    agent_unpack_t  *u = data;

    if (u->fd == -1) {
        return 0;
    }

    return agent_unpack_complete(u) == -1 ? agent_unpack_failed(u, f) : 0;
}


static int
agent_unpack_complete(agent_unpack_t *u)
{
    int                  fd;
    mode_t               mode;
    struct timespec      times[2];
    agent_tar_member_t  *m;

    m = &u->m;
    mode = m->mode & 01777;

    if (m->sparse && ftruncate(u->fd, m->size) == -1) {
        return -1;
    }

    if (u->owner) {
        (void) fchown(u->fd, m->uid, m->gid);
    }

    /* the file was created with what the umask of 022 leaves */

    if ((mode & ~0755) && fchmod(u->fd, mode) == -1) {
        return -1;
    }

    times[0].tv_nsec = UTIME_OMIT;
    times[1] = m->mtime;

    (void) futimens(u->fd, times);

    /* some file systems report write errors only on close */

    fd = u->fd;

    if (u->temp[0]) {
        u->fd = -1;

        if (close(fd) == -1 && errno != EINTR) {
            (void) unlinkat(u->dir, u->temp, 0);
            return -1;
        }

        return agent_unpack_replace(u);
    }

    u->fd = -1;

    if (close(fd) == -1 && errno != EINTR) {
        (void) unlinkat(u->dir, u->base, 0);
        return -1;
    }

    return 0;
}


static int
agent_unpack_failed(agent_unpack_t *u, agent_fault_t *f)
{
    return agent_refuse_errno(f, errno, 1, u->shown);
}
