
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ERROR_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ERROR_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* error responses of nginx, as described in docs/api.md */


/* not defined by nginx */
#define NGX_HTTP_SANDBOX_GONE               410
#define NGX_HTTP_SANDBOX_HEADERS_TOO_LARGE  431

#define NGX_HTTP_SANDBOX_STALE                                                \
    "The sandbox behind this preview is asleep. Any API request wakes it."

#define NGX_HTTP_SANDBOX_DESTROYED                                            \
    "The sandbox has been destroyed. The next request creates a new one."


typedef struct {
    ngx_uint_t                     status;           /* HTTP status; 0: none */
    ngx_uint_t                     retry_after;      /* seconds; 0: none */
    const char                    *code;             /* static string */
    u_char                         message[960];     /* NUL-terminated */
    u_char                         context[256];     /* JSON, or "" */
} ngx_http_sandbox_failure_t;


/* how errors of a request are rendered; NULL: as JSON without a context */

typedef struct {
    /* the member "context": an object, or NULL if out of memory */
    cJSON                       *(*context)(ngx_http_request_t *r);
    /*
     * Renders the error as a page with its headers; text is allocated from the
     * request's pool.  NGX_OK; NGX_DECLINED: send JSON; NGX_ERROR.
     */
    ngx_int_t                    (*page)(ngx_http_request_t *r, cJSON *json,
                                       ngx_uint_t status, ngx_str_t *text);
} ngx_http_sandbox_error_renderer_t;


/* sets ctx->failure for an internal error that has been logged */
void ngx_http_sandbox_error_set_internal(ngx_http_sandbox_ctx_t *ctx);
/* responses of a content handler: an internal error; no such sandbox */
ngx_int_t ngx_http_sandbox_error_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_error_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/* sends an error as in docs/api.md, including Retry-After */
ngx_int_t ngx_http_sandbox_error_send(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure);
/* sets ctx->failure as the response of the request, returns NGX_DECLINED */
ngx_int_t ngx_http_sandbox_error_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t status, const char *code,
    const char *fmt, ...);
/* the same with ctx->failure already set */
ngx_int_t ngx_http_sandbox_error_refuse_set(ngx_http_request_t *r);
/* its JSON text, allocated from the request's pool; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_error_text(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure, ngx_str_t *text);
/* only sets the failure; fmt is as for ngx_snprintf() */
void ngx_http_sandbox_error_set(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, ...);
/*
 * responses that must be identical: no such sandbox, or another owner's; no
 * such preview
 */
ngx_int_t ngx_http_sandbox_error_refuse_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_error_refuse_token(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_ERROR_H_INCLUDED_ */
