
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_LIMITS_LOCAL_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_LIMITS_LOCAL_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "limits/ngx_http_sandbox_port_limits_table.h"


/*
 * The requests of ports that this worker counts alone, because the shared
 * table has no room or because the requests do not reach an app.
 */


typedef struct {
    ngx_http_sandbox_port_rate_t   rate;       /* for the caller */
    ngx_uint_t                     served;     /* requests of this worker */

    /* private to port_limits_local.c */

    ngx_str_node_t                 sn;         /* sn.str: run and port */
    ngx_queue_t                    queue;      /* if served is 0 */
    u_char                         key[NGX_HTTP_SANDBOX_PORT_LIMITS_KEY];
} ngx_http_sandbox_port_limits_local_t;


/* init of a worker */
void ngx_http_sandbox_port_limits_local_start(void);

/*
 * The record of a port of a node with a valid spec; valid until control
 * returns to the event loop, or enter() is called and then leave().  NULL: out
 * of memory.
 */
ngx_http_sandbox_port_limits_local_t *ngx_http_sandbox_port_limits_local_get(
    ngx_http_sandbox_node_t *node, in_port_t port);

/* a request begins, and ends */
void ngx_http_sandbox_port_limits_local_enter(
    ngx_http_sandbox_port_limits_local_t *record);
void ngx_http_sandbox_port_limits_local_leave(
    ngx_http_sandbox_port_limits_local_t *record);


#endif /* _NGX_HTTP_SANDBOX_PORT_LIMITS_LOCAL_H_INCLUDED_ */
