
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/ac_agent_socket.h"


#define AC_AGENT_SOCKET_BACKLOG  4096


static int ac_agent_socket_address(struct sockaddr_un *sun, const char *dir,
    const char *prefix, const char *name, const char *suffix);


int
ac_agent_socket_listen(const char *dir, const char *name, int type)
{
    int                 fd, err;
    struct sockaddr_un  tmp, sun;

    if (ac_agent_socket_address(&sun, dir, "", name, ".sock") == -1
        || ac_agent_socket_address(&tmp, dir, ".", name, ".tmp") == -1)
    {
        return -1;
    }

    fd = socket(AF_UNIX, type|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return -1;
    }

    if (unlink(tmp.sun_path) == -1 && errno != ENOENT) {
        goto failed;
    }

    if (bind(fd, (struct sockaddr *) &tmp, sizeof(tmp)) == -1) {
        goto failed;
    }

    /* bind() applied the umask to the mode */

    if (listen(fd, AC_AGENT_SOCKET_BACKLOG) == -1
        || chmod(tmp.sun_path, 0666) == -1
        || rename(tmp.sun_path, sun.sun_path) == -1)
    {
        err = errno;
        (void) unlink(tmp.sun_path);
        errno = err;
        goto failed;
    }

    return fd;

failed:

    err = errno;
    (void) close(fd);
    errno = err;

    return -1;
}


int
ac_agent_socket_connect(const char *dir, const char *name, int type)
{
    int                 fd, err;
    struct sockaddr_un  sun;

    if (ac_agent_socket_address(&sun, dir, "", name, ".sock") == -1) {
        return -1;
    }

    fd = socket(AF_UNIX, type|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return -1;
    }

    if (connect(fd, (struct sockaddr *) &sun, sizeof(sun)) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    return fd;
}


static int
ac_agent_socket_address(struct sockaddr_un *sun, const char *dir,
    const char *prefix, const char *name, const char *suffix)
{
    int  n;

    if (name[0] == '\0' || strchr(name, '/') != NULL) {
        errno = EINVAL;
        return -1;
    }

    memset(sun, 0, sizeof(struct sockaddr_un));
    sun->sun_family = AF_UNIX;

    n = snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s%s%s", dir,
                 prefix, name, suffix);

    if (n < 0 || (size_t) n >= sizeof(sun->sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    return 0;
}


int
ac_agent_socket_peer_is_init(int fd)
{
    int            file;
    char           path[32], buf[8192], *p;
    long           pid;
    ssize_t        n;
    unsigned       levels;
    socklen_t      len;
    struct ucred   cred;

    len = sizeof(struct ucred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1
        || cred.pid <= 0)
    {
        return -1;
    }

    (void) snprintf(path, sizeof(path), "/proc/%ld/status", (long) cred.pid);

    file = open(path, O_RDONLY|O_CLOEXEC);
    if (file == -1) {

        /* the process has exited, or /proc hides it */

        return (kill(cred.pid, 0) == -1 && errno == ESRCH) ? 0 : -1;
    }

    n = read(file, buf, sizeof(buf) - 1);
    (void) close(file);

    if (n <= 0) {
        return (n == -1 && errno == ESRCH) ? 0 : -1;
    }

    buf[n] = '\0';

    p = strstr(buf, "\nNSpid:");
    if (p == NULL) {
        return -1;
    }

    p += sizeof("\nNSpid:") - 1;

    pid = 0;
    levels = 0;

    for ( ;; ) {

        while (*p == '\t' || *p == ' ') {
            p++;
        }

        if (*p < '0' || *p > '9') {
            break;
        }

        pid = strtol(p, &p, 10);
        levels++;
    }

    return levels > 1 && pid == 1;
}
