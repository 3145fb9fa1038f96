
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/refuse.h"
#include "archive/unpack_dir.h"


#define AGENT_UNPACK_DIR_FLAGS  (O_PATH|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)


/* the paths of pending directories, with all else that is kept of them */
#define AGENT_UNPACK_DIR_MEMORY  (512 * 1024)


struct agent_unpack_pending_s {
    agent_unpack_pending_t  *before;
    mode_t                   mode;
    uid_t                    uid;
    gid_t                    gid;
    struct timespec          mtime;
    char                     path[];
};


static int agent_unpack_dir_walk(agent_unpack_t *u, const char *path,
    size_t len, int make, int *dir, agent_fault_t *f);
static int agent_unpack_dir_step(agent_unpack_t *u, int dir, const char *name,
    int make, agent_fault_t *f);
static int agent_unpack_dir_blocked(agent_unpack_t *u, int dir,
    const char *name, int err, agent_fault_t *f);
static int agent_unpack_dir_create(agent_unpack_t *u, agent_fault_t *f);
static int agent_unpack_dir_push(agent_unpack_t *u, agent_fault_t *f);
static void agent_unpack_dir_set(agent_unpack_t *u,
    const agent_unpack_pending_t *p);


int
agent_unpack_dir_name(char *dst, const char *name, const char *member,
    agent_fault_t *f)
{
    char    *p, *last;
    size_t   n;

    p = dst;
    last = dst + AGENT_TAR_PATH;

    if (name[0] == '/') {
        return agent_refuse(f, 400, member, "the path is absolute");
    }

    for ( /* void */ ; *name; name += n + (name[n] == '/')) {
        n = strcspn(name, "/");

        if (n == 0 || (n == 1 && name[0] == '.')) {
            continue;
        }

        if (n == 2 && name[0] == '.' && name[1] == '.') {
            return agent_refuse(f, 400, member, "the path contains \"..\"");
        }

        if (n > AGENT_TAR_NAME || (size_t) (last - p) < n + 1) {
            return agent_refuse(f, 400, member, "the name is too long");
        }

        if (p != dst) {
            *p++ = '/';
        }

        memcpy(p, name, n);
        p += n;
    }

    *p = '\0';

    return 0;
}


int
agent_unpack_dir_enter(agent_unpack_t *u, agent_fault_t *f)
{
    int          dir;
    char        *slash;
    size_t       len;

    slash = strrchr(u->name, '/');
    len = slash ? (size_t) (slash - u->name) : 0;

    u->base = slash ? slash + 1 : u->name;

    if (*u->base == '\0') {
        return agent_refuse(f, 400, u->shown, "is the target itself, and not "
                            "a directory");
    }

    if (u->dir != -1 && strlen(u->path) == len
        && memcmp(u->path, u->name, len) == 0)
    {
        return 0;
    }

    if (agent_unpack_dir_walk(u, u->name, len, 1, &dir, f) == -1) {
        return -1;
    }

    if (u->dir != -1) {
        (void) close(u->dir);
    }

    u->dir = dir;
    memcpy(u->path, u->name, len);
    u->path[len] = '\0';

    return 0;
}


int
agent_unpack_dir_find(agent_unpack_t *u, const char *name, int *dir,
    const char **base, agent_fault_t *f)
{
    const char  *slash;

    slash = strrchr(name, '/');
    *base = slash ? slash + 1 : name;

    if (**base == '\0') {
        return agent_refuse(f, 400, u->shown, "is a hard link to a directory");
    }

    return agent_unpack_dir_walk(u, name, slash ? slash - name : 0, 0, dir, f);
}


/* opens the first len bytes of path, one component after another */

static int
agent_unpack_dir_walk(agent_unpack_t *u, const char *path, size_t len,
    int make, int *dir, agent_fault_t *f)
{
    int      fd, next;
    char     name[AGENT_TAR_NAME + 1];
    size_t   n, pos;

    /* from the directory that is open, if this one is below it */

    pos = strlen(u->path);

    if (u->dir != -1 && pos && pos < len && path[pos] == '/'
        && memcmp(path, u->path, pos) == 0)
    {
        pos++;
        fd = fcntl(u->dir, F_DUPFD_CLOEXEC, 0);

    } else {
        pos = 0;
        fd = fcntl(u->root, F_DUPFD_CLOEXEC, 0);
    }

    if (fd == -1) {
        return agent_refuse_errno(f, errno, 1, u->shown);
    }

    for ( /* void */ ; pos < len; pos += n + 1) {
        n = strcspn(path + pos, "/");

        memcpy(name, path + pos, n);
        name[n] = '\0';

        next = agent_unpack_dir_step(u, fd, name, make, f);

        (void) close(fd);

        if (next == -1) {
            return -1;
        }

        fd = next;
    }

    *dir = fd;

    return 0;
}


