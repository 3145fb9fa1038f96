
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_clock.h"

#include <sys/time.h>


/* wall clock and monotonic clock */


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
