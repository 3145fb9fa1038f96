
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_CORS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_CORS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* Access-Control-* of previews */


/* Access-Control-*, where they are nginx's to set; of any answer */
ngx_int_t ngx_http_sandbox_preview_cors(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 when pages of the request's origin may read the answer */
ngx_uint_t ngx_http_sandbox_preview_cors_allows(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1: it is a preflight, and a content handler was set */
ngx_uint_t ngx_http_sandbox_preview_cors_preflight(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_CORS_H_INCLUDED_ */
