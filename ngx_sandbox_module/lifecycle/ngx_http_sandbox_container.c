
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_worker.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_engine.h"


/*
 * A container belongs to the run in its label.  It is created with a name that
 * contains the run, and usually found by it, in a single call that a proxy in
 * front of the engine can match.  If somebody has renamed it, or given the name
 * to another container, it is searched for by the label.
 */


struct ngx_http_sandbox_container_s {
    ac_call_t    *call;
    ac_lane_e     lane;
    ngx_uint_t    first;
    ngx_msec_t    timeout;
    ac_reply_pt   handler;
    void         *data;
    char          run[SANDBOX_RANDOM_LEN + 1];
    char          owner[SANDBOX_OWNER_MAX + 1];
};


static ngx_int_t ngx_http_sandbox_container_inspect(
    ngx_http_sandbox_container_t *c, const char *name, ac_reply_pt handler);
static void ngx_http_sandbox_container_by_name(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_listed(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_by_id(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_refused(ngx_http_sandbox_container_t *c,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_failed(ngx_http_sandbox_container_t *c);
static void ngx_http_sandbox_container_end(ngx_http_sandbox_container_t *c,
    const ac_reply_t *reply);


ngx_http_sandbox_container_t *
ngx_http_sandbox_container_find(const char *run, ac_lane_e lane,
    const char *owner, ngx_uint_t first, ngx_msec_t ms, ac_reply_pt handler,
    void *data)
{
    u_char                         name[NGX_HTTP_SANDBOX_CONTAINER_NAME];
    ngx_http_sandbox_container_t  *c;

    c = ngx_alloc(sizeof(ngx_http_sandbox_container_t), ngx_cycle->log);
    if (c == NULL) {
        return NULL;
    }

    c->lane = lane;
    c->first = first;
    c->timeout = ms;
    c->handler = handler;
    c->data = data;

    (void) ngx_cpystrn((u_char *) c->run, (u_char *) run, sizeof(c->run));
    (void) ngx_cpystrn((u_char *) c->owner, (u_char *) owner,
                       sizeof(c->owner));

    ngx_http_sandbox_container_name(name, c->run);

    if (ngx_http_sandbox_container_inspect(c, (char *) name,
                                           ngx_http_sandbox_container_by_name)
        != NGX_OK)
    {
        ngx_free(c);
        return NULL;
    }

    return c;
}


void
ngx_http_sandbox_container_cancel(ngx_http_sandbox_container_t *c)
{
    if (c->call) {
        ac_docker_cancel(c->call);
    }

    ngx_free(c);
}


ac_call_t *
ngx_http_sandbox_container_call(ngx_http_sandbox_container_t *c)
{
    return c->call;
}


static ngx_int_t
ngx_http_sandbox_container_inspect(ngx_http_sandbox_container_t *c,
    const char *name, ac_reply_pt handler)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_engine_call(c->lane, c->owner, c->first);

    c->call = ac_docker_inspect(w->docker, w->endpoint, name, c->timeout,
                                handler, c);

    /* a search that has begun takes precedence over new ones */

    c->first = 1;

    return c->call ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_sandbox_container_by_name(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_container_t *c = data;

    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    c->call = NULL;

    if (reply->error != AC_OK
        || (reply->status != NGX_HTTP_OK
            && reply->status != NGX_HTTP_NOT_FOUND)
        || (reply->status == NGX_HTTP_OK && reply->ncontainers == 1
            && ngx_strcmp(reply->containers[0].label_run, c->run) == 0))
    {
        ngx_http_sandbox_container_end(c, reply);
        return;
    }

    ngx_http_sandbox_engine_call(c->lane, c->owner, c->first);

    c->call = ac_docker_list_run(w->docker, w->endpoint, c->run, c->timeout,
                                 ngx_http_sandbox_container_listed, c);

    if (c->call == NULL) {
        ngx_http_sandbox_container_failed(c);
    }
}


static void
ngx_http_sandbox_container_listed(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_container_t *c = data;

    size_t                 i;
    ac_reply_t             none;
    const ac_container_t  *found;

    c->call = NULL;

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK) {
        ngx_http_sandbox_container_refused(c, reply);
        return;
    }

    found = NULL;

    for (i = 0; i < reply->ncontainers; i++) {

        if (ngx_strcmp(reply->containers[i].label_run, c->run) == 0) {
            found = &reply->containers[i];
            break;
        }
    }

    if (found == NULL) {
        ngx_memzero(&none, sizeof(ac_reply_t));
        none.status = NGX_HTTP_NOT_FOUND;
        (void) ngx_cpystrn((u_char *) none.message,
                           (u_char *) "no such container",
                           sizeof(none.message));

        ngx_http_sandbox_container_end(c, &none);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "container " NGX_HTTP_SANDBOX_CONTAINER "%s was renamed to "
                  "\"%s\"", c->run, found->name);

    if (ngx_http_sandbox_container_inspect(c, found->id,
                                           ngx_http_sandbox_container_by_id)
        != NGX_OK)
    {
        ngx_http_sandbox_container_failed(c);
    }
}


static void
ngx_http_sandbox_container_by_id(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_container_t *c = data;

    c->call = NULL;

    if (reply->error == AC_OK
        && (reply->status == NGX_HTTP_OK
            || reply->status == NGX_HTTP_NOT_FOUND))
    {
        ngx_http_sandbox_container_end(c, reply);
        return;
    }

    ngx_http_sandbox_container_refused(c, reply);
}


/* it exists under another name, or may: its own name is of no use */

static void
ngx_http_sandbox_container_refused(ngx_http_sandbox_container_t *c,
    const ac_reply_t *reply)
{
    ac_reply_t  refused;

    refused = *reply;

    if (refused.error == AC_OK) {
        refused.error = AC_MALFORMED;
        refused.status = 0;
    }

    ngx_http_sandbox_container_end(c, &refused);
}


static void
ngx_http_sandbox_container_failed(ngx_http_sandbox_container_t *c)
{
    ac_reply_t  reply;

    ngx_memzero(&reply, sizeof(ac_reply_t));
    reply.error = AC_NOMEM;

    ngx_http_sandbox_container_end(c, &reply);
}


static void
ngx_http_sandbox_container_end(ngx_http_sandbox_container_t *c,
    const ac_reply_t *reply)
{
    void         *data;
    ac_reply_pt   handler;

    handler = c->handler;
    data = c->data;

    ngx_free(c);

    handler(data, reply);
}


void
ngx_http_sandbox_container_name(u_char name[NGX_HTTP_SANDBOX_CONTAINER_NAME],
    const char *run)
{
    (void) ngx_snprintf(name, NGX_HTTP_SANDBOX_CONTAINER_NAME,
                        NGX_HTTP_SANDBOX_CONTAINER "%s%Z", run);
}


void
ngx_http_sandbox_container_found(u_char name[NGX_HTTP_SANDBOX_CONTAINER_NAME],
    const ac_reply_t *reply)
{
    const ac_container_t  *c;

    c = &reply->containers[0];

    ngx_http_sandbox_container_name(name, c->label_run);

    if (ngx_strcmp(name, c->name) != 0) {
        (void) ngx_cpystrn(name, (u_char *) c->id,
                           NGX_HTTP_SANDBOX_CONTAINER_NAME);
    }
}
