
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/path.h"
#include "git/target.h"


static int agent_git_target_parents(const char *path);
static int agent_git_target_empty(const char *path);


int
agent_git_target_resolve(char *path, pid_t pid)
{
    char     base[PATH_MAX], link[64], full[PATH_MAX];
    ssize_t  n;

    if (path[0] == '/') {
        return 0;
    }

    n = -1;

    if (pid) {
        (void) snprintf(link, sizeof(link), "/proc/%d/cwd", (int) pid);
        n = readlink(link, base, sizeof(base) - 1);
    }

    if (n == -1) {
        n = strlen(AGENT_WORKSPACE);
        memcpy(base, AGENT_WORKSPACE, n);
    }

    base[n] = '\0';

    if (agent_path_normalize(full, sizeof(full), base, path) != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }

    memcpy(path, full, strlen(full) + 1);

    return 0;
}


int
agent_git_target_make(const char *path)
{
    int  rc;

    rc = mkdir(path, 0755);

    if (rc == -1 && errno == ENOENT) {

        if (agent_git_target_parents(path) == -1) {
            return -1;
        }

        rc = mkdir(path, 0755);
    }

    if (rc == 0) {
        return 1;
    }

    if (errno != EEXIST) {
        return -1;
    }

    rc = agent_git_target_empty(path);

    if (rc == -1 && (errno == ENOTDIR || errno == ELOOP)) {
        errno = ENOTEMPTY;
    }

    if (rc == 0) {
        errno = ENOTEMPTY;
        return -1;
    }

    return rc == 1 ? 0 : -1;
}


static int
agent_git_target_parents(const char *path)
{
    char   copy[PATH_MAX], *p;

    if (strlen(path) >= sizeof(copy)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    (void) stpcpy(copy, path);

    for (p = strchr(copy + 1, '/'); p && p[1]; p = strchr(p + 1, '/')) {
        *p = '\0';

        if (mkdir(copy, 0755) == -1 && errno != EEXIST) {
            return -1;
        }

        *p = '/';
    }

    return 0;
}


/* 1: empty, 0: not, -1 with errno */

static int
agent_git_target_empty(const char *path)
{
    int             fd, err, rc;
    DIR            *dir;
    struct dirent  *e;

    fd = open(path, O_RDONLY|O_DIRECTORY|O_NONBLOCK|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    dir = fdopendir(fd);

    if (dir == NULL) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    rc = 1;
    errno = 0;

    while ((e = readdir(dir)) != NULL) {

        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            rc = 0;
            break;
        }
    }

    if (e == NULL && errno) {
        rc = -1;
    }

    err = errno;
    (void) closedir(dir);
    errno = err;

    return rc;
}


int
agent_git_target_remove(const char *path, int created)
{
    int  rc;

    if (created) {

        if (rmdir(path) == 0 || errno == ENOENT) {
            return 0;
        }

        return (errno == ENOTEMPTY || errno == EEXIST) ? 1 : -1;
    }

    rc = agent_git_target_empty(path);

    if (rc == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    return !rc;
}


void
agent_git_target_branch(const char *path, char *branch)
{
    int      fd;
    char     name[PATH_MAX + 16], text[256 + 16];
    ssize_t  n;

    static const char  head[] = "ref: refs/heads/";

    branch[0] = '\0';

    (void) snprintf(name, sizeof(name), "%s/.git/HEAD", path);

    fd = open(name, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_NOCTTY|O_CLOEXEC);

    if (fd == -1) {
        return;
    }

    n = read(fd, text, sizeof(text) - 1);
    (void) close(fd);

    if (n <= 0) {
        return;
    }

    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';

    if (strncmp(text, head, sizeof(head) - 1) == 0
        && strlen(text) - (sizeof(head) - 1) < 256)
    {
        (void) stpcpy(branch, text + sizeof(head) - 1);
    }
}
