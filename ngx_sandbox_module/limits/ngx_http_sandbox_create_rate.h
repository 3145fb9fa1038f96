
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CREATE_RATE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CREATE_RATE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* sandbox_create_rate */


/* bytes of the bucket of a key */
size_t ngx_http_sandbox_create_rate_size(void);
/* NGX_OK: counted, or unlimited; NGX_DECLINED: too many, ctx->failure is set */
ngx_int_t ngx_http_sandbox_create_rate_charge(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* undoes it: nothing was created */
void ngx_http_sandbox_create_rate_refund(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_CREATE_RATE_H_INCLUDED_ */
