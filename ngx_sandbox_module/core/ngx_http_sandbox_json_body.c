
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
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
static const char *ngx_http_sandbox_json_body_parse(
    ngx_http_sandbox_json_body_t *body, cJSON **json);


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

    json = NULL;
    error = ngx_http_sandbox_json_body_parse(body, &json);

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


/* NULL (json is NULL for an empty body), or an error message */

static const char *
ngx_http_sandbox_json_body_parse(ngx_http_sandbox_json_body_t *body,
    cJSON **json)
{
    u_char      *p, *last;
    const char  *end;

    p = body->text;
    last = p + body->len;

    *last = '\0';

    while (p < last && (*p == ' ' || *p == '\t' || *p == CR || *p == LF)) {
        p++;
    }

    if (p == last) {
        return NULL;
    }

    while (p < last) {

        if (*p == '\0') {
            return "The body is not valid JSON: it contains a NUL byte.";
        }

        if (*p < 0x80) {
            p++;
            continue;
        }

        if (ngx_utf8_decode(&p, last - p) > 0x10ffff) {
            return "The body is not valid JSON: it must be encoded in UTF-8.";
        }
    }

    /* it would end a C string */

    if (ngx_strstr(body->text, "\\u0000") != NULL) {
        return "Strings in the JSON body must not contain \\u0000.";
    }

    end = NULL;

    *json = cJSON_ParseWithLengthOpts((char *) body->text, body->len, &end,
                                      0);
    if (*json == NULL) {
        return "The body is not valid JSON. Send a JSON object, or no body.";
    }

    for (p = (u_char *) end; p < last; p++) {
        if (*p != ' ' && *p != '\t' && *p != CR && *p != LF) {
            return "The body contains more than one JSON value. Send a single "
                   "JSON object.";
        }
    }

    if (!cJSON_IsObject(*json)) {
        return "The body must be a JSON object.";
    }

    return NULL;
}


/* NUL is rejected here, so that strings are plain C strings */

ngx_int_t
ngx_http_sandbox_json_body_string(cJSON *json, const char *name, size_t max,
    const char **value)
{
    u_char  *p;
    cJSON   *item;

    *value = NULL;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    if (item == NULL || cJSON_IsNull(item)) {
        return NGX_OK;
    }

    if (!cJSON_IsString(item) || item->valuestring == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_strlen(item->valuestring) > max) {
        return NGX_DECLINED;
    }

    for (p = (u_char *) item->valuestring; *p; p++) {
        if (*p < 0x20 || *p == 0x7f
            || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
        {
            return NGX_DECLINED;
        }
    }

    *value = item->valuestring;

    return NGX_OK;
}
