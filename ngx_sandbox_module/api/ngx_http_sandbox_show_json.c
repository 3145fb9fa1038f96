
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_container.h"
#include "lib/sandbox_store_lifetime.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "api/ngx_http_sandbox_ports_json.h"
#include "api/ngx_http_sandbox_show_json.h"


/* a sandbox as JSON, as far as known to nginx */


static int64_t ngx_http_sandbox_show_since(ngx_http_sandbox_node_t *node,
    const char *life);
static ngx_int_t ngx_http_sandbox_show_options(sandbox_spec_t *spec,
    ngx_http_sandbox_class_t *class, cJSON *json);
static ngx_int_t ngx_http_sandbox_show_limits(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_class_t *class, cJSON *json);
static ngx_int_t ngx_http_sandbox_show_listening(
    ngx_http_sandbox_node_t *node, cJSON *json);


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

    life = ngx_http_sandbox_tether_state(node);
    ngx_http_sandbox_clock_iso(spec->created_ms, time);

    if (cJSON_AddStringToObject(json, "id", (char *) node->id) == NULL
        || cJSON_AddStringToObject(json, "class", spec->class) == NULL
        || cJSON_AddStringToObject(json, "state", life) == NULL
        || ngx_http_sandbox_response_add_time(json, "since",
                                 ngx_http_sandbox_show_since(node, life))
           != NGX_OK
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

    if (ngx_http_sandbox_show_options(spec, class, json) != NGX_OK
        || ngx_http_sandbox_show_limits(node, class, json) != NGX_OK)
    {
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


/* only names of variables: their values may be secrets */

static ngx_int_t
ngx_http_sandbox_show_options(sandbox_spec_t *spec,
    ngx_http_sandbox_class_t *class, cJSON *json)
{
    cJSON    *list, *map, *item, *name;
    int64_t   age;

    age = ngx_http_sandbox_options_max_age(class, spec);

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


/* ms since the epoch; -1: unknown, or known only to the engine */

static int64_t
ngx_http_sandbox_show_since(ngx_http_sandbox_node_t *node, const char *life)
{
    int         ended;
    int64_t     since;
    ngx_uint_t  asleep;

    asleep = (ngx_strcmp(life, "asleep") == 0);

    if (!asleep && ngx_strcmp(life, "running") != 0) {
        return -1;
    }

    since = sandbox_store_lifetime_changed(ngx_http_sandbox_worker->store,
                                           (char *) node->id, &ended);

    return ((ngx_uint_t) ended == asleep) ? since : -1;
}


/* the container keeps the limits that its class had at creation */

static ngx_int_t
ngx_http_sandbox_show_limits(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_class_t *class, cJSON *json)
{
    cJSON                *limits;
    int64_t               age;
    sandbox_container_t   c;

    if (sandbox_store_container_read(ngx_http_sandbox_worker->store,
                                     (char *) node->id, &c)
        == -1)
    {
        ngx_http_sandbox_class_limits(class, &c);
    }

    age = ngx_http_sandbox_options_max_age(class, &node->spec);

    limits = cJSON_AddObjectToObject(json, "limits");

    if (limits == NULL
        || ngx_http_sandbox_response_add_number(limits, "memory",
                                        c.memory ? c.memory : -1, 1)
           != NGX_OK
        || ngx_http_sandbox_response_add_number(limits, "cpus",
                                        c.nano_cpus ? c.nano_cpus : -1, 1e9)
           != NGX_OK
        || ngx_http_sandbox_response_add_number(limits, "pids",
                                        c.pids ? c.pids : -1, 1)
           != NGX_OK
        || ngx_http_sandbox_response_add_number(limits, "disk",
                                        c.disk ? c.disk : -1, 1)
           != NGX_OK
        || ngx_http_sandbox_response_add_number(limits, "maxAwake",
                                        class && class->max_awake
                                        ? class->max_awake : -1, 1000)
           != NGX_OK

        || ngx_http_sandbox_response_add_number(limits, "maxAge", age ? age
                                                : -1,
                                        1000)
           != NGX_OK
        || ngx_http_sandbox_response_add_number(limits, "retain",
                                        class && class->retain
                                        ? class->retain : -1, 1000)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
