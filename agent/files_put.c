
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

#include "agent.h"
#include "files.h"
#include "path.h"


/*
 * The body goes to a temporary file beside the target, which replaces the
 * target when it is whole: a reader sees the old content or the new one.
 * Everything that touches the disk runs in the thread pool, one work of an
 * upload at a time.
 */

#define AGENT_PUT_BLOCK   (128 * 1024)
#define AGENT_PUT_HIGH    (1024 * 1024)    /* waits for the disk */
#define AGENT_PUT_LOW     (512 * 1024)
#define AGENT_PUT_LINKS   40

#ifndef SYS_faccessat2
#define SYS_faccessat2    439
#endif


typedef struct agent_put_block_s  agent_put_block_t;

struct agent_put_block_s {
    agent_put_block_t  *next;
    size_t              len;
    char                data[AGENT_PUT_BLOCK];
};


typedef struct {
    uv_work_t           work;
    agent_request_t    *r;             /* NULL: the client is served or gone */
    char               *path;          /* as asked for */

    int                 dir;           /* the target's directory */
    int                 fd;
    int                 err;
    char               *name;          /* of the target in dir */
    char                temp[40];      /* its temporary name */
    struct stat         st;            /* of the target as it was */

    agent_put_block_t  *first;         /* to be written */
    agent_put_block_t  *last;
    agent_put_block_t  *writing;
    agent_put_block_t  *spare;
    size_t              waiting;       /* bytes not yet written */

    unsigned            exists:1;
    unsigned            made:1;        /* temp is there */
    unsigned            working:1;     /* a thread has the job */
    unsigned            paused:1;
    unsigned            complete:1;    /* the body is whole */
    unsigned            committed:1;
    unsigned            answered:1;
} agent_put_t;


static void agent_put_work(agent_put_t *p, uv_work_cb work);
static void agent_put_done(uv_work_t *work, int status);
static void agent_put_step(agent_put_t *p);
static void agent_put_answer(agent_put_t *p);
static void agent_put_body(agent_request_t *r, const char *buf, size_t len);
static void agent_put_complete(agent_request_t *r);
static void agent_put_close(agent_request_t *r, int aborted);
static void agent_put_free(agent_put_t *p);
static void agent_put_free_blocks(agent_put_block_t *b);

static void agent_put_open(uv_work_t *work);
static int agent_put_open_temp(agent_put_t *p);
static int agent_put_directory(agent_put_t *p);
static int agent_put_mkdirs(char *path);
static int agent_put_target(agent_put_t *p);
static int agent_put_writable(agent_put_t *p);
static int agent_put_follow(agent_put_t *p);
static void agent_put_write(uv_work_t *work);
static void agent_put_commit(uv_work_t *work);
static int agent_put_replace(agent_put_t *p);
static void agent_put_discard(uv_work_t *work);


void
agent_files_put(agent_request_t *r, const char *path)
{
    char         *decoded;
    agent_put_t  *p;

    decoded = agent_files_path(r, path);
    if (decoded == NULL) {
        return;
    }

    p = calloc(1, sizeof(agent_put_t));
    if (p == NULL) {
        agent_files_error(r, ENOMEM, 1, decoded);
        free(decoded);
        return;
    }

    p->r = r;
    p->path = decoded;
    p->dir = -1;
    p->fd = -1;

    r->data = p;
    r->on_body = agent_put_body;
    r->on_complete = agent_put_complete;
    r->on_close = agent_put_close;

    /* what is in the way of the file is found out before its bytes come */

    p->paused = 1;
    agent_http_pause(r);

    agent_random_hex(p->temp, 17);

    agent_put_work(p, agent_put_open);
}


static void
agent_put_work(agent_put_t *p, uv_work_cb work)
{
    p->working = 1;
    (void) uv_queue_work(agent_loop, &p->work, work, agent_put_done);
}


static void
agent_put_done(uv_work_t *work, int status)
{
    agent_put_t        *p;
    agent_put_block_t  *b;

    p = (agent_put_t *) work;
    p->working = 0;

    while (p->writing != NULL) {
        b = p->writing;
        p->writing = b->next;
        p->waiting -= b->len;

        if (p->spare == NULL) {
            p->spare = b;

        } else {
            free(b);
        }
    }

    agent_put_step(p);
}


/* what is next: nothing here waits, and no work is under way */

static void
agent_put_step(agent_put_t *p)
{
    if (p->working) {
        return;
    }

    if (p->made && (p->err != 0 || p->r == NULL)) {
        agent_put_work(p, agent_put_discard);
        return;
    }

    if (p->r == NULL) {
        agent_put_free(p);
        return;
    }

    if (p->answered) {
        return;
    }

    if (p->err != 0 || p->committed) {
        agent_put_answer(p);
        return;
    }

    if (p->first != NULL) {
        p->writing = p->first;
        p->first = NULL;
        p->last = NULL;
        agent_put_work(p, agent_put_write);

    } else if (p->complete) {
        agent_put_work(p, agent_put_commit);
        return;
    }

    if (p->paused && p->waiting < AGENT_PUT_LOW) {
        p->paused = 0;
        agent_http_resume(p->r);
    }
}


static void
agent_put_answer(agent_put_t *p)
{
    agent_request_t  *r;

    r = p->r;
    p->answered = 1;

    if (p->err == 0) {
        agent_http_json(r, 200, json_pack("{s:b}", "ok", 1));
        return;
    }

    /* the rest of the body is not wanted, but taken off the wire */

    agent_put_free_blocks(p->first);
    p->first = NULL;
    p->last = NULL;

    r->on_body = NULL;
    r->on_complete = NULL;

    if (p->paused) {
        p->paused = 0;
        agent_http_resume(r);
    }

    agent_files_error(r, p->err, 1, p->path);
}


