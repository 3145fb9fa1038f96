
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


/* the per-worker record of a sandbox that the worker is using */


#define NGX_HTTP_SANDBOX_PORTS_MAX   512           /* of one sandbox */


/* the per-worker record of a sandbox that the worker is using */

typedef struct {
    ngx_queue_t                    queue;
    sandbox_policy_t               policy;
    unsigned                       bound:1;  /* its socket was seen */
} ngx_http_sandbox_node_port_t;


struct ngx_http_sandbox_node_s {
    ngx_str_node_t                 sn;                 /* sn.str: the id */
    ngx_uint_t                     refs;

    sandbox_spec_t                 spec;
    ngx_queue_t                    policies; /* ngx_http_sandbox_node_port_t */
    ngx_uint_t                     changes;            /* of policies */

    ngx_queue_t                    watch;             /* see preview_revoke.c */
    ngx_queue_t                    previews; /* ngx_http_sandbox_ctx_t */
    ngx_uint_t                     watched;            /* changes, then */

    unsigned                       known:1;            /* spec is valid */
    unsigned                       asked:1;            /* by expire.c */

    ngx_http_sandbox_tether_t     *tether;
    ngx_http_sandbox_start_t      *start;
    ngx_queue_t                    waiters;            /* for the start */
    ngx_queue_t                    port_watches;       /* port_watch.c */
    ngx_queue_t                    diagnoses;          /* of diagnose.c */

    u_char                         id[SANDBOX_ID_MAX + 1];
};


/* finds or makes, and holds; NULL: out of memory */
ngx_http_sandbox_node_t *ngx_http_sandbox_node_hold(ngx_str_t *id);
void ngx_http_sandbox_node_release(ngx_http_sandbox_node_t *node);
/*
 * Makes node->spec what is on disk (one fstatat when nothing changed).
 * NGX_OK; NGX_DECLINED: no such sandbox; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_node_spec(ngx_http_sandbox_node_t *node);
/* of a node whose spec is valid; NULL: no longer configured */
ngx_http_sandbox_class_t *ngx_http_sandbox_node_class(
    ngx_http_sandbox_node_t *node);
/* the port's policy, likewise */
ngx_int_t ngx_http_sandbox_node_policy(ngx_http_sandbox_node_t *node,
    in_port_t port, sandbox_policy_t **policy);
/* the policy as last read, without looking at the disk; or NULL */
ngx_http_sandbox_node_port_t *ngx_http_sandbox_node_cached(
    ngx_http_sandbox_node_t *node, in_port_t port);
/* frees the node when nobody uses it */
void ngx_http_sandbox_node_collect(ngx_http_sandbox_node_t *node);
/* closes the tethers of all nodes; exit_process */
void ngx_http_sandbox_node_cleanup(void);

/* 1 while this worker or another starts, stops or destroys it */
ngx_uint_t ngx_http_sandbox_node_busy(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_NODE_H_INCLUDED_ */
