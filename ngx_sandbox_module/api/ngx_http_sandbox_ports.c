
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_body.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_ports.h"
#include "api/ngx_http_sandbox_ports_apply.h"
#include "api/ngx_http_sandbox_ports_json.h"
#include "api/ngx_http_sandbox_ports_update.h"

#include <cjson/cJSON.h>


/* routes of exposed ports: requests and responses; see ports_update.c */


static ngx_int_t ngx_http_sandbox_ports_list(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_ports_show(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_uint_t ngx_http_sandbox_ports_policy(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy, ngx_int_t *rc);
static ngx_int_t ngx_http_sandbox_ports_delete(ngx_http_request_t *r,
    ngx_uint_t op);
static ngx_int_t ngx_http_sandbox_ports_link(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_ports_change(
    ngx_http_sandbox_ports_update_t *e, cJSON *json);
static ngx_int_t ngx_http_sandbox_ports_number(cJSON *json, in_port_t *port);
static ngx_http_sandbox_preview_domain_t *ngx_http_sandbox_ports_domain(
    ngx_http_sandbox_main_conf_t *smcf, const char *name);
static void ngx_http_sandbox_ports_domains(
    ngx_http_sandbox_main_conf_t *smcf, u_char *buf, size_t size);


ngx_int_t
ngx_http_sandbox_ports_handler(ngx_http_request_t *r)
{
    if (r->method == NGX_HTTP_POST) {
        return ngx_http_sandbox_json_body(r, ngx_http_sandbox_ports_expose);
    }

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_http_sandbox_ports_unexpose(r);
    }

    return ngx_http_sandbox_ports_list(r, ngx_http_sandbox_ctx_get(r));
}


ngx_int_t
ngx_http_sandbox_ports_port_handler(ngx_http_request_t *r)
{
    if (r->method == NGX_HTTP_POST || r->method == NGX_HTTP_PATCH) {
        return ngx_http_sandbox_json_body(r, ngx_http_sandbox_ports_expose);
    }

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_http_sandbox_ports_unexpose(r);
    }

    return ngx_http_sandbox_ports_show(r, ngx_http_sandbox_ctx_get(r));
}


ngx_int_t
ngx_http_sandbox_ports_links_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    sandbox_policy_t         policy;
    sandbox_json_writer_t    w;
    ngx_http_sandbox_ctx_t  *ctx;

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_sandbox_json_body(r, ngx_http_sandbox_ports_link);
    }

    ctx = ngx_http_sandbox_ctx_get(r);

    if (!ngx_http_sandbox_ports_policy(r, ctx, &policy, &rc)) {
        return rc;
    }

    sandbox_json_writer_start(&w);
    ngx_http_sandbox_ports_json_links(r, &w, &ctx->node->sn.str, &policy);

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


ngx_int_t
ngx_http_sandbox_ports_unexpose(ngx_http_request_t *r)
{
    return ngx_http_sandbox_ports_delete(r, NGX_HTTP_SANDBOX_PORTS_UNEXPOSE);
}


ngx_int_t
ngx_http_sandbox_ports_link_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_ports_delete(r, NGX_HTTP_SANDBOX_PORTS_UNLINK);
}


/* the same, and reads the policy of the port */

static ngx_uint_t
ngx_http_sandbox_ports_policy(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy, ngx_int_t *rc)
{
    if (!ngx_http_sandbox_lookup_own(r, ctx, rc)) {
        return 0;
    }

    if (sandbox_store_port_read(ngx_http_sandbox_worker->store,
                                (char *) ctx->node->id, ctx->port, policy)
        == 0)
    {
        return 1;
    }

    if (ngx_errno == NGX_ENOENT) {
        ngx_http_sandbox_ports_json_unexposed(ctx);
        *rc = ngx_http_sandbox_error_send(r, &ctx->failure);
        return 0;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                  "cannot read port %ui of sandbox \"%s\"",
                  (ngx_uint_t) ctx->port, ctx->node->id);

    *rc = ngx_http_sandbox_error_send_internal(r, ctx);

    return 0;
}


