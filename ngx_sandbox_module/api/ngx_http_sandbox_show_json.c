
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_container.h"
#include "lib/sandbox_store_lifetime.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "api/ngx_http_sandbox_ports_json.h"
#include "api/ngx_http_sandbox_show_json.h"


/* a sandbox as JSON, as far as known to nginx */


/* 0: no limit */
#define ngx_http_sandbox_show_limit(w, name, value, unit)                     \
    ngx_http_sandbox_show_json_number(w, name, (value) ? (int64_t) (value)    \
                                                       : -1, unit)


static int64_t ngx_http_sandbox_show_since(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_tether_state_e state);
static void ngx_http_sandbox_show_options(sandbox_spec_t *spec,
    ngx_http_sandbox_class_t *class, sandbox_json_writer_t *w);
static void ngx_http_sandbox_show_limits(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_class_t *class, sandbox_json_writer_t *w);
static void ngx_http_sandbox_show_listening(ngx_http_sandbox_node_t *node,
    sandbox_json_writer_t *w);


cJSON *
ngx_http_sandbox_show_json(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    sandbox_json_writer_t  w;

    sandbox_json_writer_start(&w);

    ngx_http_sandbox_show_json_write(r, ctx,
                                     ngx_http_sandbox_state(ctx->node),
                                     0, &w);

    return sandbox_json_writer_finish(&w);
}


void
ngx_http_sandbox_show_json_write(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_tether_state_e state,
    int64_t since, sandbox_json_writer_t *w)
{
    sandbox_spec_t            *spec;
    ngx_http_sandbox_node_t   *node;
    ngx_http_sandbox_class_t  *class;

    node = ctx->node;
    spec = &node->spec;
    class = ngx_http_sandbox_node_class(node);

    if (since == 0) {
        since = ngx_http_sandbox_show_since(node, state);
    }

    sandbox_json_writer_string(w, "id", (char *) node->id);
    sandbox_json_writer_string(w, "class", spec->class);
    sandbox_json_writer_string(w, "state",
                               ngx_http_sandbox_state_name(state));

    if (since == -1) {
        sandbox_json_writer_null(w, "since");

    } else {
        sandbox_json_writer_time(w, "since", since);
    }

    sandbox_json_writer_time(w, "created", spec->created_ms);

    if (ctx->admin) {
        sandbox_json_writer_string(w, "owner", spec->owner);
    }

    ngx_http_sandbox_show_options(spec, class, w);
    ngx_http_sandbox_show_limits(node, class, w);
    ngx_http_sandbox_ports_json(r, w, &node->sn.str);

    if (state == NGX_HTTP_SANDBOX_RUNNING) {
        ngx_http_sandbox_show_listening(node, w);
    }
}


void
ngx_http_sandbox_show_json_number(sandbox_json_writer_t *w, const char *name,
    int64_t value, double unit)
{
    if (value == -1) {
        sandbox_json_writer_null(w, name);

    } else {
        sandbox_json_writer_number(w, name, value / unit);
    }
}


/* only names of variables: their values may be secrets */

static void
ngx_http_sandbox_show_options(sandbox_spec_t *spec,
    ngx_http_sandbox_class_t *class, sandbox_json_writer_t *w)
{
    cJSON    *env, *item;
    int64_t   sleep, age;

    sleep = spec->sleep_after_ms;

    if (sleep < 0) {
        sleep = class ? (int64_t) class->sleep_after : 0;
    }

    if (sleep == 0 || spec->keep_alive > 0) {
        sleep = -1;
    }

    age = ngx_http_sandbox_options_max_age(class, spec);

    ngx_http_sandbox_show_json_number(w, "sleepAfter", sleep, 1000);
    sandbox_json_writer_bool(w, "keepAlive", spec->keep_alive > 0);
    ngx_http_sandbox_show_json_number(w, "maxAge", age ? age : -1, 1000);

    sandbox_json_writer_item(w, "labels", spec->labels
                                          ? cJSON_Parse(spec->labels)
                                          : cJSON_CreateObject());

    sandbox_json_writer_array(w, "env");

    env = spec->env ? cJSON_Parse(spec->env) : NULL;

    cJSON_ArrayForEach(item, env) {
        sandbox_json_writer_string(w, NULL, item->string);
    }

    cJSON_Delete(env);

    sandbox_json_writer_close(w);
}


static void
ngx_http_sandbox_show_listening(ngx_http_sandbox_node_t *node,
    sandbox_json_writer_t *w)
{
    uint16_t    *ports;
    ngx_uint_t   i, n;

    sandbox_json_writer_array(w, "listening");

    n = ngx_http_sandbox_tether_ports(node, &ports);

    for (i = 0; i < n; i++) {
        sandbox_json_writer_number(w, NULL, ports[i]);
    }

    sandbox_json_writer_close(w);
}


/* ms since the epoch; -1: unknown, or known only to the engine */

static int64_t
ngx_http_sandbox_show_since(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_tether_state_e state)
{
    int         ended;
    int64_t     since;
    ngx_uint_t  asleep;

    if (state == NGX_HTTP_SANDBOX_STARTING) {
        return -1;
    }

    asleep = (state == NGX_HTTP_SANDBOX_ASLEEP);

    since = sandbox_store_lifetime_changed(ngx_http_sandbox_worker->store,
                                           (char *) node->id, &ended);

    if (since == -1 || (ngx_uint_t) ended != asleep) {
        return -1;
    }

    /* times of files are coarse */

    return ngx_max(since, node->spec.created_ms);
}


/* the container keeps the limits that its class had at creation */

static void
ngx_http_sandbox_show_limits(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_class_t *class, sandbox_json_writer_t *w)
{
    int64_t              age;
    sandbox_container_t  c;

    if (sandbox_store_container_read(ngx_http_sandbox_worker->store,
                                     (char *) node->id, &c)
        == -1)
    {
        ngx_http_sandbox_class_limits(class, &c);
    }

    age = ngx_http_sandbox_options_max_age(class, &node->spec);

    sandbox_json_writer_object(w, "limits");

    ngx_http_sandbox_show_limit(w, "memory", c.memory, 1);
    ngx_http_sandbox_show_json_number(w, "swap", c.swap, 1);
    ngx_http_sandbox_show_limit(w, "cpus", c.nano_cpus, 1e9);
    ngx_http_sandbox_show_limit(w, "pids", c.pids, 1);
    ngx_http_sandbox_show_limit(w, "disk", c.disk, 1);
    ngx_http_sandbox_show_limit(w, "maxAwake", class ? class->max_awake : 0,
                                1000);
    ngx_http_sandbox_show_limit(w, "maxAge", age, 1000);
    ngx_http_sandbox_show_limit(w, "retain", class ? class->retain : 0, 1000);

    sandbox_json_writer_close(w);
}
