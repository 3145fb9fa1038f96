
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SHOW_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SHOW_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* GET /v1/sandbox/:id */


/* content handler of GET: asks the agent, or the engine, what else there is */
ngx_int_t ngx_http_sandbox_show_handler(ngx_http_request_t *r);
/* answers what was changed, once the agent of one that runs knows of it */
ngx_int_t ngx_http_sandbox_show_changed(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_SHOW_H_INCLUDED_ */
