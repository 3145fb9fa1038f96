
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_JSON_H_INCLUDED_


/* JSON that callers send, and that nginx answers with */


#define NGX_HTTP_SANDBOX_BODY_MAX    65536      /* JSON that nginx reads */


/* 410, which nginx has no name for */
#define NGX_HTTP_SANDBOX_GONE        410

#define NGX_HTTP_SANDBOX_STALE                                                \
    "The sandbox behind this preview is asleep. Any call to its API wakes it."

#define NGX_HTTP_SANDBOX_DESTROYED                                            \
    "The sandbox was destroyed meanwhile. The next call creates a new one."


typedef struct {
    ngx_uint_t                     status;             /* HTTP; 0: none */
    ngx_uint_t                     retry_after;        /* seconds; 0: none */
    const char                    *code;               /* static */
    u_char                         message[640];       /* zero-terminated */
    u_char                         context[256];       /* JSON, or "" */
} ngx_http_sandbox_failure_t;


/* ngx_http_sandbox_body.c */

/* what it returns finalizes the request; json is NULL for an empty body */
typedef ngx_int_t (*ngx_http_sandbox_body_pt)(ngx_http_request_t *r,
    cJSON *json);

/* a content handler's result; refuses what is no JSON object, or too large */
ngx_int_t ngx_http_sandbox_read_json(ngx_http_request_t *r,
    ngx_http_sandbox_body_pt handler);
/*
 * A member that is text without control characters.  NGX_OK, value NULL when
 * it is missing or null; NGX_DECLINED: another type, too long, not plain.
 */
ngx_int_t ngx_http_sandbox_json_string(cJSON *json, const char *name,
    size_t max, const char **value);


/* ngx_http_sandbox_json.c: answers that nginx makes itself */

#define NGX_HTTP_SANDBOX_TIME_LEN  sizeof("1970-01-01T00:00:00.000Z")

#if (nginx_version >= 1023000)
#define ngx_http_sandbox_header_init(h)  (h)->next = NULL
#else
#define ngx_http_sandbox_header_init(h)
#endif

/* adds a header to the answer; both strings live as long as the request */
ngx_int_t ngx_http_sandbox_header(ngx_http_request_t *r, const char *name,
    const char *value);
ngx_int_t ngx_http_sandbox_header_text(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);
/* ms since the epoch, as the event loop last saw them: no system call */
#define ngx_http_sandbox_clock()                                              \
    ((int64_t) ngx_cached_time->sec * 1000 + ngx_cached_time->msec)
/* milliseconds since the epoch; as ISO 8601 text of the length above */
int64_t ngx_http_sandbox_now(void);
void ngx_http_sandbox_iso_time(int64_t ms, char *buf);
/* adds a member, null for -1: value over unit; a time.  NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_sandbox_add_number(cJSON *json, const char *name,
    int64_t value, double unit);
ngx_int_t ngx_http_sandbox_add_time(cJSON *json, const char *name,
    int64_t ms);

/* a content handler's result; json is freed */
ngx_int_t ngx_http_sandbox_send_json(ngx_http_request_t *r,
    ngx_uint_t status, cJSON *json);
/* 204 */
ngx_int_t ngx_http_sandbox_send_empty(ngx_http_request_t *r);
/* a page: a content handler's result */
ngx_int_t ngx_http_sandbox_send_page(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *text);
/* the error shape of docs/api.md, Retry-After included */
ngx_int_t ngx_http_sandbox_send_failure(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure);
/* fills in ctx->failure, makes it the request's answer, returns DECLINED */
ngx_int_t ngx_http_sandbox_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t status, const char *code,
    const char *fmt, ...);
/* the same with a ctx->failure that is filled in */
ngx_int_t ngx_http_sandbox_refused(ngx_http_request_t *r);
/* the same as text, in the request's pool; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_failure_text(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure, ngx_str_t *text);
/* only fills in; fmt as of ngx_snprintf() */
void ngx_http_sandbox_fail(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, ...);
/* answers that stay alike: no such sandbox or not yours; a bad preview */
ngx_int_t ngx_http_sandbox_refuse_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_refuse_token(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_JSON_H_INCLUDED_ */
