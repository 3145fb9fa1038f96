
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/*
 * Per-worker records of sandboxes in use.  They cache data from disk, which is
 * validated by one fstatat() at each use; unused sandboxes have no record.
 */


#define NGX_HTTP_SANDBOX_NODE_LOGGED     64
/* ms between two log lines at level error about one directory */
#define NGX_HTTP_SANDBOX_NODE_LOG_AGAIN  3600000


typedef struct {
    ngx_rbtree_key_t  key;
    ngx_err_t         err;
    ngx_msec_t        msec;
} ngx_http_sandbox_node_logged_t;


static void ngx_http_sandbox_node_unusable(ngx_http_sandbox_node_t *node,
    ngx_err_t err, sandbox_spec_t *spec);
static ngx_uint_t ngx_http_sandbox_node_log_level(
    ngx_http_sandbox_node_t *node, ngx_err_t err);
static void ngx_http_sandbox_node_cleanup_request(void *data);
static void ngx_http_sandbox_node_forget(ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_node_forget_policies(
    ngx_http_sandbox_node_t *node);


ngx_http_sandbox_node_t *
ngx_http_sandbox_node_hold(ngx_str_t *id)
{
    uint32_t                    hash;
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    hash = ngx_crc32_short(id->data, id->len);

    node = (ngx_http_sandbox_node_t *) ngx_str_rbtree_lookup(&w->nodes, id,
                                                             hash);
    if (node) {
        node->refs++;
        return node;
    }

    if (id->len > SANDBOX_ID_MAX) {
        return NULL;
    }

    node = ngx_calloc(sizeof(ngx_http_sandbox_node_t), ngx_cycle->log);
    if (node == NULL) {
        return NULL;
    }

    ngx_memcpy(node->id, id->data, id->len);

    node->sn.node.key = hash;
    node->sn.str.len = id->len;
    node->sn.str.data = node->id;
    node->refs = 1;

    ngx_queue_init(&node->policies);
    ngx_queue_init(&node->previews);
    ngx_queue_init(&node->waiters);
    ngx_queue_init(&node->port_watches);
    ngx_queue_init(&node->observers);

    ngx_rbtree_insert(&w->nodes, &node->sn.node);

    return node;
}


void
ngx_http_sandbox_node_release(ngx_http_sandbox_node_t *node)
{
    node->refs--;

    ngx_http_sandbox_node_collect(node);
}


ngx_int_t
ngx_http_sandbox_node_attach(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ctx->node = ngx_http_sandbox_node_hold(&ctx->id);
    if (ctx->node == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sandbox_node_cleanup_request;
    cln->data = ctx;

    return NGX_OK;
}


void
ngx_http_sandbox_node_detach(ngx_http_sandbox_ctx_t *ctx)
{
    if (ctx->node) {
        ngx_http_sandbox_node_release(ctx->node);
        ctx->node = NULL;
    }
}


static void
ngx_http_sandbox_node_cleanup_request(void *data)
{
    /* when a worker exits, its nodes have already been freed */

    if (ngx_http_sandbox_worker) {
        ngx_http_sandbox_node_detach(data);
    }
}


void
ngx_http_sandbox_node_collect(ngx_http_sandbox_node_t *node)
{
    if (node->refs || node->tether || node->start
        || !ngx_queue_empty(&node->waiters))
    {
        return;
    }

    ngx_rbtree_delete(&ngx_http_sandbox_worker->nodes, &node->sn.node);

    ngx_http_sandbox_node_forget(node);

    ngx_free(node);
}


ngx_int_t
ngx_http_sandbox_node_spec(ngx_http_sandbox_node_t *node)
{
    char              *id;
    ngx_uint_t         changed;
    sandbox_spec_t     spec;
    sandbox_stamp_t    stamp;
    sandbox_store_t   *store;

    id = (char *) node->id;
    store = ngx_http_sandbox_worker->store;

    if (store == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&spec, sizeof(sandbox_spec_t));

    if (sandbox_store_stamp(store, id, &stamp) == -1) {
        goto failed;
    }

    if (node->known && sandbox_store_stamp_equal(&stamp, &node->spec.stamp)) {
        return NGX_OK;
    }

    if (sandbox_store_read(store, id, &spec) == -1) {
        goto failed;
    }

    changed = !node->known || ngx_strcmp(spec.run, node->spec.run) != 0;

    if (changed) {

        /* the id belongs to another sandbox now */

        ngx_http_sandbox_port_watch_cleanup(node);
        ngx_http_sandbox_tether_close(node);
        ngx_http_sandbox_node_forget(node);

    } else {
        sandbox_spec_free(&node->spec);
    }

    node->spec = spec;
    node->known = 1;
    node->copied = 0;

    return NGX_OK;

failed:

    if (ngx_errno == NGX_ENOENT) {
        ngx_http_sandbox_tether_close(node);
        ngx_http_sandbox_node_forget(node);
        node->copied = 0;

        return NGX_DECLINED;
    }

    ngx_http_sandbox_node_unusable(node, ngx_errno, &spec);

    return NGX_ERROR;
}


static void
ngx_http_sandbox_node_unusable(ngx_http_sandbox_node_t *node, ngx_err_t err,
    sandbox_spec_t *spec)
{
    ngx_uint_t  level;

    level = ngx_http_sandbox_node_log_level(node, err);

    if (err != ENOTUNIQ) {
        ngx_log_error(level, ngx_cycle->log, err, "cannot read sandbox \"%s\"",
                      node->id);
        return;
    }

    ngx_log_error(level, ngx_cycle->log, 0,
                  "directory \"%s\" of the sandbox state is a copy of that of "
                  "sandbox \"%s\", or was renamed: it is not used", node->id,
                  spec->id);

    ngx_http_sandbox_tether_close(node);
    ngx_http_sandbox_node_forget(node);

    node->spec = *spec;
    node->copied = 1;
}


/* the same error of a directory recurs with each request and each sweep */

static ngx_uint_t
ngx_http_sandbox_node_log_level(ngx_http_sandbox_node_t *node, ngx_err_t err)
{
    ngx_http_sandbox_node_logged_t  *l;

    static ngx_http_sandbox_node_logged_t
        logged[NGX_HTTP_SANDBOX_NODE_LOGGED];

    l = &logged[node->sn.node.key % NGX_HTTP_SANDBOX_NODE_LOGGED];

    if (l->key == node->sn.node.key && l->err == err && l->msec
        && ngx_current_msec - l->msec < NGX_HTTP_SANDBOX_NODE_LOG_AGAIN)
    {
        return NGX_LOG_INFO;
    }

    l->key = node->sn.node.key;
    l->err = err;
    l->msec = ngx_current_msec;

    return NGX_LOG_ERR;
}


ngx_http_sandbox_class_t *
ngx_http_sandbox_node_class(ngx_http_sandbox_node_t *node)
{
    return ngx_http_sandbox_class_find(ngx_http_sandbox_worker->conf,
                                       (u_char *) node->spec.class,
                                       ngx_strlen(node->spec.class));
}


ngx_int_t
ngx_http_sandbox_node_policy(ngx_http_sandbox_node_t *node, in_port_t port,
    sandbox_policy_t **policy)
{
    ngx_err_t                      err;
    ngx_int_t                      rc;
    sandbox_policy_t               read;
    sandbox_stamp_t                stamp;
    sandbox_store_t               *store;
    ngx_http_sandbox_node_port_t  *p;

    store = ngx_http_sandbox_worker->store;

    if (store == NULL) {
        return NGX_ERROR;
    }

    p = ngx_http_sandbox_node_cached(node, port);

    if (sandbox_store_port_stamp(store, (char *) node->id, port, &stamp) == -1)
    {
        goto failed;
    }

    if (p && node->known
        && sandbox_store_stamp_equal(&stamp, &p->policy.stamp))
    {
        *policy = &p->policy;
        return NGX_OK;
    }

    /* a changed policy may belong to a new sandbox with the same id */

    rc = ngx_http_sandbox_node_spec(node);

    if (rc != NGX_OK) {

        /* a copy exposes nothing */

        return node->copied ? NGX_DECLINED : rc;
    }

    p = ngx_http_sandbox_node_cached(node, port);

    ngx_memzero(&read, sizeof(sandbox_policy_t));

    if (sandbox_store_port_read(store, (char *) node->id, port, &read) == -1) {
        goto failed;
    }

    if (p == NULL) {
        p = ngx_calloc(sizeof(ngx_http_sandbox_node_port_t), ngx_cycle->log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_queue_insert_head(&node->policies, &p->queue);
    }

    p->policy = read;
    p->bound = 0;

    node->changes++;

    *policy = &p->policy;

    return NGX_OK;

failed:

    if (ngx_errno == NGX_ENOENT) {

        if (p) {
            ngx_queue_remove(&p->queue);
            ngx_free(p);

            node->changes++;
        }

        return NGX_DECLINED;
    }

    err = ngx_errno;

    ngx_log_error(ngx_http_sandbox_node_log_level(node, err), ngx_cycle->log,
                  err, "cannot read port %ui of sandbox \"%s\"",
                  (ngx_uint_t) port, node->id);

    return NGX_ERROR;
}


ngx_http_sandbox_node_port_t *
ngx_http_sandbox_node_cached(ngx_http_sandbox_node_t *node, in_port_t port)
{
    ngx_queue_t                   *q;
    ngx_http_sandbox_node_port_t  *p;

    for (q = ngx_queue_head(&node->policies);
         q != ngx_queue_sentinel(&node->policies);
         q = ngx_queue_next(q))
    {
        p = ngx_queue_data(q, ngx_http_sandbox_node_port_t, queue);

        if (p->policy.port == port) {
            return p;
        }
    }

    return NULL;
}


static void
ngx_http_sandbox_node_forget(ngx_http_sandbox_node_t *node)
{
    ngx_http_sandbox_node_forget_policies(node);

    if (node->known) {
        sandbox_spec_free(&node->spec);
        node->known = 0;
    }
}


static void
ngx_http_sandbox_node_forget_policies(ngx_http_sandbox_node_t *node)
{
    ngx_queue_t                   *q;
    ngx_http_sandbox_node_port_t  *p;

    node->changes++;

    while (!ngx_queue_empty(&node->policies)) {
        q = ngx_queue_head(&node->policies);
        p = ngx_queue_data(q, ngx_http_sandbox_node_port_t, queue);

        ngx_queue_remove(q);
        ngx_free(p);
    }
}


void
ngx_http_sandbox_node_cleanup(void)
{
    ngx_rbtree_t             *tree;
    ngx_rbtree_node_t        *n, *next;
    ngx_http_sandbox_node_t  *node;

    tree = &ngx_http_sandbox_worker->nodes;

    if (tree->root == tree->sentinel) {
        return;
    }

    for (n = ngx_rbtree_min(tree->root, tree->sentinel); n; n = next) {
        next = ngx_rbtree_next(tree, n);

        node = (ngx_http_sandbox_node_t *) n;

        ngx_http_sandbox_tether_close(node);

        /* requests terminated by a fast exit never release their references */

        node->refs = 0;

        ngx_http_sandbox_node_collect(node);
    }
}


ngx_uint_t
ngx_http_sandbox_node_busy(ngx_http_sandbox_node_t *node)
{
    if (node->start) {
        return 1;
    }

    return sandbox_store_lock_held(ngx_http_sandbox_worker->store,
                                   (char *) node->id)
           == 1;
}
