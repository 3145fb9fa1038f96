
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "prober/mounts.h"
#include "prober/sockets.h"
#include "prober/verdict.h"


#define SELFTEST_SOCKETS_DIR      "/run/sandbox"
#define SELFTEST_SOCKETS_SECONDS  15    /* for the walk */
#define SELFTEST_SOCKETS_DEPTH    64
#define SELFTEST_SOCKETS_PATH     4096


static void selftest_sockets_walk(int fd, char *path, size_t len,
    unsigned depth);
static int selftest_sockets_entry(int fd, const struct dirent *entry,
    mode_t *mode);
static void selftest_sockets_mounted(const char *point);
static void selftest_sockets_abstract(void);
static void selftest_sockets_try(const char *name, const char *path,
    size_t len);
static void selftest_sockets_ask(const char *path, int type, const char *text);
static int selftest_sockets_connect(const char *path, size_t len, int type);


static time_t    selftest_sockets_until;
static unsigned  selftest_sockets_files;


/*
 * A listener outside this PID namespace has pid 0 here: whatever it is, it is
 * none of the sandbox.  nginx's sockets are in a directory of their own.
 */

void
selftest_sockets_engine(const selftest_facts_t *facts)
{
    int          fd;
    static char  path[SELFTEST_SOCKETS_PATH];

    (void) facts;

    selftest_sockets_until = time(NULL) + SELFTEST_SOCKETS_SECONDS;

    fd = open("/", O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd != -1) {
        selftest_sockets_walk(fd, path, 0, 0);
    }

    selftest_mounts_points(selftest_sockets_mounted);
    selftest_sockets_abstract();

    selftest_verdict_note("%u files, no socket of the host",
                          selftest_sockets_files);
}


/* path has len bytes, and no slash at its end; closes fd */

static void
selftest_sockets_walk(int fd, char *path, size_t len, unsigned depth)
{
    int             child;
    DIR            *dir;
    size_t          n;
    mode_t          mode;
    struct dirent  *entry;

    dir = fdopendir(fd);

    if (dir == NULL) {
        (void) close(fd);
        return;
    }

    if (time(NULL) > selftest_sockets_until) {
        selftest_verdict_note("not all files were looked at");
        (void) closedir(dir);
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        selftest_sockets_files++;

        if (selftest_sockets_entry(fd, entry, &mode) == -1) {
            continue;
        }

        n = strlen(entry->d_name);

        if (len + n + 2 > SELFTEST_SOCKETS_PATH) {
            continue;
        }

        path[len] = '/';
        memcpy(path + len + 1, entry->d_name, n + 1);

        if (mode == S_IFSOCK) {
            selftest_sockets_try(path, path, len + n + 2);
            continue;
        }

        if (depth == SELFTEST_SOCKETS_DEPTH
            || strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0
            || strcmp(path, SELFTEST_SOCKETS_DIR) == 0)
        {
            continue;
        }

        child = openat(fd, entry->d_name,
                       O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

        if (child != -1) {
            selftest_sockets_walk(child, path, len + n + 1, depth + 1);
        }
    }

    (void) closedir(dir);
}


/* 0 and the type of a socket or directory, or -1 */

static int
selftest_sockets_entry(int fd, const struct dirent *entry, mode_t *mode)
{
    struct stat  st;

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
        return -1;
    }

    *mode = DTTOIF(entry->d_type);

    if (entry->d_type == DT_UNKNOWN) {

        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
            return -1;
        }

        *mode = st.st_mode & S_IFMT;
    }

    return *mode == S_IFSOCK || *mode == S_IFDIR ? 0 : -1;
}


/* a directory has the type of the file that a mounted socket covers */

static void
selftest_sockets_mounted(const char *point)
{
    struct stat  st;

    if (lstat(point, &st) == 0 && S_ISSOCK(st.st_mode)) {
        selftest_sockets_try(point, point, strlen(point) + 1);
    }
}


/* names that no file has belong to the network namespace */

