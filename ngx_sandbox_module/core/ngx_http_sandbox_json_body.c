
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_body.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"


/*
 * The JSON body of a request handled by nginx itself.  It is read without
 * nginx's buffering, so that the limit also applies to chunked bodies,
 * whatever client_max_body_size is.
 */


typedef struct {
    ngx_http_sandbox_json_body_pt handler;
    size_t                        len;
    u_char                        text[NGX_HTTP_SANDBOX_BODY_MAX + 1];
} ngx_http_sandbox_json_body_t;


static void ngx_http_sandbox_json_body_start(ngx_http_request_t *r);
static void ngx_http_sandbox_json_body_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_json_body_take(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_t *body);
static ngx_int_t ngx_http_sandbox_json_body_too_large(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static void ngx_http_sandbox_json_body_done(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_t *body);


ngx_int_t
ngx_http_sandbox_json_body(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_pt handler)
{
    ngx_int_t                      rc;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_http_sandbox_json_body_t  *body;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->headers_in.content_length_n > NGX_HTTP_SANDBOX_BODY_MAX) {
        return ngx_http_sandbox_json_body_too_large(r, ctx);
    }

    body = ngx_palloc(r->pool, sizeof(ngx_http_sandbox_json_body_t));
    if (body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->handler = handler;
    body->len = 0;

    ctx->body = body;

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_sandbox_json_body_start);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_json_body_start(ngx_http_request_t *r)
{
    if (r->reading_body) {
        r->read_event_handler = ngx_http_sandbox_json_body_read;
    }

    ngx_http_sandbox_json_body_read(r);
}


static void
ngx_http_sandbox_json_body_read(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_http_sandbox_json_body_t  *body;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->body == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    body = ctx->body;

    for ( ;; ) {

        rc = ngx_http_sandbox_json_body_take(r, body);

        if (rc == NGX_DECLINED) {
            r->read_event_handler = ngx_http_block_reading;
            ngx_http_finalize_request(r,
                                    ngx_http_sandbox_json_body_too_large(r,
                                                                         ctx));
            return;
        }

        if (rc == NGX_ERROR) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

        if (!r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (r->reading_body && r->request_body->bufs == NULL) {
            return;
        }
    }

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_sandbox_json_body_done(r, body);
}


/* the body is in a file if another module has read it before */

static ngx_int_t
ngx_http_sandbox_json_body_take(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_t *body)
{
    off_t         size;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {

        b = cl->buf;

        if (ngx_buf_special(b)) {
            continue;
        }

        size = ngx_buf_size(b);

        if (size > (off_t) (NGX_HTTP_SANDBOX_BODY_MAX - body->len)) {
            return NGX_DECLINED;
        }

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(body->text + body->len, b->pos, size);

            if (r->reading_body || r->request_body_no_buffering) {
                b->pos = b->last;
            }

        } else {
            n = ngx_read_file(b->file, body->text + body->len, size,
                              b->file_pos);

            if (n != (ssize_t) size) {
                return NGX_ERROR;
            }
        }

        body->len += size;
    }

    r->request_body->bufs = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_json_body_too_large(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    if (r->reading_body) {
        r->keepalive = 0;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                               "payload_too_large",
                               "The JSON body is too large: this route "
                               "accepts at most %d bytes.",
                               NGX_HTTP_SANDBOX_BODY_MAX);

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static void
ngx_http_sandbox_json_body_done(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_t *body)
{
    cJSON                   *json;
    ngx_int_t                rc;
    const char              *error;
    ngx_http_sandbox_ctx_t  *ctx;

    body->text[body->len] = '\0';

    error = sandbox_body_parse((char *) body->text, body->len, &json);

    if (error) {
        ctx = ngx_http_sandbox_ctx_get(r);

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request", "%s", error);

        rc = ngx_http_sandbox_error_send(r, &ctx->failure);

    } else {
        rc = body->handler(r, json);
    }

    cJSON_Delete(json);

    ngx_http_finalize_request(r, rc);
}
