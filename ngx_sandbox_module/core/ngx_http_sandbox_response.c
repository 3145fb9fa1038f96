
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "preview/ngx_http_sandbox_page.h"

#include <sys/time.h>


/* answers that nginx makes itself, and the JSON that it reads */


static ngx_int_t ngx_http_sandbox_response_text(ngx_http_request_t *r,
    ngx_uint_t status, u_char *p, size_t len);


ngx_int_t
ngx_http_sandbox_response_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_http_sandbox_response_header_text(r, name, &text);
}


ngx_int_t
ngx_http_sandbox_response_header_text(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_http_sandbox_header_init(h);
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_response_json(ngx_http_request_t *r, ngx_uint_t status,
    cJSON *json)
{
    char    *text;
    size_t   len;
    u_char  *p;

    text = json ? cJSON_PrintUnformatted(json) : NULL;

    cJSON_Delete(json);

    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = ngx_strlen(text);

    p = ngx_pnalloc(r->pool, len + 1);

    if (p == NULL) {
        cJSON_free(text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(p, text, len);
    p[len] = '\n';

    cJSON_free(text);

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    /* lists of ports carry tokens, and errors end when their cause does */

    if (ngx_http_sandbox_response_header(r, "Cache-Control", "no-store")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_response_text(r, status, p, len + 1);
}


ngx_int_t
ngx_http_sandbox_response_page(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *text)
{
    if (ngx_http_sandbox_page_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_response_text(r, status, text->data, text->len);
}


static ngx_int_t
ngx_http_sandbox_response_text(ngx_http_request_t *r, ngx_uint_t status,
    u_char *p, size_t len)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = p;
    b->last = p + len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_sandbox_response_empty(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    ngx_http_clear_content_length(r);

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_http_sandbox_response_add_number(cJSON *json, const char *name,
    int64_t value, double unit)
{
    cJSON  *item;

    item = (value == -1) ? cJSON_AddNullToObject(json, name)
                         : cJSON_AddNumberToObject(json, name, value / unit);

    return item ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_response_add_time(cJSON *json, const char *name, int64_t ms)
{
    char    time[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON  *item;

    if (ms == -1) {
        item = cJSON_AddNullToObject(json, name);

    } else {
        ngx_http_sandbox_clock_iso(ms, time);
        item = cJSON_AddStringToObject(json, name, time);
    }

    return item ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_response_cors(ngx_http_request_t *r, ngx_uint_t allowed,
    const char *name, const char *value)
{
    ngx_table_elt_t  *origin;

    /* also where the origin is not allowed: a cache must not mix the two */

    if (ngx_http_sandbox_response_header(r, "Vary", "Origin") != NGX_OK) {
        return NGX_ERROR;
    }

    if (!allowed) {
        return NGX_OK;
    }

    origin = ngx_http_sandbox_header_in(r, "Origin", NULL);

    if (ngx_http_sandbox_response_header_text(r, "Access-Control-Allow-Origin",
                                              &origin->value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_sandbox_response_header(r, name, value);
}
