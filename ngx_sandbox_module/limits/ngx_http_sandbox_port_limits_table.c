
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_port_limits_table.h"


/*
 * Every worker counts in its own element of a record, so that the counts of a
 * dead worker can be dropped.
 */


/* elements, including those of workers shutting down */
#define NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS  128


typedef struct {
    uint16_t                   generation;   /* of the counting worker */
    uint16_t                   n;
} ngx_http_sandbox_served_t;


/* the records of an owner */

typedef struct {
    ngx_str_node_t             sn;           /* sn.str: the owner */
    ngx_queue_t                idle;         /* most recently used first */
    ngx_queue_t                free;
    ngx_uint_t                 records;
    ngx_uint_t                 busy;
    u_char                     name[SANDBOX_OWNER_MAX + 1];
} ngx_http_sandbox_port_share_t;


typedef struct {
    ngx_http_sandbox_port_limits_t  public;  /* first */
    ngx_str_node_t             sn;           /* sn.str: run and port */
    ngx_queue_t                queue;        /* idle, busy or free */
    ngx_queue_t                share_queue;  /* of the share, if idle */
    ngx_http_sandbox_port_share_t  *share;
    ngx_uint_t                 busy;         /* it has requests */
    u_char                     key[NGX_HTTP_SANDBOX_PORT_LIMITS_KEY];
    ngx_http_sandbox_served_t  counts[NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS];
} ngx_http_sandbox_port_record_t;


struct ngx_http_sandbox_port_limits_table_s {
    ngx_rbtree_t               records;
    ngx_rbtree_node_t          records_sentinel;
    ngx_rbtree_t               shares;
    ngx_rbtree_node_t          shares_sentinel;
    ngx_queue_t                idle;         /* most recently used first */
    ngx_queue_t                busy;
    ngx_queue_t                free;
    ngx_queue_t                free_shares;
    ngx_uint_t                 nrecords;     /* of the table */
    ngx_uint_t                 nbusy;
    ngx_uint_t                 nshares;      /* in use */
    struct {
        ngx_pid_t              pid;          /* 0: free */
        uint16_t               generation;
    } workers[NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS];
};


static ngx_uint_t ngx_http_sandbox_port_limits_table_room(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_share_t *share);
static ngx_http_sandbox_port_record_t *ngx_http_sandbox_port_limits_table_new(
    ngx_http_sandbox_port_limits_table_t *table, ngx_str_t *owner,
    ngx_str_t *key);
static ngx_http_sandbox_port_record_t *
    ngx_http_sandbox_port_limits_table_reuse(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_share_t *share);
static void ngx_http_sandbox_port_limits_table_free(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_record_t *record);
static ngx_http_sandbox_port_share_t *ngx_http_sandbox_port_limits_table_share(
    ngx_http_sandbox_port_limits_table_t *table, ngx_str_t *owner);
static void ngx_http_sandbox_port_limits_table_idle(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_record_t *record);
static void ngx_http_sandbox_port_limits_table_review(
    ngx_http_sandbox_port_limits_table_t *table);


/* this worker's element, or an invalid index */
static ngx_uint_t  ngx_http_sandbox_port_limits_table_worker
    = NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS;


