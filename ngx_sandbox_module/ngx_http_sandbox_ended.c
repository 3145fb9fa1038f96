
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"
#include "ngx_http_sandbox_wake.h"


/*
 * Why a sandbox that sleeps has ended, as the engine tells it: asked when
 * somebody wants to know, and kept nowhere.
 */


static void ngx_http_sandbox_ended_handler(void *data,
    const ac_reply_t *reply);
static cJSON *ngx_http_sandbox_ended_json(const ac_reply_t *reply);
static const char *ngx_http_sandbox_ended_reason(const ac_container_t *c);


ngx_int_t
ngx_http_sandbox_show_ended(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    u_char                      name[NGX_HTTP_SANDBOX_NAME];
    ngx_int_t                   rc;
    sandbox_container_t         container;
    ngx_http_sandbox_worker_t  *w;
    ngx_http_sandbox_parked_t  *p;

    w = ngx_http_sandbox_worker;

    if (sandbox_store_container_read(w->store, (char *) ctx->node->id,
                                     &container)
        == -1)
    {
        /* it never ran */

        return NGX_DECLINED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    p = ngx_http_sandbox_park(r);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sandbox_container_name(name, ctx->node->spec.run);

    ngx_http_sandbox_count(w->conf, engine_calls);
    ngx_http_sandbox_turn(AC_LANE_OTHERS, ctx->node->spec.owner);

    if (ac_docker_inspect(w->docker, w->endpoint, (char *) name,
                          w->conf->engine_timeout,
                          ngx_http_sandbox_ended_handler, p)
        == NULL)
    {
        ngx_http_sandbox_park_cancel(p);

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_ended_handler(void *data, const ac_reply_t *reply)
{
    cJSON                   *json, *ended;
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = ngx_http_sandbox_unpark(data);

    if (r == NULL) {
        return;
    }

    c = r->connection;
    ctx = ngx_http_sandbox_get_ctx(r);

    if (ngx_http_sandbox_node_spec(ctx->node) != NGX_OK) {
        rc = ngx_http_sandbox_send_absent(r, ctx);

    } else {
        json = ngx_http_sandbox_show_json(r, ctx);
        ended = ngx_http_sandbox_ended_json(reply);

        if (json == NULL || ended == NULL
            || !cJSON_AddItemToObject(json, "ended", ended))
        {
            cJSON_Delete(ended);
            cJSON_Delete(json);
            json = NULL;
        }

        rc = ngx_http_sandbox_send_json(r, NGX_HTTP_OK, json);
    }

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}


static cJSON *
ngx_http_sandbox_ended_json(const ac_reply_t *reply)
{
    char                   at[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON                 *json;
    const ac_container_t  *c;

    json = cJSON_CreateObject();
    if (json == NULL) {
        return NULL;
    }

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {

        if (cJSON_AddStringToObject(json, "reason", "lost") == NULL) {
            goto failed;
        }

        return json;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->ncontainers != 1)
    {
        if (cJSON_AddStringToObject(json, "reason", "unknown") == NULL
            || cJSON_AddStringToObject(json, "message",
                                       ngx_http_sandbox_engine_text(reply))
               == NULL)
        {
            goto failed;
        }

        return json;
    }

    c = &reply->containers[0];

    if (cJSON_AddStringToObject(json, "reason",
                                ngx_http_sandbox_ended_reason(c))
        == NULL
        || cJSON_AddNumberToObject(json, "exitCode", c->exit_code) == NULL)
    {
        goto failed;
    }

    if (c->finished_ms) {
        ngx_http_sandbox_iso_time(c->finished_ms, at);

        if (cJSON_AddStringToObject(json, "at", at) == NULL) {
            goto failed;
        }
    }

    return json;

failed:

    cJSON_Delete(json);

    return NULL;
}


/*
 * The engine says "OOM killed" of a container in which any process was, even
 * if the container went on: that counts only for one that was killed.
 */

static const char *
ngx_http_sandbox_ended_reason(const ac_container_t *c)
{
    if (ngx_strcmp(c->state, "created") == 0) {
        return "never_ran";
    }

    if (c->exit_code == 0) {
        return "asleep";
    }

    if (c->exit_code == 128 + SIGKILL) {
        return c->oom_killed ? "oom" : "killed";
    }

    return "exited";
}
