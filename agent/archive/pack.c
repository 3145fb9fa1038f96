
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

#include "archive/links.h"
#include "archive/pack.h"
#include "archive/tar.h"
#include "archive/tar_writer.h"
#include "archive/walk.h"
#include "base/buffer.h"


/* parts of a sparse file that are told apart; the last one is the rest */
#define AGENT_PACK_PARTS    4096

/* attempts to open what is being replaced by something else */
#define AGENT_PACK_TRIES    3


typedef struct {
    int64_t              offset;
    int64_t              len;
} agent_pack_part_t;


struct agent_pack_s {
    const agent_pack_options_t  *options;
    agent_walk_t         walk;
    agent_links_t        links;

    int                  fd;           /* the file that is read; or -1 */
    int64_t              offset;
    int64_t              left;         /* bytes of this part */
    size_t               pad;          /* zeros after the file */

    agent_buffer_t       map;          /* of a sparse file, not yet written */
    agent_pack_part_t   *parts;
    size_t               nparts;
    size_t               part;

    unsigned             opened:1;
    unsigned             begun:1;
    unsigned             ended:1;
};


static int agent_pack_root(agent_pack_t *p, char *buf, size_t *n);
static int agent_pack_next(agent_pack_t *p, char *buf, size_t *n);
static int agent_pack_entry(agent_pack_t *p, mode_t type, char *buf,
    size_t *n);
static int agent_pack_directory(agent_pack_t *p, char *buf, size_t *n);
static int agent_pack_symlink(agent_pack_t *p, char *buf, size_t *n);
static int agent_pack_file(agent_pack_t *p, char *buf, size_t *n);
static int agent_pack_holes(agent_pack_t *p, int fd, int64_t size);
static int agent_pack_map(agent_pack_t *p, int64_t *stored);
static int agent_pack_headers(agent_tar_member_t *m, const struct stat *st,
    char *buf, size_t *n);
static int agent_pack_content(agent_pack_t *p, char *buf, size_t size,
    size_t *n);


agent_pack_t *
agent_pack_create(const agent_pack_options_t *options)
{
    agent_pack_t  *p;

    p = calloc(1, sizeof(agent_pack_t));

    if (p) {
        p->options = options;
        p->fd = -1;
    }

    return p;
}


void
agent_pack_free(agent_pack_t *p)
{
    if (p->fd != -1) {
        (void) close(p->fd);
    }

    if (p->opened) {
        agent_walk_close(&p->walk);
    }

    agent_links_free(&p->links);
    agent_buffer_free(&p->map);
    free(p->parts);
    free(p);
}


int
agent_pack_open(agent_pack_t *p, int fd)
{
    if (agent_walk_open(&p->walk, fd) == -1) {
        return -1;
    }

    p->opened = 1;

    return 0;
}


const char *
agent_pack_path(const agent_pack_t *p)
{
    return p->opened ? p->walk.path : ".";
}


ssize_t
agent_pack_read(agent_pack_t *p, char *buf, size_t size)
{
    int     rc;
    size_t  n;

    n = 0;

    for ( ;; ) {

        if (p->fd != -1 || p->pad) {

            if (agent_pack_content(p, buf, size, &n) == -1) {
                return -1;
            }

            if (n == size) {
                return n;
            }

            continue;
        }

        if (p->ended || size - n < AGENT_TAR_WRITER_HEADERS) {
            return n;
        }

        if (!p->begun) {
            p->begun = 1;
            rc = agent_pack_root(p, buf, &n);

        } else {
            rc = agent_pack_next(p, buf, &n);
        }

        if (rc == -1) {
            return -1;
        }
    }
}


static int
agent_pack_root(agent_pack_t *p, char *buf, size_t *n)
{
    struct stat          st;
    agent_tar_member_t   m;

    if (fstat(agent_walk_current(&p->walk), &st) == -1) {
        return -1;
    }

    memset(&m, 0, sizeof(agent_tar_member_t));
    m.type = AGENT_TAR_DIRECTORY;
    m.name = "./";

    return agent_pack_headers(&m, &st, buf, n);
}


