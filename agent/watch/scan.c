
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/path.h"
#include "base/time.h"
#include "files/param.h"
#include "sys/beneath.h"
#include "watch/scan.h"


#define AGENT_WATCH_SCAN_SLICE  10     /* ms */
#define AGENT_WATCH_SCAN_FOUND  (32 * 1024)    /* bytes of names, about */


static int agent_watch_scan_resolve(agent_watch_scan_t *s);
static int agent_watch_scan_inside(agent_watch_scan_t *s, int base);
static int agent_watch_scan_link(int fd, char *path);
static int agent_watch_scan_enter(agent_watch_scan_t *s);
static void agent_watch_scan_leave(agent_watch_scan_t *s);
static void agent_watch_scan_above(agent_watch_scan_t *s);
static int agent_watch_scan_add(agent_watch_scan_t *s, int fd, uint32_t mask);
static int agent_watch_scan_pending(agent_watch_scan_t *s);
static void agent_watch_scan_item(agent_watch_scan_t *s,
    agent_watch_scan_item_t *item);
static int agent_watch_scan_list(agent_watch_scan_t *s,
    agent_watch_scan_item_t *item, uint64_t until);
static int agent_watch_scan_directory(int fd, struct dirent *e);
static int agent_watch_scan_fatal(int err);


void
agent_watch_scan_open(agent_thread_job_t *job)
{
    agent_watch_scan_t  *s;

    s = (agent_watch_scan_t *) job;

    if (agent_watch_scan_resolve(s) == -1) {
        s->err = errno;
    }

    agent_watch_scan_leave(s);
}


static int
agent_watch_scan_resolve(agent_watch_scan_t *s)
{
    int              base, rc, err;
    struct stat      st;
    agent_beneath_t  b;

    base = agent_files_param_base(s->session);

    if (base == -1) {
        return -1;
    }

    rc = agent_beneath_resolve(&b, base, s->path, AGENT_BENEATH_FOLLOW);

    if (rc == 0 && !b.exists) {
        errno = ENOENT;
        rc = -1;
    }

    /* a file is watched in its directory: it may be replaced by a rename */

    if (rc == 0 && !S_ISDIR(b.st.st_mode)) {
        strcpy(s->only, b.name);
        strcpy(b.name, ".");
        b.exists = 1;
        b.st.st_mode = S_IFDIR;
    }

    if (rc == 0) {
        s->root = agent_beneath_open_directory(&b);
        rc = s->root == -1 ? -1 : fstat(s->root, &st);
    }

    if (rc == 0) {
        s->dev = st.st_dev;
        s->ino = st.st_ino;
        rc = agent_watch_scan_inside(s, base);
    }

    err = errno;
    (void) close(base);
    agent_beneath_close(&b);
    errno = err;

    return rc;
}


/* wherever links lead, it must be in the workspace */

static int
agent_watch_scan_inside(agent_watch_scan_t *s, int base)
{
    int     fd, rc;
    char    path[PATH_MAX], workspace[PATH_MAX];
    size_t  len;

    fd = open(AGENT_WORKSPACE, O_PATH|O_DIRECTORY|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    rc = agent_watch_scan_link(fd, workspace);
    (void) close(fd);

    if (rc == -1 || agent_watch_scan_link(s->root, s->real) == -1) {
        return -1;
    }

    len = strlen(workspace);

    if (strncmp(s->real, workspace, len) != 0
        || (s->real[len] != '/' && s->real[len] != '\0'))
    {
        s->outside = 1;
        errno = EACCES;
        return -1;
    }

    if (agent_watch_scan_link(base, path) == -1) {
        return -1;
    }

    if (agent_path_normalize(s->shown, sizeof(s->shown), path, s->path) != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }

    return 0;
}


/* the path of a descriptor */

static int
agent_watch_scan_link(int fd, char *path)
{
    char     link[64];
    ssize_t  n;

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, PATH_MAX - 1);

    if (n == -1) {
        return -1;
    }

    path[n] = '\0';

    return 0;
}