static ngx_int_t
ngx_http_sandbox_ports_list(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t              rc;
    sandbox_json_writer_t  w;

    if (!ngx_http_sandbox_lookup_own(r, ctx, &rc)) {
        return rc;
    }

    sandbox_json_writer_start(&w);
    ngx_http_sandbox_ports_json(r, &w, &ctx->node->sn.str);

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


static ngx_int_t
ngx_http_sandbox_ports_show(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t              rc;
    sandbox_policy_t       policy;
    sandbox_json_writer_t  w;

    if (!ngx_http_sandbox_ports_policy(r, ctx, &policy, &rc)) {
        return rc;
    }

    sandbox_json_writer_start(&w);
    ngx_http_sandbox_ports_json_port(r, &w, &ctx->node->sn.str, &policy, 1);
    sandbox_json_writer_string(&w, "status",
                               ngx_http_sandbox_ports_json_status(&policy));

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


static ngx_int_t
ngx_http_sandbox_ports_delete(ngx_http_request_t *r, ngx_uint_t op)
{
    ngx_int_t                         rc;
    ngx_http_sandbox_ctx_t           *ctx;
    ngx_http_sandbox_ports_update_t  *e;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (!ngx_http_sandbox_lookup_discard(r, ctx, &rc)) {
        return rc;
    }

    e = ngx_http_sandbox_ports_update_create(r);
    if (e == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    e->op = op;
    e->port = ctx->port;

    /* a name that is too long cannot be the name of a link */

    if (op == NGX_HTTP_SANDBOX_PORTS_UNLINK
        && ctx->link.len < sizeof(e->link))
    {
        ngx_memcpy(e->link, ctx->link.data, ctx->link.len);
    }

    return ngx_http_sandbox_ports_update(e);
}


ngx_int_t
ngx_http_sandbox_ports_expose(ngx_http_request_t *r, cJSON *json)
{
    u_char                            domains[256];
    in_port_t                         port;
    const char                       *host;
    sandbox_policy_t                  policy;
    ngx_http_sandbox_ctx_t           *ctx;
    ngx_http_sandbox_ports_update_t  *e;
    ngx_http_sandbox_main_conf_t     *smcf;

    ctx = ngx_http_sandbox_ctx_get(r);
    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    if (ngx_http_sandbox_ports_number(json, &port) != NGX_OK
        || (port == 0 && ctx->port == 0))
    {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "INVALID_PORT",
                                   "The body names an invalid port: "
                                   "\"port\" must be a number from %d to %d.",
                                   SANDBOX_PORT_MIN, SANDBOX_PORT_MAX);
        goto failed;
    }

    if (port && ctx->port && port != ctx->port) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "INVALID_PORT",
                                   "The body names port %ui, but the path "
                                   "names port %ui. Name the port once, or "
                                   "the same port twice.",
                                   (ngx_uint_t) port, (ngx_uint_t) ctx->port);
        goto failed;
    }

    if (port) {
        ctx->port = port;
    }

    /* reject an invalid body before creating or waiting for anything */

    ngx_memzero(&policy, sizeof(sandbox_policy_t));

    if (ngx_http_sandbox_ports_apply_policy(ctx, &policy, json) != NGX_OK) {
        goto failed;
    }

    if (smcf->previews.nelts == 0) {
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "Previews are not configured: the "
                                   "administrator must set "
                                   "sandbox_preview_url.");
        goto failed;
    }

    e = ngx_http_sandbox_ports_update_create(r);
    if (e == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (sandbox_body_string(json, "hostname", 255, &host) == -1
        || (host
            && (e->preview = ngx_http_sandbox_ports_domain(smcf, host))
               == NULL))
    {
        ngx_http_sandbox_ports_domains(smcf, domains, sizeof(domains));

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "CUSTOM_DOMAIN_REQUIRED",
                                   "\"hostname\" must be one of the preview "
                                   "domains: %s. Omit it to use the first.",
                                   domains);
        goto failed;
    }

    e->op = (r->method == NGX_HTTP_PATCH) ? NGX_HTTP_SANDBOX_PORTS_CHANGE
                                          : NGX_HTTP_SANDBOX_PORTS_EXPOSE;

    return ngx_http_sandbox_ports_change(e, json);

failed:

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static ngx_int_t
ngx_http_sandbox_ports_link(ngx_http_request_t *r, cJSON *json)
{
    sandbox_link_t                    link;
    ngx_http_sandbox_ctx_t           *ctx;
    ngx_http_sandbox_ports_update_t  *e;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ngx_http_sandbox_ports_apply_link(ctx, &link, json) != NGX_OK) {
        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    e = ngx_http_sandbox_ports_update_create(r);
    if (e == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    e->op = NGX_HTTP_SANDBOX_PORTS_LINK;

    return ngx_http_sandbox_ports_change(e, json);
}


static ngx_int_t
ngx_http_sandbox_ports_change(ngx_http_sandbox_ports_update_t *e, cJSON *json)
{
    e->port = e->ctx->port;
    e->body = json ? cJSON_Duplicate(json, 1) : NULL;

    if (json && e->body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_ports_update(e);
}


static ngx_int_t
ngx_http_sandbox_ports_number(cJSON *json, in_port_t *port)
{
    cJSON  *item;

    *port = 0;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "port") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (!cJSON_IsNumber(item)
        || !(item->valuedouble >= SANDBOX_PORT_MIN
             && item->valuedouble <= SANDBOX_PORT_MAX)
        || item->valuedouble != (double) (in_port_t) item->valuedouble)
    {
        return NGX_DECLINED;
    }

    *port = (in_port_t) item->valuedouble;

    return NGX_OK;
}


/* "*.host" or "host" in any case, perhaps with the port of the preview URL */

static ngx_http_sandbox_preview_domain_t *
ngx_http_sandbox_ports_domain(ngx_http_sandbox_main_conf_t *smcf,
    const char *name)
{
    size_t  len;
    u_char  host[SANDBOX_HOST_MAX];

    if (name[0] == '*' && name[1] == '.') {
        name += 2;
    }

    len = ngx_strlen(name);

    if (len > SANDBOX_HOST_MAX) {
        return NULL;
    }

    ngx_strlow(host, (u_char *) name, len);

    return ngx_http_sandbox_preview_domain_find(smcf, host, len);
}


static void
ngx_http_sandbox_ports_domains(ngx_http_sandbox_main_conf_t *smcf,
    u_char *buf, size_t size)
{
    u_char                             *p, *last;
    ngx_uint_t                          i;
    ngx_http_sandbox_preview_domain_t  *preview;

    p = buf;
    last = buf + size - 1;
    preview = smcf->previews.elts;

    for (i = 0; i < smcf->previews.nelts; i++) {
        p = ngx_slprintf(p, last, "%s%V%V", i ? ", " : "", &preview[i].host,
                         &preview[i].port);
    }

    *p = '\0';
}
