
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_settings.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_cors.h"


/* Access-Control-* of previews */


static ngx_int_t ngx_http_sandbox_preview_cors_preflight_handler(
    ngx_http_request_t *r);


ngx_int_t
ngx_http_sandbox_preview_cors(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    return ngx_http_sandbox_response_cors(r,
                                   ngx_http_sandbox_preview_cors_allows(r, ctx),
                                   "Access-Control-Allow-Credentials",
                                   "true");
}


/* "reflect": any origin; a list: those listed */

ngx_uint_t
ngx_http_sandbox_preview_cors_allows(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    const char                    *origin;
    ngx_uint_t                     n;
    ngx_table_elt_t               *h;
    sandbox_policy_settings_t      set;
    ngx_http_sandbox_loc_conf_t   *slcf;
    ngx_http_sandbox_node_port_t  *p;

    h = ngx_http_sandbox_header_in(r, "Origin", &n);

    if (n != 1 || h->value.len == 0 || ctx->cors < SANDBOX_CORS_REFLECT) {
        return 0;
    }

    if (ctx->cors == SANDBOX_CORS_REFLECT) {
        return 1;
    }

    p = ngx_http_sandbox_node_cached(ctx->node, ctx->port);

    if (p == NULL) {
        return 0;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    sandbox_policy_settings(&p->policy, &slcf->defaults, &set);

    for (origin = set.origins; origin && *origin;
         origin = sandbox_policy_origin_next(origin))
    {
        if (h->value.len == ngx_strlen(origin)
            && ngx_strncasecmp(h->value.data, (u_char *) origin,
                               h->value.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sandbox_preview_cors_preflight(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    if (r->method != NGX_HTTP_OPTIONS
        || ngx_http_sandbox_header_in(r, "Access-Control-Request-Method",
                                      NULL)
           == NULL
        || !ngx_http_sandbox_preview_cors_allows(r, ctx))
    {
        return 0;
    }

    ctx->own = 1;
    r->content_handler = ngx_http_sandbox_preview_cors_preflight_handler;

    return 1;
}


/* allow the requested method and headers: the app decides */

static ngx_int_t
ngx_http_sandbox_preview_cors_preflight_handler(ngx_http_request_t *r)
{
    ngx_table_elt_t  *method, *headers;

    method = ngx_http_sandbox_header_in(r, "Access-Control-Request-Method",
                                        NULL);
    headers = ngx_http_sandbox_header_in(r, "Access-Control-Request-Headers",
                                         NULL);

    if (ngx_http_sandbox_response_header_text(r, "Access-Control-Allow-Methods",
                                              &method->value)
        != NGX_OK
        || (headers
            && ngx_http_sandbox_response_header_text(
                   r, "Access-Control-Allow-Headers", &headers->value)
               != NGX_OK)
        || ngx_http_sandbox_response_header(r, "Access-Control-Max-Age", "600")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_response_empty(r);
}
