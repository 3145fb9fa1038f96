
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_CLOCK_H_INCLUDED_
#define _AC_CLOCK_H_INCLUDED_


#include <stdint.h>
#include <time.h>


/* ms of the monotonic clock */

static inline uint64_t
ac_clock_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


#endif /* _AC_CLOCK_H_INCLUDED_ */