/* opens the directory, if it is still there */

static int
agent_watch_scan_enter(agent_watch_scan_t *s)
{
    int              base;
    struct stat      st;
    agent_beneath_t  b;

    base = open("/", O_PATH|O_DIRECTORY|O_CLOEXEC);

    if (base == -1) {
        s->err = errno;
        return -1;
    }

    if (agent_beneath_resolve(&b, base, s->real + 1, AGENT_BENEATH_INSIDE)
        == 0)
    {
        s->root = agent_beneath_open_directory(&b);
    }

    if (s->root == -1) {
        s->gone = !agent_watch_scan_fatal(errno);
        s->err = s->gone ? 0 : errno;

    } else if (fstat(s->root, &st) == -1 || st.st_dev != s->dev
               || st.st_ino != s->ino)
    {
        s->gone = 1;
    }

    (void) close(base);
    agent_beneath_close(&b);

    return s->gone || s->err ? -1 : 0;
}


static void
agent_watch_scan_leave(agent_watch_scan_t *s)
{
    if (s->root != -1) {
        (void) close(s->root);
        s->root = -1;
    }
}


void
agent_watch_scan_create(agent_thread_job_t *job)
{
    int                  fd;
    agent_watch_scan_t  *s;

    s = (agent_watch_scan_t *) job;

    if (agent_watch_scan_enter(s) == -1) {
        agent_watch_scan_leave(s);
        return;
    }

    s->inotify = inotify_init1(IN_NONBLOCK|IN_CLOEXEC);

    if (s->inotify != -1) {
        agent_watch_scan_above(s);
        agent_watch_scan_leave(s);
        return;
    }

    s->err = errno;

    if (s->err == EMFILE) {

        /* it is the limit of inotify, unless no file can be opened at all */

        fd = dup(s->root);

        if (fd != -1) {
            (void) close(fd);
            s->limit = EMFILE;
        }
    }

    agent_watch_scan_leave(s);
}


/*
 * When a directory above the watched one is renamed, the paths of its events
 * are no longer true.  The parent tells of the end of a directory that is
 * still in use.
 */

static void
agent_watch_scan_above(agent_watch_scan_t *s)
{
    int          fd, up, top;
    size_t       i;
    uint32_t     mask;
    struct stat  st, workspace;

    if (stat(AGENT_WORKSPACE, &workspace) == -1) {
        return;
    }

    fd = dup(s->root);

    for (i = 0; fd != -1 && i < AGENT_WATCH_SCAN_ABOVE; i++) {

        top = (fstat(fd, &st) == -1
               || (st.st_dev == workspace.st_dev
                   && st.st_ino == workspace.st_ino));

        if (top && i) {
            break;
        }

        up = openat(fd, "..", O_PATH|O_DIRECTORY|O_CLOEXEC);
        (void) close(fd);
        fd = up;

        mask = i ? IN_MOVE_SELF : IN_MOVE_SELF|IN_DELETE|IN_MOVED_TO;

        s->above[i] = fd == -1 ? -1 : agent_watch_scan_add(s, fd, mask);
        s->nabove = i + 1;

        if (top) {
            break;
        }
    }

    if (fd != -1) {
        (void) close(fd);
    }
}


static int
agent_watch_scan_add(agent_watch_scan_t *s, int fd, uint32_t mask)
{
    char  link[64];

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

    return inotify_add_watch(s->inotify, link, mask|IN_ONLYDIR);
}


