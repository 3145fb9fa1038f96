
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "api/ngx_http_sandbox_openapi.h"


/*
 * The OpenAPI document of the API, and a page that shows it.  Both are made by
 * tools/openapi when the module is built, and sent from the module's memory.
 */


/* found by the option -I of nginx's own generated headers */

#define ngx_http_sandbox_openapi_embed(symbol, file)                          \
    __asm__(".section .rodata\n"                                              \
            ".balign 8\n"                                                     \
            #symbol "_len:\n"                                                 \
            ".quad 1f - " #symbol "\n"                                        \
            #symbol ":\n"                                                     \
            ".incbin \"openapi/" file "\"\n"                                  \
            "1:\n"                                                            \
            ".byte 0\n"                                                       \
            ".previous\n");                                                   \
    extern const char      symbol[];                                          \
    extern const uint64_t  symbol ## _len

ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_json,
                               "openapi.json");
ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_json_gz,
                               "openapi.json.gz");
ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_json_etag,
                               "openapi.json.etag");
ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_html,
                               "openapi.html");
ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_html_gz,
                               "openapi.html.gz");
ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_html_etag,
                               "openapi.html.etag");
ngx_http_sandbox_openapi_embed(ngx_http_sandbox_openapi_csp,
                               "openapi.csp");


typedef struct {
    const char       *type;
    const char       *plain;
    const uint64_t   *plain_len;
    const char       *gz;
    const uint64_t   *gz_len;
    const char       *etag;
} ngx_http_sandbox_openapi_file_t;


static ngx_int_t ngx_http_sandbox_openapi_send(ngx_http_request_t *r,
    const ngx_http_sandbox_openapi_file_t *file);
static ngx_int_t ngx_http_sandbox_openapi_gzip(ngx_http_request_t *r);


static const ngx_http_sandbox_openapi_file_t  ngx_http_sandbox_openapi_data = {
    "application/json",
    ngx_http_sandbox_openapi_json, &ngx_http_sandbox_openapi_json_len,
    ngx_http_sandbox_openapi_json_gz, &ngx_http_sandbox_openapi_json_gz_len,
    ngx_http_sandbox_openapi_json_etag
};

static const ngx_http_sandbox_openapi_file_t  ngx_http_sandbox_openapi_page = {
    "text/html; charset=utf-8",
    ngx_http_sandbox_openapi_html, &ngx_http_sandbox_openapi_html_len,
    ngx_http_sandbox_openapi_html_gz, &ngx_http_sandbox_openapi_html_gz_len,
    ngx_http_sandbox_openapi_html_etag
};


ngx_int_t
ngx_http_sandbox_openapi_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_openapi_send(r, &ngx_http_sandbox_openapi_data);
}


ngx_int_t
ngx_http_sandbox_openapi_page_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ngx_http_sandbox_openapi_html_len == 0) {

        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_NOT_FOUND,
                                   "NOT_FOUND",
                                   "The module was built without this page. "
                                   "The document is at /v1/openapi.json.");

        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    ctx->content_policy = ngx_http_sandbox_openapi_csp;

    /* its address may contain a key */

    if (ngx_http_sandbox_response_header(r, "Referrer-Policy", "no-referrer")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_openapi_send(r, &ngx_http_sandbox_openapi_page);
}


static ngx_int_t
ngx_http_sandbox_openapi_send(ngx_http_request_t *r,
    const ngx_http_sandbox_openapi_file_t *file)
{
    ngx_str_t         text;
    ngx_table_elt_t  *h;

    r->headers_out.content_type.data = (u_char *) file->type;
    r->headers_out.content_type.len = ngx_strlen(file->type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_http_sandbox_header_init(h);
    ngx_str_set(&h->key, "ETag");
    h->value.data = (u_char *) file->etag;
    h->value.len = ngx_strlen(file->etag);

    r->headers_out.etag = h;

    /* a shared cache would answer without asking for a key */

    if (ngx_http_sandbox_response_header(r, "Cache-Control",
                                         "private, no-cache")
        != NGX_OK
        || ngx_http_sandbox_response_header(r, "Vary", "Accept-Encoding")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_openapi_gzip(r) != NGX_OK) {
        text.data = (u_char *) file->plain;
        text.len = *file->plain_len;

        return ngx_http_sandbox_response_send(r, NGX_HTTP_OK, &text);
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_http_sandbox_header_init(h);
    ngx_str_set(&h->key, "Content-Encoding");
    ngx_str_set(&h->value, "gzip");

    r->headers_out.content_encoding = h;

    text.data = (u_char *) file->gz;
    text.len = *file->gz_len;

    return ngx_http_sandbox_response_send(r, NGX_HTTP_OK, &text);
}


static ngx_int_t
ngx_http_sandbox_openapi_gzip(ngx_http_request_t *r)
{
#if (NGX_HTTP_GZIP)
    return ngx_http_gzip_ok(r);
#else
    return NGX_DECLINED;
#endif
}
