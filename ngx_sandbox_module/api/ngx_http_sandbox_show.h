
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SHOW_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SHOW_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* GET /v1/sandbox/:id */


/* content handler of GET: also queries the agent or the engine */
ngx_int_t ngx_http_sandbox_show_handler(ngx_http_request_t *r);
/*
 * responds after a change, once the agent of a running sandbox has applied it
 */
ngx_int_t ngx_http_sandbox_show_changed(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_SHOW_H_INCLUDED_ */
