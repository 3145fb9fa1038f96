
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "preview/ngx_http_sandbox_page.h"
#include "preview/ngx_http_sandbox_page_error.h"

#include <cjson/cJSON.h>


/* errors of previews: a page for navigation, otherwise JSON with a context */


static cJSON *ngx_http_sandbox_page_error_context(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_page_error_page(ngx_http_request_t *r,
    cJSON *json, ngx_uint_t status, ngx_str_t *text);


const ngx_http_sandbox_error_renderer_t  ngx_http_sandbox_page_error = {
    ngx_http_sandbox_page_error_context,
    ngx_http_sandbox_page_error_page
};


/* for a preview with a valid token: what is known about its port */

static cJSON *
ngx_http_sandbox_page_error_context(ngx_http_request_t *r)
{
    uint16_t                *ports;
    ngx_uint_t               i, n;
    sandbox_json_writer_t    w;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    sandbox_json_writer_start(&w);

    if (!ctx->trusted) {
        return sandbox_json_writer_finish(&w);
    }

    sandbox_json_writer_number(&w, "port", ctx->port);
    sandbox_json_writer_string(&w, "state",
                               ngx_http_sandbox_state_text(ctx->node));

    if (ctx->node->tether) {

        sandbox_json_writer_array(&w, "listening");

        n = ngx_http_sandbox_tether_ports(ctx->node, &ports);

        for (i = 0; i < n; i++) {
            sandbox_json_writer_object(&w, NULL);
            sandbox_json_writer_number(&w, "port", ports[i]);
            sandbox_json_writer_close(&w);
        }

        sandbox_json_writer_close(&w);
    }

    if (ctx->port_watcher && ctx->port_watcher->watch) {
        sandbox_json_writer_item(&w, "command",
                                 ngx_http_sandbox_port_watch_json(
                                              ctx->port_watcher->watch));
    }

    return sandbox_json_writer_finish(&w);
}


static ngx_int_t
ngx_http_sandbox_page_error_page(ngx_http_request_t *r, cJSON *json,
    ngx_uint_t status, ngx_str_t *text)
{
    if (!ngx_http_sandbox_page_navigation(r)) {
        return NGX_DECLINED;
    }

    if (ngx_http_sandbox_page(r, json, status, text) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_sandbox_page_headers(r);
}
