
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SWEEP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SWEEP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* background work, done by one worker */


/*
 * Init and exit of a worker.  Each worker tries to become the one that sweeps,
 * every second; the lock passes on when it exits.
 */
void ngx_http_sandbox_sweep_start(ngx_cycle_t *cycle);
void ngx_http_sandbox_sweep_stop(void);
/* schedules a sweep for the next step, rather than the next minute */
void ngx_http_sandbox_sweep_soon(void);


#endif /* _NGX_HTTP_SANDBOX_SWEEP_H_INCLUDED_ */
