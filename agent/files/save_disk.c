
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "base/temporary.h"
#include "files/copy.h"
#include "files/decode.h"
#include "files/param.h"
#include "files/save.h"
#include "files/save_disk.h"
#include "sys/beneath.h"


#define AGENT_SAVE_PIECE  32768

#ifndef SYS_faccessat2
#define SYS_faccessat2    439
#endif


static int agent_save_work(agent_save_t *s);
static int agent_save_open(agent_save_t *s);
static int agent_save_target(agent_save_t *s);
static int agent_save_writable(agent_beneath_t *b);
static int agent_save_temp(agent_save_t *s, int dir);
static int agent_save_blocks(agent_save_t *s, int fd);
static int agent_save_put(int fd, const char *buf, size_t len);
static int agent_save_decoded(agent_save_t *s, int fd, const char *buf,
    size_t len);
static int agent_save_decoded_end(agent_save_t *s, int fd);
static int agent_save_decode(agent_save_t *s);
static int agent_save_commit(agent_save_t *s);
static int agent_save_here(agent_save_t *s);
static int agent_save_replace(agent_save_t *s);
static int agent_save_append(agent_save_t *s);


void
agent_save_disk_run(agent_thread_job_t *job)
{
    agent_save_t  *s;

    s = (agent_save_t *) job;

    if (agent_save_work(s) == -1) {
        s->disk_err = errno ? errno : EIO;
    }
}


static int
agent_save_work(agent_save_t *s)
{
    /* a small addition needs no temporary file */

    if (s->now.complete && s->now.append && s->dir == -1) {
        return agent_save_target(s) == -1 ? -1 : agent_save_append(s);
    }

    if (s->dir == -1 && agent_save_open(s) == -1) {
        return -1;
    }

    if (agent_save_blocks(s, s->fd) == -1) {
        return -1;
    }

    return s->now.complete ? agent_save_commit(s) : 0;
}


static int
agent_save_open(agent_save_t *s)
{
    if (s->now.known) {

        if (agent_save_target(s) == -1) {
            return -1;
        }

        s->dir = fcntl(s->to.dir, F_DUPFD_CLOEXEC, 0);

    } else {
        s->guessed = 1;
        s->dir = open(AGENT_WORKSPACE, O_PATH|O_DIRECTORY|O_CLOEXEC);
    }

    if (s->dir == -1) {
        return -1;
    }

    return agent_save_temp(s, s->dir);
}


/* the file to be replaced, and whether it may be */

static int
agent_save_target(agent_save_t *s)
{
    int  rc, err, base;

    base = agent_files_param_base(s->now.session);

    if (base == -1) {
        return -1;
    }

    rc = agent_beneath_resolve(&s->to, base, s->now.path,
                               AGENT_BENEATH_FOLLOW|AGENT_BENEATH_PARENTS);
    err = errno;
    (void) close(base);
    errno = err;

    if (rc == -1) {
        return -1;
    }

    if (!s->to.exists) {

        if (s->to.slash) {
            errno = EISDIR;
            return -1;
        }

        return 0;
    }

    if (!S_ISREG(s->to.st.st_mode)) {
        errno = S_ISDIR(s->to.st.st_mode) ? EISDIR : ENXIO;
        return -1;
    }

    /* rename() requires no permission on the file that it replaces */

    return agent_save_writable(&s->to);
}


static int
agent_save_writable(agent_beneath_t *b)
{
    int  fd;

    /* the C library's function may check the wrong user */

    if (syscall(SYS_faccessat2, b->dir, b->name, W_OK, AT_EACCESS) == 0) {
        return 0;
    }

    if (errno == ETXTBSY) {
        return 0;
    }

    if (errno != ENOSYS && errno != EPERM) {
        return -1;
    }

    /* the system call is missing or filtered; open() checks as well */

    fd = openat(b->dir, b->name, O_WRONLY|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        return (errno == ETXTBSY) ? 0 : -1;
    }

    (void) close(fd);

    return 0;
}


static int
agent_save_temp(agent_save_t *s, int dir)
{
    int  fd;

    agent_temporary_name(s->temp, "upload", s->to.exists);

    fd = openat(dir, s->temp,
                O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd == -1) {
        s->temp[0] = '\0';
        return -1;
    }

    s->fd = fd;

    return 0;
}


static int
agent_save_blocks(agent_save_t *s, int fd)
{
    agent_save_block_t  *b;

    for (b = s->writing; b != NULL; b = b->next) {

        if (s->now.base64 && s->raw == 0) {

            if (agent_save_decoded(s, fd, b->data, b->len) == -1) {
                return -1;
            }

            continue;
        }

        if (agent_save_put(fd, b->data, b->len) == -1) {
            return -1;
        }

        s->raw += b->len;
    }

    return 0;
}


static int
agent_save_put(int fd, const char *buf, size_t len)
{
    ssize_t  n;

    for ( /* void */ ; len; len -= n) {
        n = write(fd, buf, len);

        if (n == -1) {
            if (errno == EINTR) {
                n = 0;
                continue;
            }

            return -1;
        }

        buf += n;
    }

    return 0;
}


static int
agent_save_decoded(agent_save_t *s, int fd, const char *buf, size_t len)
{
    char     out[AGENT_SAVE_PIECE / 4 * 3 + 3];
    size_t   n;
    ssize_t  size;

    for ( /* void */ ; len; len -= n) {
        n = len > AGENT_SAVE_PIECE ? AGENT_SAVE_PIECE : len;
        size = agent_decode(&s->decode, out, buf, n);

        if (size == -1) {
            errno = EILSEQ;
            return -1;
        }

        if (agent_save_put(fd, out, size) == -1) {
            return -1;
        }

        buf += n;
    }

    return 0;
}


