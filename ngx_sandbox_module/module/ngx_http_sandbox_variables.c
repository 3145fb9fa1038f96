
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_mask.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_variable.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_cache.h"
#include "preview/ngx_http_sandbox_preview_request.h"
#include "module/ngx_http_sandbox_variables.h"


/*
 * Variables for logs, which must not contain tokens and keys, and for the
 * proxy.  As requests that never reach a sandbox location are also logged,
 * none of them requires a context.
 */


static ngx_int_t ngx_http_sandbox_variable_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_port(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_class(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_owner(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_start(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_wait_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_masked(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_upgrade(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sandbox_variable_copy(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const char *text);


#define NGX_HTTP_SANDBOX_MASKED_HOST     0
#define NGX_HTTP_SANDBOX_MASKED_REQUEST  1
#define NGX_HTTP_SANDBOX_MASKED_REFERER  2


static ngx_http_variable_t  ngx_http_sandbox_variables[] = {

    { ngx_string("sandbox_id"), NULL, ngx_http_sandbox_variable_id,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_port"), NULL, ngx_http_sandbox_variable_port,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_class"), NULL, ngx_http_sandbox_variable_class,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_owner"), NULL, ngx_http_sandbox_variable_owner,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_start"), NULL, ngx_http_sandbox_variable_start,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_wait_time"), NULL,
      ngx_http_sandbox_variable_wait_time,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_host"), NULL, ngx_http_sandbox_variable_masked,
      NGX_HTTP_SANDBOX_MASKED_HOST, 0, 0 },

    { ngx_string("sandbox_request"), NULL, ngx_http_sandbox_variable_masked,
      NGX_HTTP_SANDBOX_MASKED_REQUEST, 0, 0 },

    { ngx_string("sandbox_referer"), NULL, ngx_http_sandbox_variable_masked,
      NGX_HTTP_SANDBOX_MASKED_REFERER, 0, 0 },

    { ngx_string("sandbox_upstream_host"), NULL,
      ngx_http_sandbox_preview_request_host,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_upstream_proto"), NULL,
      ngx_http_sandbox_preview_request_proto,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_upstream_forwarded"), NULL,
      ngx_http_sandbox_preview_request_forwarded,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_upstream_origin"), NULL,
      ngx_http_sandbox_preview_request_origin,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_upstream_referer"), NULL,
      ngx_http_sandbox_preview_request_referer,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

#if (NGX_HTTP_CACHE)
    { ngx_string("sandbox_cache"), NULL,
      ngx_http_sandbox_preview_cache_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },
#endif

    { ngx_string("sandbox_upgrade"), NULL,
      ngx_http_sandbox_variable_upgrade,
      (uintptr_t) "websocket", NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sandbox_connection"), NULL,
      ngx_http_sandbox_variable_upgrade,
      (uintptr_t) "upgrade", NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_sandbox_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_sandbox_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_copy(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const char *text)
{
    size_t   len;
    u_char  *p;

    len = ngx_strlen(text);

    if (len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, text, len);

    ngx_http_sandbox_variable_set(v, p, len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->id.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_sandbox_variable_set(v, ctx->id.data, ctx->id.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_port(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->port == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, sizeof("65535") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sandbox_variable_set(v, p,
                    ngx_sprintf(p, "%ui", (ngx_uint_t) ctx->port) - p);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_class(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx && ctx->node && ctx->node->known) {
        return ngx_http_sandbox_variable_copy(r, v, ctx->node->spec.class);
    }

    v->not_found = 1;

    return NGX_OK;
}


/* the owner of the API key, or of the sandbox of a preview */

static ngx_int_t
ngx_http_sandbox_variable_owner(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx && ctx->owner.len) {
        ngx_http_sandbox_variable_set(v, ctx->owner.data, ctx->owner.len);
        return NGX_OK;
    }

    if (ctx && ctx->preview && ctx->node && ctx->node->known) {
        return ngx_http_sandbox_variable_copy(r, v, ctx->node->spec.owner);
    }

    v->not_found = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_start(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const char              *name;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->start == NGX_HTTP_SANDBOX_START_NONE) {
        v->not_found = 1;
        return NGX_OK;
    }

    name = ngx_http_sandbox_start_type_name(ctx->start);

    ngx_http_sandbox_variable_set(v, (u_char *) name, ngx_strlen(name));

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_wait_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || !ctx->admitted) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sandbox_variable_set(v, p,
                    ngx_sprintf(p, "%T.%03M",
                                (time_t) (ctx->wait_time / 1000),
                                ctx->wait_time % 1000)
                    - p);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_masked(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t      n, size;
    u_char     *p;
    ngx_str_t  *text, host;

    switch (data) {

    case NGX_HTTP_SANDBOX_MASKED_HOST:
        text = ngx_http_sandbox_header_host(r, &host) ? &host : NULL;
        break;

    case NGX_HTTP_SANDBOX_MASKED_REQUEST:
        text = &r->main->request_line;
        break;

    default: /* NGX_HTTP_SANDBOX_MASKED_REFERER */
        text = r->headers_in.referer ? &r->headers_in.referer->value : NULL;
    }

    if (text == NULL || text->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    size = sandbox_mask_size(text->len);

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (data == NGX_HTTP_SANDBOX_MASKED_HOST) {
        n = sandbox_mask_host((char *) text->data, text->len, (char *) p,
                              size);

    } else {
        n = sandbox_mask_url((char *) text->data, text->len, (char *) p,
                             size);
    }

    ngx_http_sandbox_variable_set(v, p, n);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_variable_upgrade(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char  *text;

    text = (u_char *) (ngx_http_sandbox_header_websocket(r) ? (char *) data
                       : "");

    ngx_http_sandbox_variable_set(v, text, ngx_strlen(text));

    return NGX_OK;
}