static int
agent_pack_next(agent_pack_t *p, char *buf, size_t *n)
{
    int            rc, i;
    mode_t         type;
    struct stat    st;
    agent_walk_t  *w;

    w = &p->walk;

    rc = agent_walk_next(w);

    if (rc == -1) {
        return -1;
    }

    if (rc == 0) {
        memset(buf + *n, 0, AGENT_TAR_WRITER_END);
        *n += AGENT_TAR_WRITER_END;
        p->ended = 1;
        return 0;
    }

    if (agent_exclude_match(&p->options->exclude, w->path + 2)) {
        return 0;
    }

    type = DTTOIF(w->type);

    for (i = 0; i < AGENT_PACK_TRIES; i++) {

        if (i || w->type == DT_UNKNOWN) {

            if (fstatat(w->dir, w->name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
                return errno == ENOENT ? 0 : -1;
            }

            type = st.st_mode & S_IFMT;
        }

        if (agent_pack_entry(p, type, buf, n) == 0) {
            return 0;
        }

        switch (errno) {

        case ENOENT:
            return 0;

        /* it is no longer what it was */

        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case EINVAL:
        case ENXIO:
        case ENODEV:
            break;

        default:
            return -1;
        }
    }

    return 0;
}


static int
agent_pack_entry(agent_pack_t *p, mode_t type, char *buf, size_t *n)
{
    switch (type) {

    case S_IFDIR:
        return agent_pack_directory(p, buf, n);

    case S_IFREG:
        return agent_pack_file(p, buf, n);

    case S_IFLNK:
        return agent_pack_symlink(p, buf, n);

    default:
        return 0;
    }
}


static int
agent_pack_directory(agent_pack_t *p, char *buf, size_t *n)
{
    int                  rc;
    struct stat          st;
    agent_walk_t        *w;
    agent_tar_member_t   m;

    w = &p->walk;

    if (agent_walk_enter(w) == -1) {
        return -1;
    }

    if (fstat(agent_walk_current(w), &st) == -1) {
        return -1;
    }

    memset(&m, 0, sizeof(agent_tar_member_t));
    m.type = AGENT_TAR_DIRECTORY;
    m.name = w->path;

    w->path[w->len] = '/';
    w->path[w->len + 1] = '\0';

    rc = agent_pack_headers(&m, &st, buf, n);

    w->path[w->len] = '\0';

    return rc;
}


static int
agent_pack_symlink(agent_pack_t *p, char *buf, size_t *n)
{
    char                 target[AGENT_TAR_PATH + 1];
    ssize_t              len;
    struct stat          st;
    agent_walk_t        *w;
    agent_tar_member_t   m;

    w = &p->walk;

    if (fstatat(w->dir, w->name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        return -1;
    }

    len = readlinkat(w->dir, w->name, target, AGENT_TAR_PATH);

    if (len == -1) {
        return -1;
    }

    target[len] = '\0';

    memset(&m, 0, sizeof(agent_tar_member_t));
    m.type = AGENT_TAR_SYMLINK;
    m.name = w->path;
    m.link = target;

    return agent_pack_headers(&m, &st, buf, n);
}


static int
agent_pack_file(agent_pack_t *p, char *buf, size_t *n)
{
    int                  fd, rc, err;
    char                *link;
    struct stat          st;
    agent_walk_t        *w;
    agent_tar_member_t   m;

    w = &p->walk;
    link = NULL;

    fd = openat(w->dir, w->name, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY
                                 |O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    if (fstat(fd, &st) == -1) {
        goto failed;
    }

    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        goto failed;
    }

    memset(&m, 0, sizeof(agent_tar_member_t));
    m.type = AGENT_TAR_FILE;
    m.name = w->path;
    m.size = st.st_size;
    m.stored = st.st_size;

    if (p->options->links && st.st_nlink > 1) {
        link = agent_links_find(&p->links, &st, w->path);
    }

    if (link) {
        m.type = AGENT_TAR_LINK;
        m.link = link;
    }

    p->nparts = 0;
    p->part = 0;

    if (m.type == AGENT_TAR_FILE && p->options->sparse
        && (int64_t) st.st_blocks * 512 < st.st_size)
    {
        m.sparse = 1;

        if (agent_pack_holes(p, fd, st.st_size) == -1
            || agent_pack_map(p, &m.stored) == -1)
        {
            goto failed;
        }
    }

    rc = agent_pack_headers(&m, &st, buf, n);

    if (rc == -1) {
        goto failed;
    }

    free(link);

    if (m.type == AGENT_TAR_LINK || m.stored == 0) {
        (void) close(fd);
        return 0;
    }

    p->fd = fd;
    p->offset = 0;
    p->left = m.sparse ? 0 : m.size;
    p->pad = agent_tar_pad(m.stored);

    return 0;

failed:

    err = errno;
    (void) close(fd);
    free(link);
    errno = err;

    return -1;
}


/* lists the parts of a file that are not holes */

static int
agent_pack_holes(agent_pack_t *p, int fd, int64_t size)
{
    int64_t             data, hole;
    agent_pack_part_t  *part;

    if (p->parts == NULL) {
        p->parts = malloc(AGENT_PACK_PARTS * sizeof(agent_pack_part_t));

        if (p->parts == NULL) {
            errno = ENOMEM;
            return -1;
        }
    }

    hole = 0;

    while (hole < size && p->nparts < AGENT_PACK_PARTS - 1) {
        data = lseek(fd, hole, SEEK_DATA);

        if (data == -1 && errno != ENXIO) {
            return -1;
        }

        if (data == -1 || data >= size) {
            break;
        }

        hole = lseek(fd, data, SEEK_HOLE);

        if (hole == -1) {
            return -1;
        }

        if (hole > size || p->nparts == AGENT_PACK_PARTS - 2) {
            hole = size;
        }

        part = &p->parts[p->nparts++];
        part->offset = data;
        part->len = hole - data;
    }

    /* GNU tar marks the end of the file with an empty part */

    part = &p->parts[p->nparts++];
    part->offset = size;
    part->len = 0;

    return 0;
}


/* the map that begins a sparse member: decimal numbers, a line each */

static int
agent_pack_map(agent_pack_t *p, int64_t *stored)
{
    size_t  i, pad;
    char    zeros[AGENT_TAR_BLOCK];

    *stored = 0;

    agent_buffer_printf(&p->map, "%zu\n", p->nparts);

    for (i = 0; i < p->nparts; i++) {
        agent_buffer_printf(&p->map, "%lld\n%lld\n",
                            (long long) p->parts[i].offset,
                            (long long) p->parts[i].len);
        *stored += p->parts[i].len;
    }

    memset(zeros, 0, sizeof(zeros));
    pad = agent_tar_pad(p->map.len);
    agent_buffer_add(&p->map, zeros, pad);

    if (p->map.failed) {
        errno = ENOMEM;
        return -1;
    }

    *stored += p->map.len;

    return 0;
}


static int
agent_pack_headers(agent_tar_member_t *m, const struct stat *st, char *buf,
    size_t *n)
{
    size_t  len;

    m->mode = st->st_mode & (S_ISDIR(st->st_mode) ? 03777 : 01777);
    m->uid = st->st_uid;
    m->gid = st->st_gid;
    m->mtime = st->st_mtim;

    len = agent_tar_writer_headers(buf + *n, m);

    if (len == 0) {
        errno = EOVERFLOW;
        return -1;
    }

    *n += len;

    return 0;
}


/* writes what fits of the file that is open */

static int
agent_pack_content(agent_pack_t *p, char *buf, size_t size, size_t *n)
{
    size_t   len;
    ssize_t  rc;

    while (*n < size) {
        len = size - *n;

        if (p->map.len) {
            len = len < p->map.len ? len : p->map.len;
            memcpy(buf + *n, p->map.data, len);
            agent_buffer_shift(&p->map, len);
            *n += len;
            continue;
        }

        if (p->left) {

            if ((int64_t) len > p->left) {
                len = p->left;
            }

            rc = pread(p->fd, buf + *n, len, p->offset);

            if (rc == -1) {

                if (errno == EINTR) {
                    continue;
                }

                return -1;
            }

            if (rc == 0) {
                memset(buf + *n, 0, len);
                rc = len;
            }

            *n += rc;
            p->offset += rc;
            p->left -= rc;
            continue;
        }

        if (p->part < p->nparts) {
            p->offset = p->parts[p->part].offset;
            p->left = p->parts[p->part].len;
            p->part++;
            continue;
        }

        if (p->fd != -1) {
            (void) close(p->fd);
            p->fd = -1;
        }

        len = len < p->pad ? len : p->pad;
        memset(buf + *n, 0, len);
        *n += len;
        p->pad -= len;

        if (p->pad == 0) {
            agent_buffer_free(&p->map);
            return 0;
        }
    }

    return 0;
}