static int
agent_save_decoded_end(agent_save_t *s, int fd)
{
    char     out[2];
    ssize_t  size;

    size = agent_decode_end(&s->decode, out);

    if (size == -1) {
        errno = EILSEQ;
        return -1;
    }

    return agent_save_put(fd, out, size);
}


/*
 * That the bytes are base64 became known only after some were written: what is
 * decoded is shorter, so it goes into the same file.
 */

static int
agent_save_decode(agent_save_t *s)
{
    char     buf[AGENT_SAVE_PIECE];
    off_t    pos;
    ssize_t  n;

    if (lseek(s->fd, 0, SEEK_SET) == -1) {
        return -1;
    }

    for (pos = 0; pos < s->raw; pos += n) {
        n = pread(s->fd, buf, sizeof(buf), pos);

        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return -1;
        }

        if (agent_save_decoded(s, s->fd, buf, n) == -1) {
            return -1;
        }
    }

    return 0;
}


static int
agent_save_commit(agent_save_t *s)
{
    off_t  length;

    if (s->now.base64) {

        if (s->raw && agent_save_decode(s) == -1) {
            return -1;
        }

        if (agent_save_decoded_end(s, s->fd) == -1) {
            return -1;
        }

        length = lseek(s->fd, 0, SEEK_CUR);

        if (s->raw && (length == -1 || ftruncate(s->fd, length) == -1)) {
            return -1;
        }
    }

    if (s->guessed && agent_save_target(s) == -1) {
        return -1;
    }

    if (s->now.append) {
        return agent_save_append(s);
    }

    if (s->guessed && agent_save_here(s) == -1) {
        return -1;
    }

    return agent_save_replace(s);
}


/* takes the temporary file to the directory of the target */

static int
agent_save_here(agent_save_t *s)
{
    int   fd, rc;
    char  temp[AGENT_TEMPORARY_SIZE];

    agent_temporary_name(temp, "upload", s->to.exists);

    if (renameat(s->dir, s->temp, s->to.dir, temp) == 0) {
        strcpy(s->temp, temp);
        goto here;
    }

    if (errno != EXDEV) {
        return -1;
    }

    fd = s->fd;
    strcpy(temp, s->temp);

    if (lseek(fd, 0, SEEK_SET) == -1) {
        return -1;
    }

    rc = agent_save_temp(s, s->to.dir);

    (void) unlinkat(s->dir, temp, 0);
    (void) close(s->dir);
    s->dir = fcntl(s->to.dir, F_DUPFD_CLOEXEC, 0);

    if (rc == 0) {
        rc = agent_copy_bytes(fd, s->fd);
        (void) close(fd);
    }

    return s->dir == -1 ? -1 : rc;

here:

    (void) close(s->dir);
    s->dir = fcntl(s->to.dir, F_DUPFD_CLOEXEC, 0);

    return s->dir == -1 ? -1 : 0;
}


static int
agent_save_replace(agent_save_t *s)
{
    int     fd;
    mode_t  mode;

    mode = 0644;

    if (s->to.exists) {

        /* keep the owner of the previous file if permitted */

        if (fchown(s->fd, s->to.st.st_uid, s->to.st.st_gid) == -1
            && errno != EPERM && errno != EINVAL)
        {
            return -1;
        }

        mode = s->to.st.st_mode & 0777;
    }

    if (s->now.mode != (mode_t) -1) {
        mode = s->now.mode;
    }

    if (fchmod(s->fd, mode) == -1) {
        return -1;
    }

    /* some file systems report write errors only on close */

    fd = s->fd;
    s->fd = -1;

    if (close(fd) == -1 && errno != EINTR) {
        return -1;
    }

    if (renameat(s->dir, s->temp, s->to.dir, s->to.name) == -1) {
        return -1;
    }

    s->temp[0] = '\0';

    return 0;
}


/* adds what is in the temporary file, or in memory; all of it or nothing */

static int
agent_save_append(agent_save_t *s)
{
    int          fd, rc, err;
    struct stat  st;

    if (s->to.exists) {
        fd = agent_beneath_open_at(s->to.dir, s->to.name, O_WRONLY|O_APPEND,
                                   &st);

    } else {
        fd = openat(s->to.dir, s->to.name,
                    O_WRONLY|O_APPEND|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
                    0644);
        st.st_size = 0;
    }

    if (fd == -1) {
        return -1;
    }

    if (s->dir != -1) {
        rc = lseek(s->fd, 0, SEEK_SET) == -1 ? -1
             : agent_copy_bytes(s->fd, fd);

    } else {
        rc = agent_save_blocks(s, fd);

        if (rc == 0 && s->now.base64) {
            rc = agent_save_decoded_end(s, fd);
        }
    }

    if (rc == 0 && s->now.mode != (mode_t) -1) {
        rc = fchmod(fd, s->now.mode);
    }

    if (rc == -1) {
        err = errno;

        (void) ftruncate(fd, st.st_size);

        if (!s->to.exists) {
            (void) unlinkat(s->to.dir, s->to.name, 0);
        }

        (void) close(fd);
        errno = err;

        return -1;
    }

    return close(fd) == -1 && errno != EINTR ? -1 : 0;
}


void
agent_save_disk_discard(agent_thread_job_t *job)
{
    agent_save_t  *s;

    s = (agent_save_t *) job;

    if (s->fd != -1) {
        (void) close(s->fd);
        s->fd = -1;
    }

    if (s->dir != -1) {

        if (s->temp[0]) {
            (void) unlinkat(s->dir, s->temp, 0);
        }

        (void) close(s->dir);
        s->dir = -1;
    }

    agent_beneath_close(&s->to);
}
