
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_COUNTERS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_COUNTERS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_start_type.h"


/* counters of the shared zone */


typedef struct {
    ngx_atomic_t                   api_requests;
    ngx_atomic_t                   api_denied;     /* 401, 403, 421 */
    ngx_atomic_t                   preview_requests;
    ngx_atomic_t                   preview_denied;     /* 404 */
    ngx_atomic_t                   preview_stale;  /* 410 */
    ngx_atomic_t                   starts[NGX_HTTP_SANDBOX_START_TYPES];
    ngx_atomic_t                   start_failures;
    ngx_atomic_t                   start_ms;       /* total of all starts */
    ngx_atomic_t                   created;        /* directories created */
    ngx_atomic_t                   destroyed;
    ngx_atomic_t                   ends;           /* tethers lost */
    ngx_atomic_t                   engine_calls;
    ngx_atomic_t                   engine_errors;
    ngx_atomic_t                   tethers;        /* currently open */
    ngx_atomic_t                   waiting;        /* current requests */
    ngx_atomic_t                   swept;
    ngx_atomic_t                   capacity_refused;
    ngx_atomic_t                   rate_refused;
    ngx_atomic_t                   pool_started;
    ngx_atomic_t                   pool_failures;
    ngx_atomic_t                   pool_missed;    /* none was warm */
    ngx_atomic_t                   warm;           /* as of the last count */
    ngx_atomic_t                   calls_waiting;  /* current */
    ngx_atomic_t                   calls_running;  /* current */
    ngx_atomic_t                   engine_away;    /* current workers */
    ngx_atomic_t                   starting;       /* as of the last count */
    ngx_atomic_t                   running;

    /* see engine_info.c */
    ngx_atomic_t                   engine_info;

    ngx_http_sandbox_clock_shared_t
                                   clock;

    /* see port_limits_table.c */
    ngx_http_sandbox_port_limits_table_t
                                  *port_limits;
} ngx_http_sandbox_counters_t;


#define ngx_http_sandbox_count(conf, field)                                   \
    (void) ngx_atomic_fetch_add(&(conf)->counters->field, 1)


#endif /* _NGX_HTTP_SANDBOX_COUNTERS_H_INCLUDED_ */
