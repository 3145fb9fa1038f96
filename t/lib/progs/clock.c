
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Preloaded into nginx: moves the wall clock by the number of seconds in the
 * file that CLOCK_FILE names, which is read at each call.  Monotonic clocks are
 * left alone.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>


static long
clock_moved(void)
{
    int          fd;
    char         text[32];
    ssize_t      n;
    const char  *name;

    name = getenv("CLOCK_FILE");
    if (name == NULL) {
        return 0;
    }

    fd = open(name, O_RDONLY|O_CLOEXEC);
    if (fd == -1) {
        return 0;
    }

    n = read(fd, text, sizeof(text) - 1);
    close(fd);

    if (n <= 0) {
        return 0;
    }

    text[n] = '\0';

    return strtol(text, NULL, 10);
}


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    long  rc;

    rc = syscall(SYS_clock_gettime, id, ts);

    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        ts->tv_sec += clock_moved();
    }

    return (int) rc;
}


int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec  ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) == -1) {
        return -1;
    }

    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}


time_t
time(time_t *t)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    if (t) {
        *t = ts.tv_sec;
    }

    return ts.tv_sec;
}
