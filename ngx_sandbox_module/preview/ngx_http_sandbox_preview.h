
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* preview hosts, whose label names port, sandbox and token */


/*
 * PRECONTENT of a preview location.  NGX_OK: admitted, ctx->node and ctx->port
 * are set; NGX_DECLINED: the content handler responds.
 */
ngx_int_t ngx_http_sandbox_preview_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 if the request would be admitted by the policy last read */
ngx_uint_t ngx_http_sandbox_preview_holds(ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_H_INCLUDED_ */