static void
selftest_sockets_abstract(void)
{
    FILE    *f;
    char     line[512], *p;
    size_t   len;

    f = fopen("/proc/net/unix", "r");

    if (f == NULL) {
        return;
    }

    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';

        p = strchr(line, '@');
        if (p == NULL || p == line || p[-1] != ' ') {
            continue;
        }

        len = strlen(p);
        *p = '\0';

        selftest_sockets_try("an abstract socket", p, len);
    }

    (void) fclose(f);
}


static void
selftest_sockets_try(const char *name, const char *path, size_t len)
{
    int           s;
    size_t        i;
    socklen_t     size;
    struct ucred  peer;

    static const int  types[] = { SOCK_STREAM, SOCK_SEQPACKET };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {

        s = selftest_sockets_connect(path, len, types[i]);
        if (s == -1) {
            continue;
        }

        size = sizeof(struct ucred);

        if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
            && peer.pid == 0)
        {
            selftest_verdict_fail("a process of the host listens on %.200s",
                                  name);
        }

        (void) close(s);
    }
}


/* the agent closes a connection from within its PID namespace, unread */

void
selftest_sockets_agent(const selftest_facts_t *facts)
{
    int             n;
    DIR            *dir;
    char            path[sizeof(SELFTEST_SOCKETS_DIR) + 256];
    struct stat     st;
    struct dirent  *entry;

    (void) facts;

    dir = opendir(SELFTEST_SOCKETS_DIR);

    /* nobody but root may list it; the names are no secret */

    if (dir == NULL) {
        selftest_sockets_ask(SELFTEST_SOCKETS_DIR "/agent.sock", SOCK_STREAM,
                             "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n");
        selftest_sockets_ask(SELFTEST_SOCKETS_DIR "/control.sock",
                             SOCK_SEQPACKET, "{}");
        selftest_verdict_note("agent.sock and control.sock");
        return;
    }

    n = 0;

    while ((entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", SELFTEST_SOCKETS_DIR,
                 entry->d_name);

        if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode)) {
            continue;
        }

        if (strcmp(entry->d_name, "boot.sock") == 0) {
            selftest_verdict_fail("boot.sock is still there");
        }

        selftest_sockets_ask(path, SOCK_STREAM,
                             "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n");
        selftest_sockets_ask(path, SOCK_SEQPACKET,
                             "{\"op\":\"status\",\"seq\":1}");
        n++;
    }

    (void) closedir(dir);

    if (n == 0) {
        selftest_verdict_fail("there is no socket in %s",
                              SELFTEST_SOCKETS_DIR);
    }

    selftest_verdict_note("%d sockets", n);
}


static void
selftest_sockets_ask(const char *path, int type, const char *text)
{
    int      s;
    char     buf[256];
    ssize_t  n;

    s = selftest_sockets_connect(path, strlen(path) + 1, type);

    if (s == -1) {
        return;
    }

    (void) send(s, text, strlen(text), MSG_NOSIGNAL);

    n = recv(s, buf, sizeof(buf), 0);

    if (n > 0) {
        selftest_verdict_fail("%s answers", path);

    } else if (n == -1 && errno == EAGAIN) {
        selftest_verdict_fail("%s keeps the connection open", path);
    }

    (void) close(s);
}


/* a connected socket that waits for at most 5 seconds, or -1 */

static int
selftest_sockets_connect(const char *path, size_t len, int type)
{
    int                  s;
    struct timeval       tv;
    struct sockaddr_un   sun;

    memset(&sun, 0, sizeof(struct sockaddr_un));

    if (len > sizeof(sun.sun_path)) {
        return -1;
    }

    s = socket(AF_UNIX, type|SOCK_CLOEXEC, 0);
    if (s == -1) {
        return -1;
    }

    tv.tv_sec = 5;
    tv.tv_usec = 0;

    (void) setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    (void) setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));

    sun.sun_family = AF_UNIX;
    memcpy(sun.sun_path, path, len);

    if (connect(s, (struct sockaddr *) &sun,
                (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len))
        == -1)
    {
        (void) close(s);
        return -1;
    }

    return s;
}
