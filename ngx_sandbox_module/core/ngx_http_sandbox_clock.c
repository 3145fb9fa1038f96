
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_clock.h"

#include <sys/time.h>


/* wall clock and monotonic clock */


void
ngx_http_sandbox_clock_iso(int64_t ms, char *buf)
{
    time_t      sec;
    struct tm   tm;

    sec = (time_t) (ms / 1000);

    if (gmtime_r(&sec, &tm) == NULL) {
        ngx_memzero(&tm, sizeof(struct tm));
        tm.tm_mday = 1;
        tm.tm_year = 70;
    }

    (void) ngx_sprintf((u_char *) buf, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ%Z",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                       tm.tm_hour, tm.tm_min, tm.tm_sec, (int) (ms % 1000));
}


int64_t
ngx_http_sandbox_clock_now(void)
{
    struct timeval  tv;

    ngx_gettimeofday(&tv);

    return (int64_t) tv.tv_sec * 1000 + tv.tv_usec / 1000;
}


int64_t
ngx_http_sandbox_clock_monotonic(void)
{
    struct timespec  ts;

    /* cached time is per worker and stale within an iteration */

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
