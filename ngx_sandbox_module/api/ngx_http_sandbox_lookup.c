
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "api/ngx_http_sandbox_api.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/* routes of one sandbox: running, delete; and what they all need */


static void ngx_http_sandbox_delete_done(void *data, ngx_int_t rc);


ngx_int_t
ngx_http_sandbox_find(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->node == NULL) {
        ctx->node = ngx_http_sandbox_node_hold(&ctx->id);

        if (ctx->node == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_sandbox_node_spec(ctx->node);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_sandbox_owns(ctx, ctx->node->spec.owner) ? NGX_OK
                                                             : NGX_ABORT;
}


void
ngx_http_sandbox_fail_internal(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                          "INTERNAL_ERROR",
                          "The sandbox cannot be read or written: nginx's "
                          "error log tells why.");
}


ngx_int_t
ngx_http_sandbox_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_fail_internal(ctx);

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
}


ngx_int_t
ngx_http_sandbox_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    (void) ngx_http_sandbox_refuse_absent(r, ctx);

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
}


const char *
ngx_http_sandbox_life(ngx_http_sandbox_node_t *node)
{
    if (ngx_http_sandbox_tether(node) == NGX_OK) {
        return "running";
    }

    return ngx_http_sandbox_busy(node) ? "starting" : "asleep";
}


ngx_int_t
ngx_http_sandbox_find_own(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        return NGX_DECLINED;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_absent(r, ctx);
    }
}


ngx_int_t
ngx_http_sandbox_find_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_find_own(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);

    return rc == NGX_OK ? NGX_DECLINED : rc;
}


ngx_int_t
ngx_http_sandbox_running_handler(ngx_http_request_t *r)
{
    cJSON                   *json;
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    rc = ngx_http_sandbox_find(r, ctx);

    /* false makes clients wipe the workspace: never say so by mistake */

    if (rc == NGX_ERROR) {
        return ngx_http_sandbox_send_internal(r, ctx);
    }

    json = cJSON_CreateObject();

    if (json && cJSON_AddBoolToObject(json, "running", rc == NGX_OK) == NULL)
    {
        cJSON_Delete(json);
        json = NULL;
    }

    return ngx_http_sandbox_send_json(r, NGX_HTTP_OK, json);
}


ngx_int_t
ngx_http_sandbox_delete_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_parked_t  *p;

    ctx = ngx_http_sandbox_get_ctx(r);

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        break;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_empty(r);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    p = ngx_http_sandbox_park(r);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_destroy(ctx->node, -1, ngx_http_sandbox_delete_done,
                                 p)
        != NGX_OK)
    {
        ngx_http_sandbox_park_cancel(p);
        return ngx_http_sandbox_send_internal(r, ctx);
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_delete_done(void *data, ngx_int_t rc)
{
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = ngx_http_sandbox_unpark(data);

    if (r == NULL) {
        return;
    }

    c = r->connection;
    ctx = ngx_http_sandbox_get_ctx(r);

    if (rc == NGX_ERROR) {
        rc = ngx_http_sandbox_send_internal(r, ctx);

    } else {
        rc = ngx_http_sandbox_send_empty(r);
    }

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}
