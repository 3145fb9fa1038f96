
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * What a test of crashes has ordered (t/lib/Sandbox/Fault.pm): the file that
 * SANDBOX_FAULT names holds "<signal> <point> <n>", and the worker that is
 * the n-th to pass the point takes the file away and sends itself the signal.
 * Names of points that were passed go to <file>.passed, the worker's pid to
 * <file>.done.
 */


#ifndef SANDBOX_FAULT
#define SANDBOX_FAULT  1
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/sandbox_fault.h"


static int sandbox_fault_order(int fd, const char *path, const char *point);
static void sandbox_fault_append(const char *path, const char *suffix,
    const char *text);


void
sandbox_fault(const char *point)
{
    int          fd, signo;
    char         text[64];
    const char  *path;

    path = getenv("SANDBOX_FAULT");

    if (path == NULL) {
        return;
    }

    sandbox_fault_append(path, "passed", point);

    fd = open(path, O_RDWR|O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    signo = 0;

    if (flock(fd, LOCK_EX) == 0) {
        signo = sandbox_fault_order(fd, path, point);
    }

    close(fd);

    if (signo) {
        (void) snprintf(text, sizeof(text), "%d", (int) getpid());
        sandbox_fault_append(path, "done", text);

        (void) kill(getpid(), signo);
    }
}


/* the signal to die of, or 0 */

static int
sandbox_fault_order(int fd, const char *path, const char *point)
{
    int      n, signo;
    char     text[128], name[64];
    ssize_t  len;

    len = pread(fd, text, sizeof(text) - 1, 0);
    if (len <= 0) {
        return 0;
    }

    text[len] = '\0';

    if (sscanf(text, "%d %63s %d", &signo, name, &n) != 3
        || strcmp(name, point) != 0)
    {
        return 0;
    }

    if (n <= 1) {
        return unlink(path) == 0 ? signo : 0;
    }

    n = snprintf(text, sizeof(text), "%d %s %d\n", signo, point, n - 1);

    if (ftruncate(fd, 0) == -1 || pwrite(fd, text, (size_t) n, 0) != n) {
        abort();
    }

    return 0;
}


static void
sandbox_fault_append(const char *path, const char *suffix, const char *text)
{
    int   fd, n;
    char  name[256], line[128];

    (void) snprintf(name, sizeof(name), "%s.%s", path, suffix);
    n = snprintf(line, sizeof(line), "%s\n", text);

    fd = open(name, O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC, 0666);

    if (fd == -1 || write(fd, line, (size_t) n) != n) {
        abort();
    }

    close(fd);
}
