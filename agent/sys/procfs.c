
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/procfs.h"


/* limit for scanning the environment of another process */
#define AGENT_PROCFS_ENVIRON    (2 * 1024 * 1024)

/* overlap, as the marker may be split over two reads */
#define AGENT_PROCFS_KEEP                                                     \
    ((ssize_t) (sizeof(AGENT_CHILD_MARKER) + AGENT_CHILD_MARKER_SIZE))


static int agent_procfs_find_marker(int fd, char *value);


agent_procfs_stat_t *
agent_procfs_list(size_t *count)
{
    DIR                  *dir;
    size_t                n, size;
    struct dirent        *de;
    agent_procfs_stat_t  *list, *p;

    dir = opendir("/proc");

    if (dir == NULL) {
        return NULL;
    }

    n = 0;
    size = 64;
    list = malloc(size * sizeof(agent_procfs_stat_t));

    while (list && (de = readdir(dir))) {

        if (de->d_name[0] < '1' || de->d_name[0] > '9') {
            continue;
        }

        if (n == size) {
            size *= 2;
            p = realloc(list, size * sizeof(agent_procfs_stat_t));

            if (p == NULL) {
                free(list);
                list = NULL;
                break;
            }

            list = p;
        }

        if (agent_procfs_stat(dirfd(dir), de->d_name, &list[n]) == 0
            && list[n].pid != getpid())
        {
            n++;
        }
    }

    closedir(dir);

    if (list) {
        qsort(list, n, sizeof(agent_procfs_stat_t), agent_procfs_compare);
    }

    *count = n;

    return list;
}


int
agent_procfs_stat(int proc, const char *name, agent_procfs_stat_t *p)
{
    int       fd, pid, ppid, pgrp, session;
    char      path[32], buf[1024], *s;
    ssize_t   n;

    snprintf(path, sizeof(path), "%.16s/stat", name);

    fd = openat(proc, path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    n = read(fd, buf, sizeof(buf) - 1);
    close(fd);

    if (n <= 0) {
        return -1;
    }

    buf[n] = '\0';

    /*
     * the name in parentheses is set by the process and may contain anything
     */

    s = strrchr(buf, ')');

    if (s == NULL || sscanf(buf, "%d", &pid) != 1
        || sscanf(s + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u"
                  " %*d %*d %*d %*d %*d %*d %lu",
                  &p->state, &ppid, &pgrp, &session, &p->start) != 5)
    {
        return -1;
    }

    p->pid = pid;
    p->ppid = ppid;
    p->pgrp = pgrp;
    p->session = session;
    p->in = 0;

    return 0;
}


int
agent_procfs_marker(pid_t pid, char *value)
{
    int          fd, found;
    char         path[64];
    struct stat  st;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int) pid);

    fd = open(path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {

        if (errno != EACCES && errno != EPERM) {
            return 0;
        }

        /*
         * The process of another user.  Without CAP_SYS_PTRACE only that user
         * may read it, so the thread switches to that user temporarily.
         */

        snprintf(path, sizeof(path), "/proc/%d", (int) pid);

        if (stat(path, &st) == -1) {
            return 0;
        }

        strcat(path, "/environ");

        setfsgid(st.st_gid);
        setfsuid(st.st_uid);

        fd = open(path, O_RDONLY|O_CLOEXEC);

        setfsuid(0);
        setfsgid(0);

        if (fd == -1) {
            return 0;
        }
    }

    found = agent_procfs_find_marker(fd, value);

    close(fd);

    return found;
}


static int
agent_procfs_find_marker(int fd, char *value)
{
    char     buf[16384 + AGENT_PROCFS_KEEP], *p, *end, *nul;
    size_t   keep, total;
    ssize_t  n;

    /* a variable is at the beginning of the environment or follows a NUL */

    buf[0] = '\0';
    keep = 1;

    for (total = 0; total < AGENT_PROCFS_ENVIRON; total += n) {

        n = read(fd, buf + keep, 16384);

        end = buf + keep + (n > 0 ? n : 0);

        for (p = buf; (p = memchr(p, '\0', end - p)) != NULL; p++) {

            if ((size_t) (end - p) <= sizeof(AGENT_CHILD_MARKER)
                || memcmp(p + 1, AGENT_CHILD_MARKER "=",
                          sizeof(AGENT_CHILD_MARKER))
                   != 0)
            {
                continue;
            }

            nul = memchr(p + 1, '\0', end - p - 1);

            if (nul == NULL && n > 0 && end - p < AGENT_PROCFS_KEEP) {
                /* its end has not been read yet */
                break;
            }

            p += 1 + sizeof(AGENT_CHILD_MARKER);
            snprintf(value, AGENT_CHILD_MARKER_SIZE, "%.*s",
                     (int) ((nul ? nul : end) - p), p);
            return 1;
        }

        if (n <= 0) {
            return 0;
        }

        keep = end - buf < AGENT_PROCFS_KEEP ? end - buf : AGENT_PROCFS_KEEP;
        memmove(buf, end - keep, keep);
    }

    return 0;
}


int
agent_procfs_compare(const void *one, const void *two)
{
    const agent_procfs_stat_t  *a = one, *b = two;

    return (a->pid > b->pid) - (a->pid < b->pid);
}
