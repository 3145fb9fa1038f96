
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/beneath.h"


#define AGENT_BENEATH_LINKS  40        /* the kernel's own limit */
#define AGENT_BENEATH_MODE   0755


/* a path that is being walked */

typedef struct {
    agent_beneath_t  *b;
    unsigned          flags;
    unsigned          links;
    char             *p;               /* what is left of it, in text */
    size_t            own;             /* of that: not the text of a link */
    char              text[PATH_MAX * 2];
} agent_beneath_walk_t;


static int agent_beneath_step(agent_beneath_walk_t *w);
static int agent_beneath_enter(agent_beneath_walk_t *w, const char *name);
static int agent_beneath_last(agent_beneath_walk_t *w, int slash);
static int agent_beneath_link(agent_beneath_walk_t *w, const char *name);
static int agent_beneath_move(agent_beneath_t *b, int fd);
static int agent_beneath_guard(int fd);
static int agent_beneath_own(const char *path);
static int agent_beneath_type(const struct stat *st);


int
agent_beneath_resolve(agent_beneath_t *b, int base, const char *path,
    unsigned flags)
{
    int                    rc;
    size_t                 len;
    agent_beneath_walk_t   w;

    b->dir = -1;
    b->name[0] = '\0';
    b->exists = 0;
    b->slash = 0;

    len = strlen(path);

    if (len == 0 || len >= PATH_MAX) {
        errno = len ? ENAMETOOLONG : ENOENT;
        return -1;
    }

    if (path[0] != '/') {
        b->dir = fcntl(base, F_DUPFD_CLOEXEC, 0);

    } else if (flags & AGENT_BENEATH_INSIDE) {
        errno = EXDEV;

    } else {
        b->dir = open("/", O_PATH|O_DIRECTORY|O_CLOEXEC);
    }

    if (b->dir == -1) {
        return -1;
    }

    w.b = b;
    w.flags = flags;
    w.links = 0;
    w.own = len;
    w.p = w.text;

    memcpy(w.text, path, len + 1);

    do {
        rc = agent_beneath_step(&w);
    } while (rc == 1);

    if (rc == -1) {
        return -1;
    }

    return agent_beneath_guard(b->dir);
}


/* 1: there is more of the path, 0: the last name is resolved, or -1 */

static int
agent_beneath_step(agent_beneath_walk_t *w)
{
    int               fd, slash;
    char             *end;
    size_t            len;
    agent_beneath_t  *b;

    b = w->b;

    w->p += strspn(w->p, "/");
    len = strcspn(w->p, "/");

    if (len > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }

    memcpy(b->name, w->p, len);
    b->name[len] = '\0';

    end = w->p + len;
    slash = (*end == '/');
    w->p = end + strspn(end, "/");

    if (strcmp(b->name, "..") == 0) {

        if (w->flags & AGENT_BENEATH_INSIDE) {
            errno = EXDEV;
            return -1;
        }

        fd = openat(b->dir, "..", O_PATH|O_DIRECTORY|O_CLOEXEC);

        if (agent_beneath_move(b, fd) == -1) {
            return -1;
        }

        strcpy(b->name, ".");
    }

    if (len == 0) {
        strcpy(b->name, ".");
    }

    if (*w->p == '\0') {
        return agent_beneath_last(w, slash);
    }

    if (strcmp(b->name, ".") == 0) {
        return 1;
    }

    return agent_beneath_enter(w, b->name);
}


static int
agent_beneath_enter(agent_beneath_walk_t *w, const char *name)
{
    int  fd, dir;

    static const int  flags = O_PATH|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC;

    dir = w->b->dir;
    fd = openat(dir, name, flags);

    /* a name in the text of a link is not created */

    if (fd == -1 && errno == ENOENT && (w->flags & AGENT_BENEATH_PARENTS)
        && strlen(w->p) < w->own)
    {

        if (agent_beneath_mkdir(dir, name, AGENT_BENEATH_MODE) == -1
            && errno != EEXIST)
        {
            return -1;
        }

        fd = openat(dir, name, flags);
    }

    if (fd == -1 && (errno == ENOTDIR || errno == ELOOP)) {
        return agent_beneath_link(w, name);
    }

    return agent_beneath_move(w->b, fd) == -1 ? -1 : 1;
}


