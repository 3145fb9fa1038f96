
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/walk.h"


#define AGENT_WALK_BUFFER   32768

/* bytes of names held: of all levels, and of a level at least and at most */
#define AGENT_WALK_MEMORY   (512 * 1024)
#define AGENT_WALK_MIN      4096
#define AGENT_WALK_MAX      (256 * 1024)

/* directories above this many are closed, and opened again on return */
#define AGENT_WALK_OPEN     64


struct agent_walk_level_s {
    int        fd;                     /* -1: closed */
    dev_t      dev;
    ino_t      ino;
    size_t     len;                    /* of the path of the directory */

    char      *names;                  /* each a type and a string */
    size_t     used;
    size_t     size;
    uint32_t  *order;                  /* offsets of names, sorted */
    size_t     n;
    size_t     next;
    unsigned   more:1;                 /* names follow those in the list */
};


static int agent_walk_push(agent_walk_t *w, int fd);
static void agent_walk_pop(agent_walk_t *w);
static int agent_walk_reopen(agent_walk_t *w);
static int agent_walk_read(agent_walk_t *w, agent_walk_level_t *l);
static int agent_walk_add(agent_walk_t *w, agent_walk_level_t *l, size_t max,
    char *cut, const struct dirent64 *e);
static int agent_walk_sort(agent_walk_level_t *l);
static void agent_walk_keep(agent_walk_level_t *l, const char *cut);
static void agent_walk_unique(agent_walk_level_t *l);
static int agent_walk_compare(const void *one, const void *two, void *data);
static void agent_walk_free(agent_walk_t *w, agent_walk_level_t *l);


int
agent_walk_open(agent_walk_t *w, int dir)
{
    int  err;

    memset(w, 0, sizeof(agent_walk_t));

    w->path[0] = '.';
    w->len = 1;
    w->name = w->path;
    w->dir = -1;

    w->buf = malloc(AGENT_WALK_BUFFER);

    if (w->buf == NULL || agent_walk_push(w, dir) == -1) {
        err = w->buf ? errno : ENOMEM;
        (void) close(dir);
        errno = err;
        return -1;
    }

    return 0;
}


void
agent_walk_close(agent_walk_t *w)
{
    while (w->depth) {
        agent_walk_pop(w);
    }

    free(w->levels);
    free(w->buf);

    w->levels = NULL;
    w->buf = NULL;
}


int
agent_walk_current(const agent_walk_t *w)
{
    return w->levels[w->depth - 1].fd;
}


int
agent_walk_next(agent_walk_t *w)
{
    char                *name;
    size_t               len;
    agent_walk_level_t  *l;

    for ( ;; ) {

        if (w->depth == 0) {
            return 0;
        }

        l = &w->levels[w->depth - 1];

        if (l->next < l->n) {
            break;
        }

        if (!l->more) {

            if (w->depth > 1 && agent_walk_reopen(w) == -1) {
                return -1;
            }

            agent_walk_pop(w);
            continue;
        }

        if (agent_walk_read(w, l) == -1) {
            return -1;
        }
    }

    name = l->names + l->order[l->next++];
    len = strlen(name + 1);

    if (l->len + 1 + len > AGENT_TAR_PATH - 1) {
        errno = ENAMETOOLONG;
        return -1;
    }

    w->path[l->len] = '/';
    memcpy(w->path + l->len + 1, name + 1, len + 1);

    w->len = l->len + 1 + len;
    w->name = w->path + l->len + 1;
    w->dir = l->fd;
    w->type = (unsigned char) name[0];

    return 1;
}


