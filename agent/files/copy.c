
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "files/copy.h"
#include "sys/beneath.h"
#include "sys/dirent.h"


#define AGENT_COPY_PIECE   (4 * 1024 * 1024)
#define AGENT_COPY_BUFFER  65536


typedef struct {
    int           from;
    int           to;
    off_t         pos;                 /* of the next entry */
    struct stat   st;                  /* of from */
} agent_copy_level_t;


struct agent_copy_s {
    int                   exact;
    int                   root;        /* 1: a directory is copied */
    struct stat           made;        /* the copy of the topmost directory */
    uint64_t              skipped;

    /* the file that is being copied */
    int                   in;          /* -1: none */
    int                   out;
    off_t                 offset;
    struct stat           st;

    size_t                n;           /* levels */
    agent_copy_level_t    levels[AGENT_COPY_DEPTH];
    char                  buf[AGENT_COPY_BUFFER];
};


static int agent_copy_pass(agent_copy_t *c);
static int agent_copy_entry(agent_copy_t *c, int from, const char *name,
    const struct stat *st, int to, const char *copy);
static int agent_copy_directory(agent_copy_t *c, int from, const char *name,
    const struct stat *st, int to, const char *copy);
static int agent_copy_leave(agent_copy_t *c);
static int agent_copy_open(agent_copy_t *c, int from, const char *name,
    int to, const char *copy);
static int agent_copy_piece(agent_copy_t *c);
static ssize_t agent_copy_range(agent_copy_t *c, size_t len);
static int agent_copy_write(int fd, const char *buf, size_t len,
    off_t offset);
static int agent_copy_link(int from, const char *name, int to,
    const char *copy);
static int agent_copy_finish(agent_copy_t *c, int fd, const struct stat *st);


agent_copy_t *
agent_copy_start(int from, const char *name, const struct stat *st, int to,
    const char *copy, int exact)
{
    agent_copy_t  *c;

    c = malloc(sizeof(agent_copy_t));

    if (c == NULL) {
        return NULL;
    }

    memset(c, 0, offsetof(agent_copy_t, levels));

    c->exact = exact;
    c->in = -1;
    c->out = -1;

    if (agent_copy_entry(c, from, name, st, to, copy) == -1) {
        agent_copy_free(c);
        return NULL;
    }

    return c;
}


void
agent_copy_free(agent_copy_t *c)
{
    int  err;

    err = errno;

    if (c->in != -1) {
        (void) close(c->in);
    }

    if (c->out != -1) {
        (void) close(c->out);
    }

    while (c->n) {
        c->n--;
        (void) close(c->levels[c->n].from);
        (void) close(c->levels[c->n].to);
    }

    free(c);
    errno = err;
}


uint64_t
agent_copy_skipped(agent_copy_t *c)
{
    return c->skipped;
}


int
agent_copy_step(agent_copy_t *c, uint64_t until)
{
    do {

        if (c->in != -1) {

            if (agent_copy_piece(c) == -1) {
                return -1;
            }

        } else if (c->n) {

            if (agent_copy_pass(c) == -1) {
                return -1;
            }

        } else {
            return 0;
        }

    } while (agent_time_ms() < until);

    return c->in != -1 || c->n != 0;
}


/* a part of the innermost directory */

