
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"


/* routes of one sandbox: show, running, delete */


static ngx_int_t ngx_http_sandbox_show_options(sandbox_spec_t *spec,
    ngx_http_sandbox_class_t *class, cJSON *json);
static ngx_int_t ngx_http_sandbox_show_listening(
    ngx_http_sandbox_node_t *node, cJSON *json);
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
ngx_http_sandbox_show_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:

        if (ngx_strcmp(ngx_http_sandbox_life(ctx->node), "asleep") == 0) {
            rc = ngx_http_sandbox_show_ended(r, ctx);

            if (rc != NGX_DECLINED) {
                return rc;
            }
        }

        return ngx_http_sandbox_send_json(r, NGX_HTTP_OK,
                                         ngx_http_sandbox_show_json(r, ctx));

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_absent(r, ctx);
    }
}


cJSON *
ngx_http_sandbox_show_json(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    char                           time[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON                         *json, *ports;
    int64_t                        sleep;
    const char                    *life;
    sandbox_spec_t                *spec;
    ngx_http_sandbox_node_t       *node;
    ngx_http_sandbox_class_t      *class;

    json = cJSON_CreateObject();
    if (json == NULL) {
        return NULL;
    }

    node = ctx->node;
    spec = &node->spec;

    life = ngx_http_sandbox_life(node);
    ngx_http_sandbox_iso_time(spec->created_ms, time);

    if (cJSON_AddStringToObject(json, "id", (char *) node->id) == NULL
        || cJSON_AddStringToObject(json, "class", spec->class) == NULL
        || cJSON_AddStringToObject(json, "state", life) == NULL
        || cJSON_AddStringToObject(json, "created", time) == NULL
        || (ctx->admin
            && cJSON_AddStringToObject(json, "owner", spec->owner) == NULL))
    {
        goto failed;
    }

    class = ngx_http_sandbox_node_class(node);

    sleep = spec->sleep_after_ms;

    if (sleep < 0) {
        sleep = class ? (int64_t) class->sleep_after : 0;
    }

    if (sleep == 0 || spec->keep_alive > 0) {
        if (cJSON_AddNullToObject(json, "sleepAfter") == NULL) {
            goto failed;
        }

    } else if (cJSON_AddNumberToObject(json, "sleepAfter", sleep / 1000.0)
               == NULL)
    {
        goto failed;
    }

    if (cJSON_AddBoolToObject(json, "keepAlive", spec->keep_alive > 0)
        == NULL)
    {
        goto failed;
    }

    if (ngx_http_sandbox_show_options(spec, class, json) != NGX_OK) {
        goto failed;
    }

    ports = ngx_http_sandbox_ports_json(r, &node->sn.str);

    if (ports == NULL || !cJSON_AddItemToObject(json, "ports", ports)) {
        cJSON_Delete(ports);
        goto failed;
    }

    if (life[0] == 'r'
        && ngx_http_sandbox_show_listening(node, json) != NGX_OK)
    {
        goto failed;
    }

    return json;

failed:

    cJSON_Delete(json);

    return NULL;
}


/* the values of variables may be secrets: their names are enough */

static ngx_int_t
ngx_http_sandbox_show_options(sandbox_spec_t *spec,
    ngx_http_sandbox_class_t *class, cJSON *json)
{
    cJSON    *list, *map, *item, *name;
    int64_t   age;

    age = ngx_http_sandbox_max_age(class, spec);

    item = age ? cJSON_AddNumberToObject(json, "maxAge", age / 1000.0)
               : cJSON_AddNullToObject(json, "maxAge");

    map = spec->labels ? cJSON_Parse(spec->labels) : cJSON_CreateObject();

    if (item == NULL || map == NULL
        || !cJSON_AddItemToObject(json, "labels", map))
    {
        cJSON_Delete(map);
        return NGX_ERROR;
    }

    list = cJSON_AddArrayToObject(json, "env");
    if (list == NULL) {
        return NGX_ERROR;
    }

    map = spec->env ? cJSON_Parse(spec->env) : NULL;

    cJSON_ArrayForEach(item, map) {
        name = cJSON_CreateString(item->string);

        if (name == NULL || !cJSON_AddItemToArray(list, name)) {
            cJSON_Delete(name);
            cJSON_Delete(map);
            return NGX_ERROR;
        }
    }

    cJSON_Delete(map);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_show_listening(ngx_http_sandbox_node_t *node, cJSON *json)
{
    cJSON       *list, *item;
    uint16_t    *ports;
    ngx_uint_t   i, n;

    list = cJSON_AddArrayToObject(json, "listening");
    if (list == NULL) {
        return NGX_ERROR;
    }

    n = ngx_http_sandbox_tether_ports(node, &ports);

    for (i = 0; i < n; i++) {
        item = cJSON_CreateNumber(ports[i]);

        if (item == NULL || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
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