int
agent_walk_enter(agent_walk_t *w)
{
    int  fd, err;

    fd = openat(w->dir, w->name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_NONBLOCK
                                 |O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    if (agent_walk_push(w, fd) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    return 0;
}


static int
agent_walk_push(agent_walk_t *w, int fd)
{
    size_t               n;
    struct stat          st;
    agent_walk_level_t  *l;

    if (fstat(fd, &st) == -1) {
        return -1;
    }

    if (w->depth == w->nlevels) {
        n = w->nlevels + 32;
        l = realloc(w->levels, n * sizeof(agent_walk_level_t));

        if (l == NULL) {
            errno = ENOMEM;
            return -1;
        }

        w->levels = l;
        w->nlevels = n;
    }

    l = &w->levels[w->depth++];
    memset(l, 0, sizeof(agent_walk_level_t));

    l->fd = fd;
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    l->len = w->len;
    l->more = 1;

    if (w->depth > AGENT_WALK_OPEN) {
        l -= AGENT_WALK_OPEN;

        if (l->fd != -1) {
            (void) close(l->fd);
            l->fd = -1;
        }
    }

    return 0;
}


static void
agent_walk_pop(agent_walk_t *w)
{
    agent_walk_level_t  *l;

    l = &w->levels[--w->depth];

    if (l->fd != -1) {
        (void) close(l->fd);
    }

    agent_walk_free(w, l);
}


/* opens the directory above this one, unless it is open */

static int
agent_walk_reopen(agent_walk_t *w)
{
    int                  fd;
    struct stat          st;
    agent_walk_level_t  *l;

    l = &w->levels[w->depth - 2];

    if (l->fd != -1) {
        return 0;
    }

    fd = openat(l[1].fd, "..", O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    /* the directory may have been moved meanwhile */

    if (fstat(fd, &st) == -1 || st.st_dev != l->dev || st.st_ino != l->ino) {
        (void) close(fd);
        errno = ESTALE;
        return -1;
    }

    l->fd = fd;

    return 0;
}


/* lists the next names of a directory */

static int
agent_walk_read(agent_walk_t *w, agent_walk_level_t *l)
{
    char                    last[256], cut[256];
    size_t                  max;
    ssize_t                 n, i;
    const struct dirent64  *e;

    last[0] = '\0';

    if (l->n) {
        (void) stpcpy(last, l->names + l->order[l->n - 1] + 1);
    }

    agent_walk_free(w, l);

    max = w->memory < AGENT_WALK_MEMORY ? (AGENT_WALK_MEMORY - w->memory) / 2
                                        : 0;

    if (max > AGENT_WALK_MAX) {
        max = AGENT_WALK_MAX;
    }

    if (max < AGENT_WALK_MIN) {
        max = AGENT_WALK_MIN;
    }

    cut[0] = '\0';

    if (lseek(l->fd, 0, SEEK_SET) == -1) {
        return -1;
    }

    while ((n = getdents64(l->fd, w->buf, AGENT_WALK_BUFFER)) > 0) {

        for (i = 0; i < n; i += e->d_reclen) {
            e = (const struct dirent64 *) (w->buf + i);

            if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0
                || strcmp(e->d_name, last) <= 0
                || (cut[0] && strcmp(e->d_name, cut) >= 0))
            {
                continue;
            }

            if (agent_walk_add(w, l, max, cut, e) == -1) {
                return -1;
            }
        }
    }

    /* a directory that was removed while it was open reads so */

    if (n == -1 && errno != ENOENT) {
        return -1;
    }

    if (agent_walk_sort(l) == -1) {
        return -1;
    }

    agent_walk_unique(l);

    l->more = (cut[0] != '\0');

    return 0;
}


/*
 * Adds a name to the list.  When it is full, the first half of the names stays
 * in it; from then on, cut is the first name that does not belong to it.
 */

static int
agent_walk_add(agent_walk_t *w, agent_walk_level_t *l, size_t max, char *cut,
    const struct dirent64 *e)
{
    char    *p;
    size_t   len, size;

    len = strlen(e->d_name);

    if (l->used + len + 2 > l->size && l->size >= max) {

        if (agent_walk_sort(l) == -1) {
            return -1;
        }

        (void) stpcpy(cut, l->names + l->order[l->n / 2] + 1);
        agent_walk_keep(l, cut);

        if (strcmp(e->d_name, cut) >= 0) {
            return 0;
        }
    }

    if (l->used + len + 2 > l->size) {
        size = l->size ? l->size * 2 : 1024;

        p = realloc(l->names, size);

        if (p == NULL) {
            errno = ENOMEM;
            return -1;
        }

        w->memory += size - l->size;
        l->names = p;
        l->size = size;
    }

    p = l->names + l->used;
    *p++ = (char) e->d_type;
    memcpy(p, e->d_name, len + 1);

    l->used += len + 2;
    l->n++;

    return 0;
}


static int
agent_walk_sort(agent_walk_level_t *l)
{
    size_t     i, pos;
    uint32_t  *order;

    free(l->order);
    l->order = NULL;

    if (l->n == 0) {
        return 0;
    }

    order = malloc(l->n * sizeof(uint32_t));

    if (order == NULL) {
        errno = ENOMEM;
        return -1;
    }

    for (i = 0, pos = 0; i < l->n; i++) {
        order[i] = pos;
        pos += strlen(l->names + pos + 1) + 2;
    }

    qsort_r(order, l->n, sizeof(uint32_t), agent_walk_compare, l->names);

    l->order = order;

    return 0;
}


/* drops all names from cut on */

static void
agent_walk_keep(agent_walk_level_t *l, const char *cut)
{
    char    *p, *src;
    size_t   len;

    p = l->names;
    l->n = 0;

    for (src = l->names; src < l->names + l->used; src += len) {
        len = strlen(src + 1) + 2;

        if (strcmp(src + 1, cut) < 0) {
            memmove(p, src, len);
            p += len;
            l->n++;
        }
    }

    l->used = p - l->names;
}


static int
agent_walk_compare(const void *one, const void *two, void *data)
{
    const char  *names = data;

    return strcmp(names + *(const uint32_t *) one + 1,
                  names + *(const uint32_t *) two + 1);
}


/* a name that is removed and made again may be read twice */

static void
agent_walk_unique(agent_walk_level_t *l)
{
    size_t  i, n;

    for (i = 0, n = 0; i < l->n; i++) {

        if (n == 0 || strcmp(l->names + l->order[n - 1] + 1,
                             l->names + l->order[i] + 1)
                      != 0)
        {
            l->order[n++] = l->order[i];
        }
    }

    l->n = n;
}


static void
agent_walk_free(agent_walk_t *w, agent_walk_level_t *l)
{
    w->memory -= l->size;

    free(l->names);
    free(l->order);

    l->names = NULL;
    l->order = NULL;
    l->used = 0;
    l->size = 0;
    l->n = 0;
    l->next = 0;
}
