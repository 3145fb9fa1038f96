
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_connection_share.h"


/* ms for which an owner is refused without counting again */
#define NGX_HTTP_SANDBOX_CONNECTION_SHARE_PAUSE  100


static ngx_uint_t ngx_http_sandbox_connection_share_requests(
    const char *owner);


ngx_int_t
ngx_http_sandbox_connection_share(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_node_t *node,
    const char *owner)
{
    ngx_int_t   rc;
    ngx_uint_t  free, requests;

    static char        refused[SANDBOX_OWNER_MAX + 1];
    static ngx_msec_t  until;

    free = ngx_cycle->free_connection_n + ngx_cycle->reusable_connections_n;

    if (free > ngx_cycle->connection_n / 2) {
        return NGX_OK;
    }

    if (owner[0] == '\0') {
        requests = node ? node->refs : 0;

    } else if ((ngx_msec_int_t) (until - ngx_current_msec) > 0
               && ngx_strcmp(refused, owner) == 0)
    {
        requests = free;

    } else {
        requests = ngx_http_sandbox_connection_share_requests(owner);
    }

    /* a request has a connection to its client and one to the sandbox */

    if (requests * 2 <= free) {
        return NGX_OK;
    }

    if (owner[0]) {
        (void) ngx_cpystrn((u_char *) refused, (u_char *) owner,
                           sizeof(refused));
        until = ngx_current_msec + NGX_HTTP_SANDBOX_CONNECTION_SHARE_PAUSE;
    }

    rc = ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_TOO_MANY_REQUESTS,
                                       "TOO_MANY_REQUESTS",
                                       "Too many requests to the sandboxes of "
                                       "this owner are open: they use half of "
                                       "the connections of nginx. Close some, "
                                       "or try again.");
    ctx->failure.retry_after = 1;

    return rc;
}


/* the open requests to all sandboxes of an owner */

static ngx_uint_t
ngx_http_sandbox_connection_share_requests(const char *owner)
{
    ngx_uint_t                n;
    ngx_rbtree_t             *tree;
    ngx_rbtree_node_t        *next;
    ngx_http_sandbox_node_t  *node;

    n = 0;
    tree = &ngx_http_sandbox_worker->nodes;

    if (tree->root == tree->sentinel) {
        return 0;
    }

    for (next = ngx_rbtree_min(tree->root, tree->sentinel);
         next;
         next = ngx_rbtree_next(tree, next))
    {
        node = (ngx_http_sandbox_node_t *) next;

        if (node->known && ngx_strcmp(node->spec.owner, owner) == 0) {
            n += node->refs;
        }
    }

    return n;
}
