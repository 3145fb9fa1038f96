
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


/* per-worker record of a sandbox in use */


#define NGX_HTTP_SANDBOX_PORTS_MAX   512           /* per sandbox */


/* per-worker record of a sandbox in use */

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
    unsigned                       inspecting:1;       /* call of expire.c */

    ngx_http_sandbox_tether_t     *tether;
    ngx_http_sandbox_start_t      *start;
    ngx_queue_t                    waiters;     /* for the start */
    ngx_queue_t                    port_watches;       /* port_watch.c */
    ngx_queue_t                    observers;   /* in the list of the tether */

    u_char                         id[SANDBOX_ID_MAX + 1];
};


/* finds or creates a record, and references it; NULL: out of memory */
ngx_http_sandbox_node_t *ngx_http_sandbox_node_hold(ngx_str_t *id);
void ngx_http_sandbox_node_release(ngx_http_sandbox_node_t *node);
/*
 * Updates node->spec from disk (one fstatat() if unchanged).  NGX_OK;
 * NGX_DECLINED: no such sandbox; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_node_spec(ngx_http_sandbox_node_t *node);
/* the class of a node with a valid spec; NULL: no longer configured */
ngx_http_sandbox_class_t *ngx_http_sandbox_node_class(
    ngx_http_sandbox_node_t *node);
/* likewise for the policy of the port */
ngx_int_t ngx_http_sandbox_node_policy(ngx_http_sandbox_node_t *node,
    in_port_t port, sandbox_policy_t **policy);
/* the cached policy, without access to the disk; or NULL */
ngx_http_sandbox_node_port_t *ngx_http_sandbox_node_cached(
    ngx_http_sandbox_node_t *node, in_port_t port);
/*
 * Sets ctx->node to the node of ctx->id, referenced until the request ends or
 * detaches it.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_node_attach(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
void ngx_http_sandbox_node_detach(ngx_http_sandbox_ctx_t *ctx);
/* frees the node if it is unused */
void ngx_http_sandbox_node_collect(ngx_http_sandbox_node_t *node);
/* closes the tethers of all nodes; called by exit_process */
void ngx_http_sandbox_node_cleanup(void);

/* 1 while any worker starts, stops or destroys it */
ngx_uint_t ngx_http_sandbox_node_busy(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_NODE_H_INCLUDED_ */