static int
agent_unpack_dir_step(agent_unpack_t *u, int dir, const char *name, int make,
    agent_fault_t *f)
{
    int  fd;

    fd = openat(dir, name, AGENT_UNPACK_DIR_FLAGS);

    if (fd != -1) {
        return fd;
    }

    if (errno == ENOENT && make) {

        if (mkdirat(dir, name, 0755) == 0 || errno == EEXIST) {
            fd = openat(dir, name, AGENT_UNPACK_DIR_FLAGS);
        }

        if (fd != -1) {
            return fd;
        }
    }

    return agent_unpack_dir_blocked(u, dir, name, errno, f);
}


static int
agent_unpack_dir_blocked(agent_unpack_t *u, int dir, const char *name,
    int err, agent_fault_t *f)
{
    struct stat  st;

    if ((err == ENOTDIR || err == ELOOP)
        && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISLNK(st.st_mode))
    {
        return agent_refuse(f, 400, u->shown, "the path leads through a "
                            "symbolic link");
    }

    return agent_refuse_errno(f, err, 1, u->shown);
}


int
agent_unpack_dir_make(agent_unpack_t *u, agent_fault_t *f)
{
    if (u->name[0] && agent_unpack_dir_create(u, f) == -1) {
        return -1;
    }

    return agent_unpack_dir_push(u, f);
}


static int
agent_unpack_dir_create(agent_unpack_t *u, agent_fault_t *f)
{
    mode_t       mode;
    struct stat  st;

    if (agent_unpack_dir_enter(u, f) == -1) {
        return -1;
    }

    /* its contents have to be written, whatever its mode */

    mode = (u->m.mode & 0777) | 0700;

    if (mkdirat(u->dir, u->base, mode) == 0) {
        return 0;
    }

    if (errno != EEXIST
        || fstatat(u->dir, u->base, &st, AT_SYMLINK_NOFOLLOW) == -1)
    {
        return agent_refuse_errno(f, errno, 1, u->shown);
    }

    if (S_ISDIR(st.st_mode)) {
        return 0;
    }

    /* a file or a link makes way */

    if (unlinkat(u->dir, u->base, 0) == -1
        || mkdirat(u->dir, u->base, mode) == -1)
    {
        return agent_refuse_errno(f, errno, 1, u->shown);
    }

    return 0;
}


static int
agent_unpack_dir_push(agent_unpack_t *u, agent_fault_t *f)
{
    size_t                   size;
    agent_unpack_pending_t  *p;

    size = sizeof(agent_unpack_pending_t) + strlen(u->name) + 1;

    if (u->memory + size > AGENT_UNPACK_DIR_MEMORY) {
        agent_unpack_dir_apply(u, u->name);
    }

    p = malloc(size);

    if (p == NULL) {
        return agent_refuse_errno(f, ENOMEM, 1, u->shown);
    }

    p->mode = u->m.mode & 03777;
    p->uid = u->m.uid;
    p->gid = u->m.gid;
    p->mtime = u->m.mtime;
    strcpy(p->path, u->name);

    p->before = u->pending;
    u->pending = p;
    u->memory += size;

    return 0;
}


/*
 * Some programs archive a directory long before its contents, which would
 * change its time, and may not be permitted by its mode.
 */

void
agent_unpack_dir_apply(agent_unpack_t *u, const char *name)
{
    size_t                    len;
    agent_unpack_pending_t   *p, *before, **kept;

    kept = &u->pending;

    for (p = u->pending; p; p = before) {
        before = p->before;
        len = strlen(p->path);

        if (name && (len == 0 || (strncmp(name, p->path, len) == 0
                                  && name[len] == '/')))
        {
            *kept = p;
            kept = &p->before;
            continue;
        }

        agent_unpack_dir_set(u, p);

        u->memory -= sizeof(agent_unpack_pending_t) + len + 1;
        free(p);
    }

    *kept = NULL;
}


void
agent_unpack_dir_forget(agent_unpack_t *u)
{
    agent_unpack_pending_t  *p;

    while ((p = u->pending) != NULL) {
        u->pending = p->before;
        free(p);
    }

    u->memory = 0;
}


/*
 * The directory may have been replaced or removed since: then there is nothing
 * to set.
 */

static void
agent_unpack_dir_set(agent_unpack_t *u, const agent_unpack_pending_t *p)
{
    int              dir, fd;
    const char      *base;
    struct stat      st;
    agent_fault_t    f;
    struct timespec  times[2];

    times[0].tv_nsec = UTIME_OMIT;
    times[1] = p->mtime;

    if (p->path[0] == '\0') {

        /* the target keeps its mode and owner */

        (void) utimensat(u->root, ".", times, 0);
        return;
    }

    if (agent_unpack_dir_find(u, p->path, &dir, &base, &f) == -1) {
        agent_fault_clear(&f);
        return;
    }

    fd = openat(dir, base, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    (void) close(dir);

    if (fd == -1) {
        return;
    }

    if (u->owner) {
        (void) fchown(fd, p->uid, p->gid);
    }

    if (fstat(fd, &st) == 0 && (st.st_mode & 07777) != p->mode) {
        (void) fchmod(fd, p->mode);
    }

    (void) futimens(fd, times);
    (void) close(fd);
}
