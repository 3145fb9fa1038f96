
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_HOST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_HOST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* host and scheme as seen by the browser */


/* finds the realip module to use its list of trusted proxies */
ngx_int_t ngx_http_sandbox_preview_host_init(ngx_conf_t *cf);
/* sets ctx->public_host and public_proto; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_preview_host(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_HOST_H_INCLUDED_ */
