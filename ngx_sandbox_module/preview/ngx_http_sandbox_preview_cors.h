
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_CORS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_CORS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* Access-Control-* of previews */


/* sets Access-Control-* of any response; ctx->cors is "reflect" or a list */
ngx_int_t ngx_http_sandbox_preview_cors(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 if pages of the request's origin may read the response */
ngx_uint_t ngx_http_sandbox_preview_cors_allows(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 if it is a preflight; a content handler has been set */
ngx_uint_t ngx_http_sandbox_preview_cors_preflight(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_CORS_H_INCLUDED_ */
