
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "base/time.h"
#include "sys/beneath.h"
#include "sys/dirent.h"
#include "sys/remove.h"


#define AGENT_REMOVE_DEPTH   32        /* directories open at a time */

/* a directory that others keep filling is given up */
#define AGENT_REMOVE_PASSES  100


typedef struct {
    int       fd;
    off_t     pos;                     /* of the next entry */
    unsigned  passes;
    unsigned  removed:1;               /* something, in this pass */
    char      name[NAME_MAX + 1];
} agent_remove_level_t;


struct agent_remove_s {
    int                    dir;
    size_t                 n;          /* levels */
    unsigned               moved;      /* directories moved up */
    char                   random[17];
    agent_remove_level_t   levels[AGENT_REMOVE_DEPTH];
    char                   buf[8192];
};


static int agent_remove_pass(agent_remove_t *t);
static int agent_remove_entry(agent_remove_t *t, agent_remove_level_t *l,
    const char *name, int type);
static int agent_remove_enter(agent_remove_t *t, int dir, const char *name);
static int agent_remove_move_up(agent_remove_t *t, int dir, const char *name);
static int agent_remove_leave(agent_remove_t *t);
static int agent_remove_mounted(int fd);


agent_remove_t *
agent_remove_start(int dir, const char *name)
{
    agent_remove_t  *t;

    t = calloc(1, sizeof(agent_remove_t));

    if (t == NULL) {
        return NULL;
    }

    t->dir = dir;
    agent_random_hex(t->random, sizeof(t->random));

    if (agent_remove_enter(t, dir, name) == -1) {
        agent_remove_free(t);
        return NULL;
    }

    return t;
}


void
agent_remove_free(agent_remove_t *t)
{
    int  err;

    err = errno;

    while (t->n) {
        (void) close(t->levels[--t->n].fd);
    }

    free(t);
    errno = err;
}


int
agent_remove_step(agent_remove_t *t, uint64_t until)
{
    int  rc;

    do {
        rc = agent_remove_pass(t);
    } while (rc == 1 && agent_time_ms() < until);

    return rc;
}


/* a part of the innermost directory */

static int
agent_remove_pass(agent_remove_t *t)
{
    int                    rc;
    size_t                 n;
    ssize_t                len;
    agent_dirent_t        *d;
    agent_remove_level_t  *l;

    l = &t->levels[t->n - 1];

    if (lseek(l->fd, l->pos, SEEK_SET) == -1) {
        return -1;
    }

    len = agent_dirent_read(l->fd, t->buf, sizeof(t->buf));

    if (len == -1) {
        return -1;
    }

    if (len == 0) {
        return agent_remove_leave(t);
    }

    for (n = 0; n < (size_t) len; n += d->d_reclen) {
        d = (agent_dirent_t *) (t->buf + n);

        l->pos = d->d_off;

        if (agent_dirent_dots(d->d_name)) {
            continue;
        }

        rc = agent_remove_entry(t, l, d->d_name, d->d_type);

        if (rc != 0) {
            return rc;
        }
    }

    return 1;
}


/* 1: a directory was entered */

static int
agent_remove_entry(agent_remove_t *t, agent_remove_level_t *l,
    const char *name, int type)
{
    if (type != DT_DIR) {

        if (unlinkat(l->fd, name, 0) == 0) {
            l->removed = 1;
            return 0;
        }

        if (errno == ENOENT) {
            return 0;
        }

        if (errno != EISDIR && errno != EPERM) {
            return -1;
        }
    }

    if (unlinkat(l->fd, name, AT_REMOVEDIR) == 0) {
        l->removed = 1;
        return 0;
    }

    switch (errno) {

    case ENOENT:
        return 0;

    case ENOTDIR:

        /* replaced since it was listed, or not ours to remove */

        if (unlinkat(l->fd, name, 0) == 0) {
            l->removed = 1;
            return 0;
        }

        return errno == ENOENT ? 0 : -1;

    case ENOTEMPTY:
    case EEXIST:
        break;

    default:
        return -1;
    }

    if (t->n == AGENT_REMOVE_DEPTH) {
        return agent_remove_move_up(t, l->fd, name);
    }

    if (agent_remove_enter(t, l->fd, name) == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    return 1;
}


static int
agent_remove_enter(agent_remove_t *t, int dir, const char *name)
{
    int                    fd;
    agent_remove_level_t  *l;

    fd = agent_beneath_open_directory_at(dir, name);

    if (fd == -1) {
        return -1;
    }

    if (agent_remove_mounted(fd)) {
        (void) close(fd);
        errno = EBUSY;
        return -1;
    }

    l = &t->levels[t->n++];

    memset(l, 0, sizeof(agent_remove_level_t));

    l->fd = fd;
    (void) snprintf(l->name, sizeof(l->name), "%s", name);

    return 0;
}


/*
 * A directory that lies too deep moves to the top of the tree, and is removed
 * in the next pass over that.
 */

static int
agent_remove_move_up(agent_remove_t *t, int dir, const char *name)
{
    char  to[64];

    (void) snprintf(to, sizeof(to), ".sandbox-remove-%s-%u", t->random,
                    t->moved++);

    if (renameat(dir, name, t->levels[0].fd, to) == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    t->levels[t->n - 1].removed = 1;

    return 0;
}


/* all entries of the innermost directory have been seen */

static int
agent_remove_leave(agent_remove_t *t)
{
    int                    dir;
    agent_remove_level_t  *l;

    l = &t->levels[t->n - 1];
    dir = t->n == 1 ? t->dir : t->levels[t->n - 2].fd;

    if (unlinkat(dir, l->name, AT_REMOVEDIR) == -1 && errno != ENOENT) {

        if (errno != ENOTEMPTY && errno != EEXIST) {
            return -1;
        }

        /*
         * entries were missed, because removing changed their positions, or
         * are new
         */

        if ((!l->removed && l->passes) || l->passes == AGENT_REMOVE_PASSES) {
            errno = EBUSY;
            return -1;
        }

        l->pos = 0;
        l->removed = 0;
        l->passes++;

        return 1;
    }

    (void) close(l->fd);
    t->n--;

    if (t->n) {
        t->levels[t->n - 1].removed = 1;
    }

    return t->n != 0;
}


static int
agent_remove_mounted(int fd)
{
    struct statx  sx;

    /* an old kernel does not say so, and refuses to remove it at the end */

    return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &sx) == 0
           && (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}
