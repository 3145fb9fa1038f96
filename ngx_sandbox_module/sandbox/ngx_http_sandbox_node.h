
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_NODE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_NODE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"


/*
 * The record of a sandbox that this worker uses.  Functions read the state
 * directory where stated, which is on a local disk; none of them waits for an
 * agent or the engine.
 */


#define NGX_HTTP_SANDBOX_PORTS_MAX   512           /* per sandbox */


/* the cached policy of a port, owned by the node */

typedef struct {
    ngx_queue_t                    queue;
    sandbox_policy_t               policy;
    unsigned                       bound:1;  /* socket exists */
} ngx_http_sandbox_node_port_t;


struct ngx_http_sandbox_node_s {
    ngx_str_node_t                 sn;                 /* sn.str: the id */
    ngx_uint_t                     refs;

    sandbox_spec_t                 spec;
    ngx_queue_t                    policies; /* ngx_http_sandbox_node_port_t */
    ngx_uint_t                     changes;           /* changes of policies */

    /* open previews, which end when their link is revoked or expires */
    ngx_queue_t                    previews;     /* ngx_http_sandbox_ctx_t */
    ngx_queue_t                    preview_queue;      /* of the worker */
    ngx_uint_t                     checked;      /* changes at the last check */

    unsigned                       known:1;            /* spec is valid */
    unsigned                       copied:1;  /* spec.id and owner are valid */
    unsigned                       inspecting:1;       /* call of expire.c */

    ngx_http_sandbox_tether_t     *tether;
    ngx_http_sandbox_start_t      *start;
    ngx_queue_t                    waiters;     /* for the start */
    ngx_queue_t                    port_watches;       /* port_watch.c */
    ngx_queue_t                    observers;   /* in the list of the tether */

    u_char                         id[SANDBOX_ID_MAX + 1];
};


/*
 * Finds or creates the record of an id, which need not exist, and references
 * it; NULL: out of memory, or not an id.  The caller releases it, which frees
 * it if it is unused.
 */
ngx_http_sandbox_node_t *ngx_http_sandbox_node_hold(ngx_str_t *id);
void ngx_http_sandbox_node_release(ngx_http_sandbox_node_t *node);
/*
 * Updates node->spec from disk (one fstatat() if unchanged), and closes the
 * tether if the id belongs to another sandbox now.  NGX_OK; NGX_DECLINED: no
 * such sandbox; NGX_ERROR: logged, and node->copied is set if the directory is
 * a copy of that of sandbox node->spec.id.
 */
ngx_int_t ngx_http_sandbox_node_spec(ngx_http_sandbox_node_t *node);
/* the class of a node with a valid spec; NULL: no longer configured */
ngx_http_sandbox_class_t *ngx_http_sandbox_node_class(
    ngx_http_sandbox_node_t *node);
/*
 * Gets the policy of a port in the same way.  *policy belongs to the node, and
 * is valid until the next call for this node.  NGX_OK; NGX_DECLINED: no such
 * sandbox, or the port is not exposed; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_node_policy(ngx_http_sandbox_node_t *node,
    in_port_t port, sandbox_policy_t **policy);
/* the policy as last read, without access to the disk; NULL: not cached */
ngx_http_sandbox_node_port_t *ngx_http_sandbox_node_cached(
    ngx_http_sandbox_node_t *node, in_port_t port);
/*
 * Sets ctx->node to the node of ctx->id, referenced until the request ends or
 * detaches it.  NGX_OK; NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_sandbox_node_attach(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
void ngx_http_sandbox_node_detach(ngx_http_sandbox_ctx_t *ctx);
/* frees the node if it is unused */
void ngx_http_sandbox_node_collect(ngx_http_sandbox_node_t *node);
/* closes the tethers of all nodes; called by exit_process */
void ngx_http_sandbox_node_cleanup(void);

/* 1 while any worker starts, stops or destroys it; tries the lock's file */
ngx_uint_t ngx_http_sandbox_node_busy(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_NODE_H_INCLUDED_ */
