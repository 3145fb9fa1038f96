
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_DESTROY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_DESTROY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* how sandboxes stop and end */


/*
 * since: only if sandbox_store_lifetime_changed() still says so, else
 * NGX_DECLINED; -1: in any case.
 *
 * Destroys the sandbox: the name is free at once, then the container and the
 * files go.  handler(data, rc) runs once, later: NGX_OK done; NGX_DECLINED no
 * such sandbox, or no longer run; NGX_ERROR the name is not free (logged).
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