static int
agent_copy_pass(agent_copy_t *c)
{
    size_t               n;
    ssize_t              len;
    struct stat          st;
    agent_dirent_t      *d;
    agent_copy_level_t  *l;

    l = &c->levels[c->n - 1];

    if (lseek(l->from, l->pos, SEEK_SET) == -1) {
        return -1;
    }

    len = agent_dirent_read(l->from, c->buf, 4096);

    if (len == -1) {
        return -1;
    }

    if (len == 0) {
        return agent_copy_leave(c);
    }

    for (n = 0; n < (size_t) len; n += d->d_reclen) {
        d = (agent_dirent_t *) (c->buf + n);

        l->pos = d->d_off;

        if (agent_dirent_dots(d->d_name)) {
            continue;
        }

        if (fstatat(l->from, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1) {

            if (errno == ENOENT) {
                continue;
            }

            return -1;
        }

        if (agent_copy_entry(c, l->from, d->d_name, &st, l->to, d->d_name)
            == -1)
        {
            return -1;
        }

        /* the buffer is used for a file, or another directory is next */

        if (c->in != -1 || l != &c->levels[c->n - 1]) {
            break;
        }
    }

    return 0;
}


static int
agent_copy_entry(agent_copy_t *c, int from, const char *name,
    const struct stat *st, int to, const char *copy)
{
    switch (st->st_mode & S_IFMT) {

    case S_IFDIR:
        return agent_copy_directory(c, from, name, st, to, copy);

    case S_IFREG:
        return agent_copy_open(c, from, name, to, copy);

    case S_IFLNK:
        return agent_copy_link(from, name, to, copy);

    case S_IFIFO:
        return mkfifoat(to, copy, st->st_mode & 0777);

    default:
        c->skipped++;
        return 0;
    }
}


static int
agent_copy_directory(agent_copy_t *c, int from, const char *name,
    const struct stat *st, int to, const char *copy)
{
    int                   err;
    agent_copy_level_t   *l;

    if (c->root && st->st_dev == c->made.st_dev
        && st->st_ino == c->made.st_ino)
    {
        /* a directory cannot be copied into itself */
        errno = EINVAL;
        return -1;
    }

    if (c->n == AGENT_COPY_DEPTH) {
        errno = ENAMETOOLONG;
        return -1;
    }

    l = &c->levels[c->n];

    l->from = agent_beneath_open_directory_at(from, name);

    if (l->from == -1) {
        return -1;
    }

    l->to = -1;

    if (fstat(l->from, &l->st) == -1
        || mkdirat(to, copy, 0700) == -1)
    {
        goto failed;
    }

    l->to = agent_beneath_open_directory_at(to, copy);

    if (l->to == -1) {
        goto failed;
    }

    if (!c->root) {
        c->root = 1;

        if (fstat(l->to, &c->made) == -1) {
            goto failed;
        }
    }

    l->pos = 0;
    c->n++;

    return 0;

failed:

    err = errno;

    if (l->to != -1) {
        (void) close(l->to);
    }

    (void) close(l->from);
    errno = err;

    return -1;
}


static int
agent_copy_leave(agent_copy_t *c)
{
    int                  rc;
    agent_copy_level_t  *l;

    l = &c->levels[--c->n];

    rc = agent_copy_finish(c, l->to, &l->st);

    (void) close(l->from);
    (void) close(l->to);

    return rc;
}


static int
agent_copy_open(agent_copy_t *c, int from, const char *name, int to,
    const char *copy)
{
    c->in = agent_beneath_open_at(from, name, O_RDONLY, &c->st);

    if (c->in == -1) {
        return -1;
    }

    c->out = openat(to, copy, O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
                    0600);

    if (c->out == -1) {
        return -1;
    }

    c->offset = 0;

    return 0;
}


/* a piece of the file, or its end */

static int
agent_copy_piece(agent_copy_t *c)
{
    int      rc;
    off_t    data, hole;
    ssize_t  n;

    if (c->offset >= c->st.st_size) {

        /* empty, or a file whose length the kernel does not tell */

        rc = c->st.st_size ? 0 : agent_copy_bytes(c->in, c->out);
        goto done;
    }

    data = lseek(c->in, c->offset, SEEK_DATA);

    if (data == -1 && errno == ENXIO) {

        /* nothing but a hole follows */

        rc = ftruncate(c->out, c->st.st_size);
        goto done;
    }

    /* a file system without holes, such as /proc, may not support it */

    hole = c->st.st_size;

    if (data != -1) {
        c->offset = data;
        hole = lseek(c->in, data, SEEK_HOLE);

        if (hole == -1 || hole > c->st.st_size) {
            hole = c->st.st_size;
        }
    }

    if (c->offset >= c->st.st_size) {
        return 0;
    }

    n = agent_copy_range(c, hole - c->offset > AGENT_COPY_PIECE
                            ? AGENT_COPY_PIECE
                            : (size_t) (hole - c->offset));

    if (n == -1) {
        return -1;
    }

    if (n > 0) {
        c->offset += n;
        return 0;
    }

    /* the file was truncated meanwhile */

    rc = 0;

done:

    if (rc == 0) {
        rc = agent_copy_finish(c, c->out, &c->st);
    }

    (void) close(c->in);
    c->in = -1;

    /* some file systems report write errors only on close */

    if (close(c->out) == -1 && errno != EINTR) {
        rc = -1;
    }

    c->out = -1;

    return rc;
}


static ssize_t
agent_copy_range(agent_copy_t *c, size_t len)
{
    loff_t   from, to;
    ssize_t  n;

    from = c->offset;
    to = c->offset;

    n = copy_file_range(c->in, &from, c->out, &to, len, 0);

    if (n > 0) {
        return n;
    }

    if (n == -1 && errno != EXDEV && errno != EINVAL && errno != ENOSYS
        && errno != EOPNOTSUPP && errno != EPERM && errno != EBADF)
    {
        return -1;
    }

    if (len > sizeof(c->buf)) {
        len = sizeof(c->buf);
    }

    n = pread(c->in, c->buf, len, c->offset);

    if (n > 0 && agent_copy_write(c->out, c->buf, n, c->offset) == -1) {
        return -1;
    }

    return n;
}


static int
agent_copy_write(int fd, const char *buf, size_t len, off_t offset)
{
    ssize_t  n;

    for ( /* void */ ; len; len -= n) {
        n = offset == -1 ? write(fd, buf, len)
                         : pwrite(fd, buf, len, offset);

        if (n == -1) {
            return -1;
        }

        buf += n;
        offset += offset == -1 ? 0 : n;
    }

    return 0;
}


int
agent_copy_bytes(int from, int to)
{
    char     buf[AGENT_COPY_BUFFER];
    ssize_t  n;

    for ( ;; ) {
        n = read(from, buf, sizeof(buf));

        if (n <= 0) {
            return n;
        }

        if (agent_copy_write(to, buf, n, -1) == -1) {
            return -1;
        }
    }
}


static int
agent_copy_link(int from, const char *name, int to, const char *copy)
{
    char     text[PATH_MAX];
    ssize_t  n;

    n = readlinkat(from, name, text, sizeof(text) - 1);

    if (n == -1) {
        return -1;
    }

    text[n] = '\0';

    return symlinkat(text, to, copy);
}


/* fd is the complete copy of what has the status st */

static int
agent_copy_finish(agent_copy_t *c, int fd, const struct stat *st)
{
    int              owned;
    mode_t           mode;
    struct timespec  times[2];

    mode = st->st_mode & 0777;

    if (c->exact) {
        owned = fchown(fd, st->st_uid, st->st_gid) == 0;

        if (!owned && errno != EPERM && errno != EINVAL) {
            return -1;
        }

        /* rights of an owner that could not be kept go */

        if (owned) {
            mode = st->st_mode & 07777;
        }
    }

    if (fchmod(fd, mode) == -1) {
        return -1;
    }

    if (c->exact) {
        times[0] = st->st_atim;
        times[1] = st->st_mtim;

        (void) futimens(fd, times);
    }

    return 0;
}
