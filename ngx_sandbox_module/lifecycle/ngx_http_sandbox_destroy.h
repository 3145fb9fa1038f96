
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
 * it; -1: unconditionally.  It does not wait: NGX_OK: begun; NGX_ERROR: out of
 * memory, and handler is not called.
 *
 * handler(data, rc) is called once, from the event loop: NGX_OK: the id is
 * free; NGX_DECLINED: no such sandbox, or it has changed since; NGX_ERROR: the
 * id is not free, logged.
 */
typedef void (*ngx_http_sandbox_destroy_pt)(void *data, ngx_int_t rc);
ngx_int_t ngx_http_sandbox_destroy(ngx_http_sandbox_node_t *node,
    int64_t since, ngx_http_sandbox_destroy_pt handler, void *data);
/*
 * Stops the container in the same way; rc of the handler: NGX_OK also if it was
 * not running; NGX_BUSY: it is paused, and was left alone.
 */
ngx_int_t ngx_http_sandbox_destroy_stop(ngx_http_sandbox_node_t *node,
    int64_t since, ngx_http_sandbox_destroy_pt handler, void *data);
/*
 * The second half, for leftovers of a crash: removes the container, then the
 * files.  NGX_OK: begun; NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_sandbox_destroy_run(const char *run);


#endif /* _NGX_HTTP_SANDBOX_DESTROY_H_INCLUDED_ */
