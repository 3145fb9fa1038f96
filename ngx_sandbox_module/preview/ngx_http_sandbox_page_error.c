
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "sandbox/ngx_http_sandbox_tether.h"
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
    cJSON                   *context, *list, *item;
    uint16_t                *ports;
    ngx_uint_t               i, n;
    ngx_http_sandbox_ctx_t  *ctx;

    context = cJSON_CreateObject();
    ctx = ngx_http_sandbox_ctx_get(r);

    if (context == NULL || !ctx->trusted) {
        return context;
    }

    if (cJSON_AddNumberToObject(context, "port", ctx->port) == NULL
        || cJSON_AddStringToObject(context, "state",
                                   ngx_http_sandbox_tether_state(ctx->node))
           == NULL)
    {
        goto failed;
    }

    if (ctx->node->tether) {

        list = cJSON_AddArrayToObject(context, "listening");
        if (list == NULL) {
            goto failed;
        }

        n = ngx_http_sandbox_tether_ports(ctx->node, &ports);

        for (i = 0; i < n; i++) {
            item = cJSON_CreateObject();

            if (item == NULL || !cJSON_AddItemToArray(list, item)) {
                cJSON_Delete(item);
                goto failed;
            }

            if (cJSON_AddNumberToObject(item, "port", ports[i]) == NULL) {
                goto failed;
            }
        }
    }

    if (ctx->port_watcher && ctx->port_watcher->awaited) {
        item = ngx_http_sandbox_port_watch_json(ctx->port_watcher->awaited);

        if (item == NULL
            || !cJSON_AddItemToObject(context, "command", item))
        {
            cJSON_Delete(item);
            goto failed;
        }
    }

    return context;

failed:

    cJSON_Delete(context);

    return NULL;
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
