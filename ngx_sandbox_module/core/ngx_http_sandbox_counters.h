
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_COUNTERS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_COUNTERS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* counters of the shared zone */


/* how the request's sandbox was started */

#define NGX_HTTP_SANDBOX_START_NONE    0
#define NGX_HTTP_SANDBOX_START_HIT     1
#define NGX_HTTP_SANDBOX_START_WAKE    2
#define NGX_HTTP_SANDBOX_START_CREATE  3
#define NGX_HTTP_SANDBOX_START_LOST    4


/* counters of the shared zone */

typedef struct {
    ngx_atomic_t                   api_requests;
    ngx_atomic_t                   api_denied;         /* 401, 403, 421 */
    ngx_atomic_t                   preview_requests;
    ngx_atomic_t                   preview_denied;     /* 404 */
    ngx_atomic_t                   preview_stale;      /* 410 */
    ngx_atomic_t                   starts[5];          /* by ..._START_* */
    ngx_atomic_t                   start_failures;
    ngx_atomic_t                   start_ms;           /* sum of starts */
    ngx_atomic_t                   created;            /* directories */
    ngx_atomic_t                   destroyed;
    ngx_atomic_t                   ends;               /* agents that left */
    ngx_atomic_t                   engine_calls;
    ngx_atomic_t                   engine_errors;
    ngx_atomic_t                   tethers;            /* open now */
    ngx_atomic_t                   waiting;            /* requests now */
    ngx_atomic_t                   swept;
    ngx_atomic_t                   capacity_refused;
    ngx_atomic_t                   rate_refused;
    ngx_atomic_t                   calls_waiting;      /* now */
    ngx_atomic_t                   calls_running;      /* now */
    ngx_atomic_t                   engine_away;        /* workers, now */
    ngx_atomic_t                   starting;           /* when last counted */
    ngx_atomic_t                   running;

    /* see port_limits.c */
    ngx_http_sandbox_port_limits_table_t
                                  *port_limits;
} ngx_http_sandbox_counters_t;


#define ngx_http_sandbox_count(conf, field)                                   \
    (void) ngx_atomic_fetch_add(&(conf)->counters->field, 1)


#endif /* _NGX_HTTP_SANDBOX_COUNTERS_H_INCLUDED_ */
