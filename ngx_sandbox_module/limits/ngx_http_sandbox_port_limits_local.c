
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "limits/ngx_http_sandbox_port_limits_local.h"
#include "limits/ngx_http_sandbox_port_limits_table.h"


/* records without requests that are kept for their rates */
#define NGX_HTTP_SANDBOX_PORT_LIMITS_LOCAL_IDLE  512


static ngx_rbtree_t       ngx_http_sandbox_port_limits_local_records;
static ngx_rbtree_node_t  ngx_http_sandbox_port_limits_local_sentinel;
static ngx_queue_t        ngx_http_sandbox_port_limits_local_idle;
static ngx_uint_t         ngx_http_sandbox_port_limits_local_nidle;


void
ngx_http_sandbox_port_limits_local_start(void)
{
    ngx_rbtree_init(&ngx_http_sandbox_port_limits_local_records,
                    &ngx_http_sandbox_port_limits_local_sentinel,
                    ngx_str_rbtree_insert_value);

    ngx_queue_init(&ngx_http_sandbox_port_limits_local_idle);
    ngx_http_sandbox_port_limits_local_nidle = 0;
}


ngx_http_sandbox_port_limits_local_t *
ngx_http_sandbox_port_limits_local_get(ngx_http_sandbox_node_t *node,
    in_port_t port)
{
    u_char                                 key[
                                           NGX_HTTP_SANDBOX_PORT_LIMITS_KEY];
    uint32_t                               hash;
    ngx_str_t                              name;
    ngx_queue_t                           *q;
    ngx_str_node_t                        *sn;
    ngx_http_sandbox_port_limits_local_t  *record;

    ngx_http_sandbox_port_limits_table_key(key, node, port);

    name.data = key;
    name.len = sizeof(key);
    hash = ngx_crc32_short(key, sizeof(key));

    sn = ngx_str_rbtree_lookup(&ngx_http_sandbox_port_limits_local_records,
                               &name, hash);

    if (sn) {
        return ngx_queue_data(sn, ngx_http_sandbox_port_limits_local_t, sn);
    }

    if (ngx_http_sandbox_port_limits_local_nidle
        < NGX_HTTP_SANDBOX_PORT_LIMITS_LOCAL_IDLE)
    {
        record = ngx_alloc(sizeof(ngx_http_sandbox_port_limits_local_t),
                           ngx_cycle->log);
        if (record == NULL) {
            return NULL;
        }

        ngx_http_sandbox_port_limits_local_nidle++;

    } else {
        q = ngx_queue_last(&ngx_http_sandbox_port_limits_local_idle);
        ngx_queue_remove(q);

        record = ngx_queue_data(q, ngx_http_sandbox_port_limits_local_t,
                                queue);
        ngx_rbtree_delete(&ngx_http_sandbox_port_limits_local_records,
                          &record->sn.node);
    }

    ngx_memzero(record, sizeof(ngx_http_sandbox_port_limits_local_t));

    ngx_memcpy(record->key, key, sizeof(key));
    record->sn.str.data = record->key;
    record->sn.str.len = sizeof(key);
    record->sn.node.key = hash;
    record->rate.last = ngx_current_msec;

    ngx_rbtree_insert(&ngx_http_sandbox_port_limits_local_records,
                      &record->sn.node);
    ngx_queue_insert_head(&ngx_http_sandbox_port_limits_local_idle,
                          &record->queue);

    return record;
}


void
ngx_http_sandbox_port_limits_local_enter(
    ngx_http_sandbox_port_limits_local_t *record)
{
    if (record->served++ == 0) {
        ngx_queue_remove(&record->queue);
        ngx_http_sandbox_port_limits_local_nidle--;
    }
}


void
ngx_http_sandbox_port_limits_local_leave(
    ngx_http_sandbox_port_limits_local_t *record)
{
    if (--record->served) {
        return;
    }

    if (ngx_http_sandbox_port_limits_local_nidle
        == NGX_HTTP_SANDBOX_PORT_LIMITS_LOCAL_IDLE)
    {
        ngx_rbtree_delete(&ngx_http_sandbox_port_limits_local_records,
                          &record->sn.node);
        ngx_free(record);
        return;
    }

    ngx_queue_insert_head(&ngx_http_sandbox_port_limits_local_idle,
                          &record->queue);
    ngx_http_sandbox_port_limits_local_nidle++;
}
