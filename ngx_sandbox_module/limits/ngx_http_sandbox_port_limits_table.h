
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_LIMITS_TABLE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_LIMITS_TABLE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"


/*
 * The requests of ports with limits, over all workers: a table of fixed size
 * in the shared zone, with a record for each such port in use.
 *
 * A record with requests cannot be reused.  Each owner may have as many of
 * them as there are records without requests, so that one owner never has more
 * than half of the table, and there is always room for the next one.  Other
 * records are reused, least recently used first; those of an owner who has
 * more than an equal share are reused for this owner's own ports.  The owner of
 * a sandbox that was created without a key is the sandbox.
 *
 * The zone's mutex must be held for all functions but create(), start() and
 * stop(), and for as long as a record is used.
 */


#define NGX_HTTP_SANDBOX_PORT_LIMITS_KEY                                      \
    (SANDBOX_RANDOM_LEN + sizeof(in_port_t))


/* requests per second of a port */

typedef struct {
    ngx_msec_t                   last;
    int64_t                      excess;       /* requests * 1000 */
} ngx_http_sandbox_port_rate_t;


struct ngx_http_sandbox_port_limits_s {
    ngx_http_sandbox_port_rate_t rate;         /* for the caller */
};


/* uses at most that many bytes; NULL: the zone is too small */
ngx_http_sandbox_port_limits_table_t *ngx_http_sandbox_port_limits_table_create(
    ngx_slab_pool_t *shpool, size_t size);

/* init and exit of a worker, whose requests are counted apart */
void ngx_http_sandbox_port_limits_table_start(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_port_limits_table_t *table);
void ngx_http_sandbox_port_limits_table_stop(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_port_limits_table_t *table);

/* identifies a port of a sandbox; key has room for ..._KEY bytes */
void ngx_http_sandbox_port_limits_table_key(u_char *key,
    ngx_http_sandbox_node_t *node, in_port_t port);

/*
 * The record of a port of a node with a valid spec, a new one if needed; with
 * "enter", one that enter() may be called for.  NULL: this owner has no room
 * left.
 */
ngx_http_sandbox_port_limits_t *ngx_http_sandbox_port_limits_table_get(
    ngx_http_sandbox_port_limits_table_t *table, ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t enter);

/* its requests, over all workers */
int64_t ngx_http_sandbox_port_limits_table_served(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_limits_t *record);

/* a request of this worker begins, and ends */
void ngx_http_sandbox_port_limits_table_enter(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_limits_t *record);
void ngx_http_sandbox_port_limits_table_leave(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_limits_t *record);


#endif /* _NGX_HTTP_SANDBOX_PORT_LIMITS_TABLE_H_INCLUDED_ */
