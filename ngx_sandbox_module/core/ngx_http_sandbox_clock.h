
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CLOCK_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CLOCK_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the wall clock, and a monotonic clock common to all workers */


/* ms since the epoch, cached by the event loop: no system call */
#define ngx_http_sandbox_clock_cached()                                       \
    ((int64_t) ngx_cached_time->sec * 1000 + ngx_cached_time->msec)
/* ms since the epoch, by a system call */
int64_t ngx_http_sandbox_clock_now(void);

/* ms of the monotonic clock, common to all workers */
int64_t ngx_http_sandbox_clock_monotonic(void);


#endif /* _NGX_HTTP_SANDBOX_CLOCK_H_INCLUDED_ */
