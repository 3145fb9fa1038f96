
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ERROR_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ERROR_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* errors that nginx answers with, in the shape of docs/api.md */


/* 410, which nginx has no name for */
#define NGX_HTTP_SANDBOX_GONE        410

#define NGX_HTTP_SANDBOX_STALE                                                \
    "The sandbox behind this preview is asleep. Any API request wakes it."

#define NGX_HTTP_SANDBOX_DESTROYED                                            \
    "The sandbox has been destroyed. The next request creates a new one."


typedef struct {
    ngx_uint_t                     status;             /* HTTP; 0: none */
    ngx_uint_t                     retry_after;        /* seconds; 0: none */
    const char                    *code;               /* static */
    u_char                         message[640];       /* zero-terminated */
    u_char                         context[256];       /* JSON, or "" */
} ngx_http_sandbox_failure_t;


/* fills in ctx->failure: it is nginx's own, and was logged */
void ngx_http_sandbox_error_set_internal(ngx_http_sandbox_ctx_t *ctx);
/* answers from a content handler with that one; with no such sandbox */
ngx_int_t ngx_http_sandbox_error_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_error_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/* the error shape of docs/api.md, Retry-After included */
ngx_int_t ngx_http_sandbox_error_send(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure);
/* fills in ctx->failure, makes it the request's answer, returns DECLINED */
ngx_int_t ngx_http_sandbox_error_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t status, const char *code,
    const char *fmt, ...);
/* the same with a ctx->failure that is filled in */
ngx_int_t ngx_http_sandbox_error_refuse_set(ngx_http_request_t *r);
/* the same as text, in the request's pool; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_error_text(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure, ngx_str_t *text);
/* only fills in; fmt as of ngx_snprintf() */
void ngx_http_sandbox_error_set(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, ...);
/* answers that stay alike: no such sandbox or not yours; a bad preview */
ngx_int_t ngx_http_sandbox_error_refuse_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_error_refuse_token(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_ERROR_H_INCLUDED_ */