static void
agent_put_body(agent_request_t *r, const char *buf, size_t len)
{
    size_t              n;
    agent_put_t        *p;
    agent_put_block_t  *b;

    p = r->data;

    if (p->err != 0) {
        return;
    }

    while (len != 0) {
        b = p->last;

        if (b == NULL || b->len == AGENT_PUT_BLOCK) {
            b = p->spare;
            p->spare = NULL;

            if (b == NULL) {
                b = malloc(sizeof(agent_put_block_t));
            }

            if (b == NULL) {
                p->err = ENOMEM;
                break;
            }

            b->next = NULL;
            b->len = 0;

            if (p->last != NULL) {
                p->last->next = b;

            } else {
                p->first = b;
            }

            p->last = b;
        }

        n = AGENT_PUT_BLOCK - b->len;

        if (n > len) {
            n = len;
        }

        memcpy(b->data + b->len, buf, n);
        b->len += n;
        buf += n;
        len -= n;
        p->waiting += n;
    }

    if (p->waiting >= AGENT_PUT_HIGH && !p->paused) {
        p->paused = 1;
        agent_http_pause(r);
    }

    agent_put_step(p);
}


static void
agent_put_complete(agent_request_t *r)
{
    agent_put_t  *p;

    p = r->data;
    p->complete = 1;

    agent_put_step(p);
}


static void
agent_put_close(agent_request_t *r, int aborted)
{
    agent_put_t  *p;

    p = r->data;
    p->r = NULL;

    agent_put_step(p);
}


static void
agent_put_free(agent_put_t *p)
{
    if (p->fd != -1) {
        (void) close(p->fd);
    }

    if (p->dir != -1) {
        (void) close(p->dir);
    }

    agent_put_free_blocks(p->first);
    free(p->spare);
    free(p->name);
    free(p->path);
    free(p);
}


static void
agent_put_free_blocks(agent_put_block_t *b)
{
    agent_put_block_t  *next;

    for ( /* void */ ; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
}


/* from here on: in the thread pool */


static void
agent_put_open(uv_work_t *work)
{
    agent_put_t  *p;

    p = (agent_put_t *) work;

    if (agent_files_assume() == -1
        || agent_put_directory(p) == -1
        || agent_put_target(p) == -1
        || agent_put_open_temp(p) == -1)
    {
        p->err = errno;
    }

    agent_files_restore();
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

    if (p->fd == -1) {
        return -1;
    }

    p->made = 1;

    return 0;
}


/* the directory that the path names, made where it is missing */

static int
agent_put_directory(agent_put_t *p)
{
    char  *path, *slash;
    int    err;

    slash = strrchr(p->path, '/');

    /* "/workspace" itself, or a path that asks for a directory */

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


/* what the name stands for, as ">" of a shell would see it */

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

        /* a rename asks for no right to the file that it replaces */

        return agent_put_writable(p);
    }

    errno = ELOOP;

    return -1;
}


static int
agent_put_writable(agent_put_t *p)
{
    int  fd;

    /* the C library's function may ask for the wrong user */

    if (syscall(SYS_faccessat2, p->dir, p->name, W_OK, AT_EACCESS) == 0) {
        return 0;
    }

    if (errno == ETXTBSY) {
        return 0;
    }

    if (errno != ENOSYS && errno != EPERM) {
        return -1;
    }

    /* the call is missing, or a filter forbids it; opening tells as well */

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
    char     link[AGENT_PATH_MAX + 1], *slash, *name;
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

    /* "/name": the slash is the directory */

    slash[slash == link] = '\0';

    dir = openat(p->dir, link, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir == -1) {
        return -1;
    }

    (void) close(p->dir);
    p->dir = dir;

    return 0;
}


static void
agent_put_write(uv_work_t *work)
{
    size_t              pos;
    ssize_t             n;
    agent_put_t        *p;
    agent_put_block_t  *b;

    p = (agent_put_t *) work;

    for (b = p->writing; b != NULL; b = b->next) {

        for (pos = 0; pos < b->len; pos += n) {
            n = write(p->fd, b->data + pos, b->len - pos);

            if (n == -1) {
                if (errno == EINTR) {
                    n = 0;
                    continue;
                }

                p->err = errno;
                return;
            }
        }
    }
}


static void
agent_put_commit(uv_work_t *work)
{
    agent_put_t  *p;

    p = (agent_put_t *) work;

    if (agent_files_assume() == -1 || agent_put_replace(p) == -1) {
        p->err = errno;

    } else {
        p->committed = 1;
    }

    agent_files_restore();
}


static int
agent_put_replace(agent_put_t *p)
{
    int     fd;
    mode_t  mode;

    mode = 0644;

    if (p->exists) {

        /* it stays its owner's, where we may give it away */

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

    /* some file systems tell only now that a write has failed */

    fd = p->fd;
    p->fd = -1;

    if (close(fd) == -1 && errno != EINTR) {
        return -1;
    }

    if (renameat(p->dir, p->temp, p->dir, p->name) == -1) {
        return -1;
    }

    p->made = 0;

    return 0;
}


static void
agent_put_discard(uv_work_t *work)
{
    agent_put_t  *p;

    p = (agent_put_t *) work;

    (void) agent_files_assume();
    (void) unlinkat(p->dir, p->temp, 0);
    agent_files_restore();

    p->made = 0;
}