ngx_http_sandbox_port_limits_table_t *
ngx_http_sandbox_port_limits_table_create(ngx_slab_pool_t *shpool, size_t size)
{
    ngx_uint_t                             i, n;
    ngx_http_sandbox_port_share_t         *shares;
    ngx_http_sandbox_port_record_t        *records;
    ngx_http_sandbox_port_limits_table_t  *table;

    if (size < sizeof(ngx_http_sandbox_port_limits_table_t)) {
        return NULL;
    }

    /* each owner has at least one record */

    n = (size - sizeof(ngx_http_sandbox_port_limits_table_t))
        / (sizeof(ngx_http_sandbox_port_record_t)
           + sizeof(ngx_http_sandbox_port_share_t));

    table = ngx_slab_calloc(shpool, size);
    if (table == NULL) {
        return NULL;
    }

    records = (ngx_http_sandbox_port_record_t *) (table + 1);
    shares = (ngx_http_sandbox_port_share_t *) (records + n);

    ngx_rbtree_init(&table->records, &table->records_sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_rbtree_init(&table->shares, &table->shares_sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&table->idle);
    ngx_queue_init(&table->busy);
    ngx_queue_init(&table->free);
    ngx_queue_init(&table->free_shares);

    table->nrecords = n;

    for (i = 0; i < n; i++) {
        ngx_queue_insert_tail(&table->free, &records[i].queue);
        ngx_queue_insert_tail(&table->free_shares, &shares[i].free);
    }

    return table;
}


void
ngx_http_sandbox_port_limits_table_start(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_port_limits_table_t *table)
{
    ngx_uint_t  i;

    ngx_http_sandbox_port_limits_table_worker =
        NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS; i++) {

        /* scan all: also frees elements of dead workers */

        if (table->workers[i].pid
            && kill(table->workers[i].pid, 0) == -1 && ngx_errno == ESRCH)
        {
            table->workers[i].pid = 0;
        }

        if (table->workers[i].pid == 0
            && ngx_http_sandbox_port_limits_table_worker
               == NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS)
        {
            table->workers[i].pid = ngx_pid;
            table->workers[i].generation++;

            ngx_http_sandbox_port_limits_table_worker = i;
        }
    }

    ngx_http_sandbox_port_limits_table_review(table);

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_http_sandbox_port_limits_table_stop(ngx_slab_pool_t *shpool,
    ngx_http_sandbox_port_limits_table_t *table)
{
    ngx_uint_t  i;

    i = ngx_http_sandbox_port_limits_table_worker;

    if (i == NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS) {
        return;
    }

    ngx_shmtx_lock(&shpool->mutex);

    table->workers[i].pid = 0;
    ngx_http_sandbox_port_limits_table_review(table);

    ngx_shmtx_unlock(&shpool->mutex);

    ngx_http_sandbox_port_limits_table_worker =
        NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS;
}


/* requests of dead workers have ended */

static void
ngx_http_sandbox_port_limits_table_review(
    ngx_http_sandbox_port_limits_table_t *table)
{
    ngx_queue_t                     *q, *next;
    ngx_http_sandbox_port_record_t  *record;

    for (q = ngx_queue_head(&table->busy);
         q != ngx_queue_sentinel(&table->busy);
         q = next)
    {
        next = ngx_queue_next(q);
        record = ngx_queue_data(q, ngx_http_sandbox_port_record_t, queue);

        if (ngx_http_sandbox_port_limits_table_served(table, &record->public)
            == 0)
        {
            ngx_http_sandbox_port_limits_table_idle(table, record);
        }
    }
}


void
ngx_http_sandbox_port_limits_table_key(u_char *key,
    ngx_http_sandbox_node_t *node, in_port_t port)
{
    ngx_memcpy(key, node->spec.run, SANDBOX_RANDOM_LEN);
    ngx_memcpy(key + SANDBOX_RANDOM_LEN, &port, sizeof(in_port_t));
}


ngx_http_sandbox_port_limits_t *
ngx_http_sandbox_port_limits_table_get(
    ngx_http_sandbox_port_limits_table_t *table, ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t enter)
{
    u_char                           key[NGX_HTTP_SANDBOX_PORT_LIMITS_KEY];
    ngx_str_t                        name, owner;
    ngx_str_node_t                  *sn;
    ngx_http_sandbox_port_share_t   *share;
    ngx_http_sandbox_port_record_t  *record;

    if (enter && ngx_http_sandbox_port_limits_table_worker
                 == NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS)
    {
        return NULL;
    }

    ngx_http_sandbox_port_limits_table_key(key, node, port);

    name.data = key;
    name.len = NGX_HTTP_SANDBOX_PORT_LIMITS_KEY;

    sn = ngx_str_rbtree_lookup(&table->records, &name,
                               ngx_crc32_short(name.data, name.len));

    if (sn) {
        record = ngx_queue_data(sn, ngx_http_sandbox_port_record_t, sn);

        if (record->busy) {
            return &record->public;
        }

        if (enter
            && !ngx_http_sandbox_port_limits_table_room(table, record->share))
        {
            return NULL;
        }

        ngx_queue_remove(&record->queue);
        ngx_queue_insert_head(&table->idle, &record->queue);
        ngx_queue_remove(&record->share_queue);
        ngx_queue_insert_head(&record->share->idle, &record->share_queue);

        return &record->public;
    }

    owner.data = (u_char *) node->spec.owner;
    owner.len = ngx_strlen(owner.data);

    if (owner.len == 0) {

        /* with the final NUL, a run differs from all names */

        owner.data = (u_char *) node->spec.run;
        owner.len = SANDBOX_RANDOM_LEN + 1;
    }

    share = ngx_http_sandbox_port_limits_table_share(table, &owner);

    if (enter && !ngx_http_sandbox_port_limits_table_room(table, share)) {
        return NULL;
    }

    record = ngx_http_sandbox_port_limits_table_new(table, &owner, &name);

    return record ? &record->public : NULL;
}


/* 1 if one more record of the owner may have requests; share may be NULL */

static ngx_uint_t
ngx_http_sandbox_port_limits_table_room(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_share_t *share)
{
    return (share ? share->busy : 0) < table->nrecords - table->nbusy;
}


static ngx_http_sandbox_port_record_t *
ngx_http_sandbox_port_limits_table_new(
    ngx_http_sandbox_port_limits_table_t *table, ngx_str_t *owner,
    ngx_str_t *key)
{
    ngx_queue_t                     *q;
    ngx_http_sandbox_port_share_t   *share;
    ngx_http_sandbox_port_record_t  *record;

    share = ngx_http_sandbox_port_limits_table_share(table, owner);

    if (ngx_queue_empty(&table->free)) {

        record = ngx_http_sandbox_port_limits_table_reuse(table, share);
        if (record == NULL) {
            return NULL;
        }

        ngx_http_sandbox_port_limits_table_free(table, record);

        /* it may have been the last of this owner's */

        share = ngx_http_sandbox_port_limits_table_share(table, owner);
    }

    q = ngx_queue_head(&table->free);
    ngx_queue_remove(q);
    record = ngx_queue_data(q, ngx_http_sandbox_port_record_t, queue);

    ngx_memzero(record, sizeof(ngx_http_sandbox_port_record_t));

    if (share == NULL) {
        q = ngx_queue_head(&table->free_shares);
        ngx_queue_remove(q);
        share = ngx_queue_data(q, ngx_http_sandbox_port_share_t, free);

        ngx_memzero(share, sizeof(ngx_http_sandbox_port_share_t));
        ngx_queue_init(&share->idle);

        ngx_memcpy(share->name, owner->data, owner->len);
        share->sn.str.data = share->name;
        share->sn.str.len = owner->len;
        share->sn.node.key = ngx_crc32_short(owner->data, owner->len);

        ngx_rbtree_insert(&table->shares, &share->sn.node);
        table->nshares++;
    }

    ngx_memcpy(record->key, key->data, key->len);
    record->sn.str.data = record->key;
    record->sn.str.len = key->len;
    record->sn.node.key = ngx_crc32_short(key->data, key->len);
    record->public.rate.last = ngx_current_msec;
    record->share = share;

    share->records++;

    ngx_rbtree_insert(&table->records, &record->sn.node);
    ngx_queue_insert_head(&table->idle, &record->queue);
    ngx_queue_insert_head(&share->idle, &record->share_queue);

    return record;
}


/* a record without requests, for an owner with that share, or NULL */

static ngx_http_sandbox_port_record_t *
ngx_http_sandbox_port_limits_table_reuse(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_share_t *share)
{
    ngx_queue_t  *q;

    if (share && !ngx_queue_empty(&share->idle)
        && share->records > table->nrecords / table->nshares)
    {
        q = ngx_queue_last(&share->idle);
        return ngx_queue_data(q, ngx_http_sandbox_port_record_t, share_queue);
    }

    if (ngx_queue_empty(&table->idle)) {
        return NULL;
    }

    q = ngx_queue_last(&table->idle);

    return ngx_queue_data(q, ngx_http_sandbox_port_record_t, queue);
}


static void
ngx_http_sandbox_port_limits_table_free(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_record_t *record)
{
    ngx_http_sandbox_port_share_t  *share;

    share = record->share;

    ngx_rbtree_delete(&table->records, &record->sn.node);
    ngx_queue_remove(&record->share_queue);
    ngx_queue_remove(&record->queue);
    ngx_queue_insert_head(&table->free, &record->queue);

    if (--share->records == 0) {
        ngx_rbtree_delete(&table->shares, &share->sn.node);
        ngx_queue_insert_head(&table->free_shares, &share->free);
        table->nshares--;
    }
}


/* NULL: the owner has no records */

static ngx_http_sandbox_port_share_t *
ngx_http_sandbox_port_limits_table_share(
    ngx_http_sandbox_port_limits_table_t *table, ngx_str_t *owner)
{
    ngx_str_node_t  *sn;

    sn = ngx_str_rbtree_lookup(&table->shares, owner,
                               ngx_crc32_short(owner->data, owner->len));

    return sn ? ngx_queue_data(sn, ngx_http_sandbox_port_share_t, sn) : NULL;
}


int64_t
ngx_http_sandbox_port_limits_table_served(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_limits_t *public)
{
    int64_t                          n;
    ngx_uint_t                       i;
    ngx_http_sandbox_port_record_t  *record;

    record = (ngx_http_sandbox_port_record_t *) public;

    if (!record->busy) {
        return 0;
    }

    n = 0;

    for (i = 0; i < NGX_HTTP_SANDBOX_PORT_LIMITS_WORKERS; i++) {
        if (table->workers[i].pid
            && record->counts[i].generation == table->workers[i].generation)
        {
            n += record->counts[i].n;
        }
    }

    return n;
}


void
ngx_http_sandbox_port_limits_table_enter(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_limits_t *public)
{
    ngx_uint_t                       i;
    ngx_http_sandbox_served_t       *count;
    ngx_http_sandbox_port_record_t  *record;

    record = (ngx_http_sandbox_port_record_t *) public;

    i = ngx_http_sandbox_port_limits_table_worker;
    count = &record->counts[i];

    if (count->generation != table->workers[i].generation) {
        count->generation = table->workers[i].generation;
        count->n = 0;
    }

    count->n++;

    if (record->busy) {
        return;
    }

    record->busy = 1;
    record->share->busy++;
    table->nbusy++;

    ngx_queue_remove(&record->share_queue);
    ngx_queue_remove(&record->queue);
    ngx_queue_insert_head(&table->busy, &record->queue);
}


void
ngx_http_sandbox_port_limits_table_leave(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_limits_t *public)
{
    ngx_uint_t                       i;
    ngx_http_sandbox_port_record_t  *record;

    record = (ngx_http_sandbox_port_record_t *) public;

    i = ngx_http_sandbox_port_limits_table_worker;

    if (--record->counts[i].n == 0
        && ngx_http_sandbox_port_limits_table_served(table, public) == 0)
    {
        ngx_http_sandbox_port_limits_table_idle(table, record);
    }
}


static void
ngx_http_sandbox_port_limits_table_idle(
    ngx_http_sandbox_port_limits_table_t *table,
    ngx_http_sandbox_port_record_t *record)
{
    record->busy = 0;
    record->share->busy--;
    table->nbusy--;

    ngx_queue_remove(&record->queue);
    ngx_queue_insert_head(&table->idle, &record->queue);
    ngx_queue_insert_head(&record->share->idle, &record->share_queue);
}
