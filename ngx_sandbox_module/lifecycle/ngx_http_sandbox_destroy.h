
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_DESTROY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_DESTROY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* stopping and destroying sandboxes */


/*
 * Destroys the sandbox: frees the id at once, then removes the container and
 * the files.  since: only if sandbox_store_lifetime_changed() still returns
 * it, otherwise NGX_DECLINED; -1: unconditionally.
 *
 * handler(data, rc) is called once, later: NGX_OK: done; NGX_DECLINED: no such
 * sandbox, or no longer that run; NGX_ERROR: the id is not free (logged).
 */
typedef void (*ngx_http_sandbox_destroy_pt)(void *data, ngx_int_t rc);
ngx_int_t ngx_http_sandbox_destroy(ngx_http_sandbox_node_t *node,
    int64_t since, ngx_http_sandbox_destroy_pt handler, void *data);
/* stops the container; NGX_OK also if it was not running */
ngx_int_t ngx_http_sandbox_destroy_stop(ngx_http_sandbox_node_t *node,
    int64_t since, ngx_http_sandbox_destroy_pt handler, void *data);
/* the second half, for leftovers of a crash: the container, then the files */
ngx_int_t ngx_http_sandbox_destroy_run(const char *run);


#endif /* _NGX_HTTP_SANDBOX_DESTROY_H_INCLUDED_ */