void
agent_watch_scan_run(agent_thread_job_t *job)
{
    uint64_t                  until;
    agent_watch_scan_t       *s;
    agent_watch_scan_item_t  *item;

    s = (agent_watch_scan_t *) job;

    s->found.len = 0;
    s->pending = 0;
    until = agent_time_ms() + AGENT_WATCH_SCAN_SLICE;

    if (agent_watch_scan_enter(s) == -1) {
        agent_watch_scan_leave(s);
        return;
    }

    while (s->current < s->nitems && s->err == 0) {
        item = &s->items[s->current];

        if (s->dir == NULL) {
            agent_watch_scan_item(s, item);
        }

        if (s->dir && agent_watch_scan_list(s, item, until) == 0) {
            break;
        }

        item->complete = 1;
        s->current++;

        if (agent_time_ms() >= until
            || s->found.len >= AGENT_WATCH_SCAN_FOUND)
        {
            break;
        }
    }

    if (s->found.failed) {
        s->err = ENOMEM;
    }

    /*
     * whatever was listed and is an event too, is in the queue by now: among
     * this many bytes
     */

    s->pending = agent_watch_scan_pending(s);

    agent_watch_scan_leave(s);
}


/* errno is unchanged */

static int
agent_watch_scan_pending(agent_watch_scan_t *s)
{
    int  n, err;

    err = errno;

    if (ioctl(s->inotify, FIONREAD, &n) == -1) {
        n = 0;
    }

    errno = err;

    return n;
}


static void
agent_watch_scan_item(agent_watch_scan_t *s, agent_watch_scan_item_t *item)
{
    int              fd, rc;
    agent_beneath_t  b;

    item->opened = 1;
    item->wd = -1;
    fd = -1;

    rc = agent_beneath_resolve(&b, s->root, item->path[0] ? item->path : ".",
                               AGENT_BENEATH_INSIDE);
    if (rc == 0) {
        fd = agent_beneath_open_directory(&b);
    }

    if (fd != -1) {
        item->wd = agent_watch_scan_add(s, fd, s->mask);
        item->pending = agent_watch_scan_pending(s);
    }

    if (item->wd == -1) {
        item->err = errno;

        if (fd != -1 && errno == ENOSPC) {
            s->limit = ENOSPC;
        }

    } else {
        s->dir = fdopendir(fd);

        if (s->dir == NULL) {
            item->err = errno;
        }
    }

    if (s->dir == NULL) {

        if (fd != -1) {
            (void) close(fd);
        }

        if (agent_watch_scan_fatal(item->err)) {
            s->err = item->err;
        }
    }

    agent_beneath_close(&b);
}


/* 1: all of it is listed */

static int
agent_watch_scan_list(agent_watch_scan_t *s, agent_watch_scan_item_t *item,
    uint64_t until)
{
    int             is_directory;
    char            head[AGENT_WATCH_SCAN_ENTRY];
    unsigned        i;
    struct dirent  *e;

    for (i = 1; s->found.len < AGENT_WATCH_SCAN_FOUND; i++) {

        if (i % 64 == 0 && agent_time_ms() >= until) {
            break;
        }

        errno = 0;
        e = readdir(s->dir);

        if (e == NULL) {
            item->err = errno;
            (void) closedir(s->dir);
            s->dir = NULL;
            return 1;
        }

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }

        is_directory = agent_watch_scan_directory(dirfd(s->dir), e);

        if (is_directory || item->files) {
            head[0] = (char) s->current;
            head[1] = (char) is_directory;

            agent_buffer_add(&s->found, head, sizeof(head));
            agent_buffer_add(&s->found, e->d_name, strlen(e->d_name) + 1);
        }
    }

    return 0;
}


static int
agent_watch_scan_directory(int fd, struct dirent *e)
{
    struct stat  st;

    if (e->d_type != DT_UNKNOWN) {
        return e->d_type == DT_DIR;
    }

    return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
           && S_ISDIR(st.st_mode);
}


/* not of one directory, but of all that follow */

static int
agent_watch_scan_fatal(int err)
{
    return err == ENOSPC || err == ENOMEM || err == EMFILE || err == ENFILE;
}


void
agent_watch_scan_close(agent_watch_scan_t *s)
{
    size_t  i;

    if (s->dir) {
        (void) closedir(s->dir);
        s->dir = NULL;
    }

    for (i = 0; i < s->nitems; i++) {
        free(s->items[i].path);
    }

    s->nitems = 0;

    if (s->inotify != -1) {
        (void) close(s->inotify);
        s->inotify = -1;
    }

    agent_buffer_free(&s->found);
}