static int
agent_beneath_last(agent_beneath_walk_t *w, int slash)
{
    agent_beneath_t  *b;

    b = w->b;
    b->slash |= slash;

    if (fstatat(b->dir, b->name, &b->st, AT_SYMLINK_NOFOLLOW) == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    if (S_ISLNK(b->st.st_mode)
        && ((w->flags & AGENT_BENEATH_FOLLOW) || b->slash))
    {
        return agent_beneath_link(w, b->name);
    }

    if (b->slash && !S_ISDIR(b->st.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }

    b->exists = 1;

    return 0;
}


/* what is left of the path now begins with the text of the link */

static int
agent_beneath_link(agent_beneath_walk_t *w, const char *name)
{
    int      fd;
    char     text[PATH_MAX];
    size_t   len;
    ssize_t  n;

    n = readlinkat(w->b->dir, name, text, sizeof(text) - 1);

    if (n == -1) {
        errno = errno == EINVAL ? ENOTDIR : errno;
        return -1;
    }

    if (++w->links > AGENT_BENEATH_LINKS
        || (w->flags & AGENT_BENEATH_INSIDE))
    {
        errno = ELOOP;
        return -1;
    }

    if (n == 0) {
        errno = ENOENT;
        return -1;
    }

    len = strlen(w->p);

    if (w->own > len) {
        w->own = len;
    }

    if (n + 1 + len >= sizeof(w->text)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    /* no slash is added after a last name: it would ask for a directory */

    memmove(w->text + n + (len != 0), w->p, len + 1);
    memcpy(w->text, text, n);

    if (len) {
        w->text[n] = '/';
    }

    w->p = w->text;

    if (text[0] != '/') {
        return 1;
    }

    fd = open("/", O_PATH|O_DIRECTORY|O_CLOEXEC);

    return agent_beneath_move(w->b, fd) == -1 ? -1 : 1;
}


/* fd, or -1 with errno, is the next directory */

static int
agent_beneath_move(agent_beneath_t *b, int fd)
{
    if (fd == -1) {
        return -1;
    }

    (void) close(b->dir);
    b->dir = fd;

    return 0;
}


void
agent_beneath_close(agent_beneath_t *b)
{
    int  err;

    err = errno;

    if (b->dir != -1) {
        (void) close(b->dir);
        b->dir = -1;
    }

    errno = err;
}


int
agent_beneath_open_file(agent_beneath_t *b, int flags)
{
    if (!b->exists) {
        errno = ENOENT;
        return -1;
    }

    if (agent_beneath_type(&b->st) == -1) {
        return -1;
    }

    return agent_beneath_open_at(b->dir, b->name, flags, &b->st);
}


int
agent_beneath_open_at(int dir, const char *name, int flags, struct stat *st)
{
    int  fd, err;

    /*
     * the caller has seen a regular file; where it was replaced meanwhile,
     * opening must not wait, and a link is not followed
     */

    fd = openat(dir, name,
                flags|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);

    if (fd == -1) {
        errno = errno == ELOOP ? EBUSY : errno;
        return -1;
    }

    if (fstat(fd, st) == -1 || agent_beneath_type(st) == -1
        || agent_beneath_guard(fd) == -1)
    {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    return fd;
}


int
agent_beneath_open_directory(agent_beneath_t *b)
{
    if (!b->exists) {
        errno = ENOENT;
        return -1;
    }

    if (!S_ISDIR(b->st.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }

    return agent_beneath_open_directory_at(b->dir, b->name);
}


int
agent_beneath_open_directory_at(int dir, const char *name)
{
    int  fd, err;

    fd = openat(dir, name,
                O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == -1) {
        errno = errno == ELOOP ? ENOTDIR : errno;
        return -1;
    }

    if (agent_beneath_guard(fd) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    return fd;
}


int
agent_beneath_chmod(int dir, const char *name, mode_t mode)
{
    int          fd, rc, err;
    char         path[64];
    struct stat  st;

    fd = openat(dir, name, O_PATH|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    rc = fstat(fd, &st);

    if (rc == 0 && S_ISLNK(st.st_mode)) {
        rc = -1;
        errno = EBUSY;
    }

    /* fchmod() takes no O_PATH descriptor */

    if (rc == 0) {
        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        rc = chmod(path, mode);
    }

    err = errno;
    (void) close(fd);
    errno = err;

    return rc;
}


int
agent_beneath_mkdir(int dir, const char *name, mode_t mode)
{
    /* our umask is 022; a set-group-id bit may have been inherited */

    if (mkdirat(dir, name, mode & 0755) == -1) {
        return -1;
    }

    return (mode & ~0755) ? agent_beneath_chmod(dir, name, mode) : 0;
}


/* EACCES for a file or directory below /proc that is the agent's own */

static int
agent_beneath_guard(int fd)
{
    char           link[64], path[256];
    ssize_t        n;
    struct statfs  fs;

    if (fstatfs(fd, &fs) == -1) {
        return -1;
    }

    if (fs.f_type != PROC_SUPER_MAGIC) {
        return 0;
    }

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);

    if (n == -1) {
        return -1;
    }

    path[n] = '\0';

    if (agent_beneath_own(path)) {
        errno = EACCES;
        return -1;
    }

    return 0;
}


/* a name in the path is the id of one of our threads */

static int
agent_beneath_own(const char *path)
{
    long   id;
    char  *end;

    while ((path = strchr(path, '/')) != NULL) {
        path++;

        id = strtol(path, &end, 10);

        if (end != path && (*end == '/' || *end == '\0')
            && syscall(SYS_tgkill, getpid(), id, 0) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
agent_beneath_type(const struct stat *st)
{
    if (S_ISREG(st->st_mode)) {
        return 0;
    }

    errno = S_ISDIR(st->st_mode) ? EISDIR : ENXIO;

    return -1;
}
