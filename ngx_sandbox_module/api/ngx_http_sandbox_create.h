
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CREATE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CREATE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* POST /v1/sandbox, and creation at first use */


/*
 * Creates the directory of ctx->id for the caller, with ctx->class.  nonce is
 * an Idempotency-Key, or ""; options is a body with options, or NULL. NGX_OK;
 * NGX_DECLINED: the id is taken; NGX_ABORT: invalid options, ctx->failure is
 * set; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_create(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *nonce, cJSON *options);
ngx_int_t ngx_http_sandbox_create_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_CREATE_H_INCLUDED_ */
