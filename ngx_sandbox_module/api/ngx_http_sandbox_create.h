
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CREATE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CREATE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* POST /v1/sandbox, and creation at first use */


typedef enum {
    NGX_HTTP_SANDBOX_CREATE_OK = 0,
    NGX_HTTP_SANDBOX_CREATE_TAKEN,       /* a sandbox has this id */
    NGX_HTTP_SANDBOX_CREATE_REFUSED,     /* ctx->failure is set */
    NGX_HTTP_SANDBOX_CREATE_ERROR        /* logged */
} ngx_http_sandbox_create_e;


/*
 * Creates the directory of ctx->id for the caller, with ctx->class, or takes a
 * sandbox of the pool if ctx->claims is set, and sets ctx->claimed.  nonce is
 * an Idempotency-Key, or ""; options is a body with options, or NULL.
 */
ngx_http_sandbox_create_e ngx_http_sandbox_create(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *nonce, cJSON *options);
ngx_int_t ngx_http_sandbox_create_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_CREATE_H_INCLUDED_ */
