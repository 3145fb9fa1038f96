
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "files/list_walk.h"
#include "files/sorted.h"
#include "sys/beneath.h"


/* what a level may use, however much the others do */
#define AGENT_LIST_WALK_LEAST  4096


static int agent_list_walk_part(const char **path, char *name);
static int agent_list_walk_push(agent_list_walk_t *w, int fd, size_t len,
    const char *after);
static int agent_list_walk_enter(agent_list_walk_t *w, const char *name,
    size_t len, const char *after);
static int agent_list_walk_kernel(int fd);
static int agent_list_walk_stat(agent_list_walk_t *w,
    agent_list_walk_level_t *l, const char *name);
static int agent_list_walk_failed(agent_list_walk_t *w,
    agent_list_walk_level_t *l, int err);
static void agent_list_walk_pop(agent_list_walk_t *w);


int
agent_list_walk_open(agent_list_walk_t *w, int fd, const char *after)
{
    int      rc;
    char     name[NAME_MAX + 1], next[NAME_MAX + 1];
    size_t   pos;

    w->n = 0;
    w->enter = 0;

    pos = 0;
    rc = agent_list_walk_part(&after, name);

    if (rc == 0) {
        rc = agent_list_walk_push(w, fd, 0, name);
    }

    if (rc == -1) {
        (void) close(fd);
        return -1;
    }

    /* each directory of the path, if it still is one, is continued */

    while (name[0] != '\0' && w->n < w->depth
           && (name[0] != '.' || w->hidden))
    {
        if (agent_list_walk_part(&after, next) == -1
            || pos + strlen(name) + 2 > sizeof(w->path))
        {
            errno = ENAMETOOLONG;
            return -1;
        }

        if (pos) {
            w->path[pos++] = '/';
        }

        strcpy(w->path + pos, name);
        pos += strlen(name);

        if (agent_list_walk_enter(w, name, pos, next) == -1) {
            break;
        }

        strcpy(name, next);
    }

    return 0;
}


/* the next name of a path; "" at its end */

static int
agent_list_walk_part(const char **path, char *name)
{
    size_t  len;

    *path += strspn(*path, "/");
    len = strcspn(*path, "/");

    if (len > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }

    memcpy(name, *path, len);
    name[len] = '\0';
    *path += len;

    return 0;
}


static int
agent_list_walk_push(agent_list_walk_t *w, int fd, size_t len,
    const char *after)
{
    size_t                    i, used, budget;
    agent_list_walk_level_t  *l;

    for (i = 0, used = 0; i < w->n; i++) {
        used += agent_sorted_memory(&w->levels[i].sorted);
    }

    budget = used < w->memory ? (w->memory - used) / 2 : 0;

    if (budget < AGENT_LIST_WALK_LEAST) {
        budget = AGENT_LIST_WALK_LEAST;
    }

    l = &w->levels[w->n];

    if (agent_sorted_open(&l->sorted, fd, after, budget) == -1) {
        return -1;
    }

    l->len = len;
    w->n++;

    return 0;
}


static int
agent_list_walk_enter(agent_list_walk_t *w, const char *name, size_t len,
    const char *after)
{
    int  fd, err;

    if (w->n == AGENT_LIST_WALK_DEPTH) {
        errno = ENAMETOOLONG;
        return -1;
    }

    fd = agent_beneath_open_directory_at(w->levels[w->n - 1].sorted.fd, name);

    if (fd == -1) {
        return -1;
    }

    /* as if it were not there: nobody asked for it */

    if (w->outside && agent_list_walk_kernel(fd)) {
        (void) close(fd);
        errno = ENOENT;
        return -1;
    }

    if (agent_list_walk_push(w, fd, len, after) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    return 0;
}


/* a file system of the kernel, whose files may be endless */

static int
agent_list_walk_kernel(int fd)
{
    struct statfs  fs;

    return fstatfs(fd, &fs) == 0
           && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}


int
agent_list_walk_next(agent_list_walk_t *w)
{
    int                       rc;
    size_t                    len;
    const char               *name;
    agent_list_walk_level_t  *l;

    if (w->enter) {
        w->enter = 0;

        if (agent_list_walk_enter(w, w->name, w->len, "") == -1
            && errno != ENOENT && errno != ENOTDIR)
        {
            w->err = errno;
            strcpy(w->failed, w->path);
            return 2;
        }
    }

    while (w->n) {
        l = &w->levels[w->n - 1];

        rc = agent_sorted_next(&l->sorted, &name);

        if (rc == -1) {
            return -1;
        }

        if (rc == 0) {
            agent_list_walk_pop(w);
            continue;
        }

        if (name[0] == '.' && !w->hidden) {
            continue;
        }

        len = l->len + (l->len != 0) + strlen(name);

        if (len >= sizeof(w->path)) {
            return agent_list_walk_failed(w, l, ENAMETOOLONG);
        }

        /* it may have gone since it was listed */

        if (agent_list_walk_stat(w, l, name) == -1) {

            if (errno == ENOENT) {
                continue;
            }

            return agent_list_walk_failed(w, l, errno);
        }

        if (l->len) {
            w->path[l->len] = '/';
        }

        strcpy(w->path + len - strlen(name), name);

        w->len = len;
        w->name = w->path + len - strlen(name);
        w->enter = (S_ISDIR(w->st.st_mode) && w->n < w->depth);

        return 1;
    }

    return 0;
}


static int
agent_list_walk_stat(agent_list_walk_t *w, agent_list_walk_level_t *l,
    const char *name)
{
    if (w->lazy && l->sorted.type != DT_UNKNOWN) {
        w->st.st_mode = DTTOIF(l->sorted.type);
        return 0;
    }

    return fstatat(l->sorted.fd, name, &w->st, AT_SYMLINK_NOFOLLOW);
}


/* something in a directory could not be read: the directory is told */

static int
agent_list_walk_failed(agent_list_walk_t *w, agent_list_walk_level_t *l,
    int err)
{
    w->err = err;
    memcpy(w->failed, w->path, l->len);
    w->failed[l->len] = '\0';

    return 2;
}


static void
agent_list_walk_pop(agent_list_walk_t *w)
{
    agent_sorted_t  *s;

    s = &w->levels[--w->n].sorted;

    agent_sorted_close(s);
    (void) close(s->fd);
}


void
agent_list_walk_skip(agent_list_walk_t *w)
{
    w->enter = 0;
}


int
agent_list_walk_directory(const agent_list_walk_t *w)
{
    return w->levels[w->n - 1].sorted.fd;
}


size_t
agent_list_walk_level(const agent_list_walk_t *w)
{
    return w->n;
}


void
agent_list_walk_close(agent_list_walk_t *w)
{
    while (w->n) {
        agent_list_walk_pop(w);
    }
}
