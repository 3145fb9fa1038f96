
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONNECTION_SHARE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONNECTION_SHARE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * The connections of a worker ("worker_connections") are for all owners.  Once
 * half of them are in use, an owner's requests to sandboxes may use as many as
 * are left for others.  The owner of a sandbox that was created without a key
 * is the sandbox.
 *
 * To be called before a request takes a connection to the sandbox of the node;
 * owner is that of the sandbox, or "".  NGX_OK; NGX_DECLINED: the content
 * handler responds with 429.
 */
ngx_int_t ngx_http_sandbox_connection_share(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_node_t *node,
    const char *owner);


#endif /* _NGX_HTTP_SANDBOX_CONNECTION_SHARE_H_INCLUDED_ */
