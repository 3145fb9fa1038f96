
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CLOCK_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CLOCK_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * The wall clock; a monotonic clock; and a steady clock, for times that are
 * compared with recorded ones.  All are common to all workers.
 *
 * The steady clock follows the wall clock, but not its jumps.  If the wall
 * clock jumps ahead, the steady clock runs on for a day and then follows.  If
 * it is set back, the steady clock runs a sixteenth slower until they agree; it
 * never goes back.
 */


/* of the shared zone, initially zeroed */

typedef struct {
    int64_t                        offset;   /* to the boot clock; 0: none */
    int64_t                        seen;     /* boot clock of the last look */
    int64_t                        ahead;    /* since when; 0: it is not */
    int64_t                        behind;
} ngx_http_sandbox_clock_shared_t;


/* ms since the epoch, cached by the event loop: no system call */
#define ngx_http_sandbox_clock_cached()                                       \
    ((int64_t) ngx_cached_time->sec * 1000 + ngx_cached_time->msec)
/* ms since the epoch, by a system call */
int64_t ngx_http_sandbox_clock_now(void);

/* ms of the monotonic clock, common to all workers */
int64_t ngx_http_sandbox_clock_monotonic(void);

/*
 * Init of a worker: sets the steady clock, unless another worker has.  saved:
 * its time when nginx ran last, or 0.
 */
void ngx_http_sandbox_clock_start(int64_t saved);
/*
 * Compares it with the wall clock, to be called each second by one worker;
 * returns its time, to be saved
 */
int64_t ngx_http_sandbox_clock_look(void);

/*
 * The earlier one of wall clock and steady clock: what expires by it has
 * expired by both.
 */
int64_t ngx_http_sandbox_clock_early(void);
/* the later one: what is valid by it is valid by both */
int64_t ngx_http_sandbox_clock_late(void);


#endif /* _NGX_HTTP_SANDBOX_CLOCK_H_INCLUDED_ */
