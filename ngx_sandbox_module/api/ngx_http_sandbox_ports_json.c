
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "api/ngx_http_sandbox_policy_json.h"
#include "api/ngx_http_sandbox_ports_json.h"


/* JSON of exposed ports and links in API responses */


static ngx_int_t ngx_http_sandbox_ports_json_url(ngx_http_request_t *r,
    cJSON *json, ngx_str_t *id, sandbox_policy_t *policy, const char *token);


cJSON *
ngx_http_sandbox_ports_json_port(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_policy_t *policy, ngx_uint_t whole)
{
    cJSON  *json, *links;

    json = cJSON_CreateObject();

    if (json == NULL
        || ngx_http_sandbox_ports_json_url(r, json, id, policy, policy->token)
           != NGX_OK
        || cJSON_AddNumberToObject(json, "port", policy->port) == NULL
        || cJSON_AddStringToObject(json, "name", policy->name) == NULL
        || cJSON_AddStringToObject(json, "token", policy->token) == NULL)
    {
        goto failed;
    }

    if (!whole) {
        return json;
    }

    if (ngx_http_sandbox_policy_json(json, policy) != NGX_OK) {
        goto failed;
    }

    links = ngx_http_sandbox_ports_json_links(r, id, policy);

    if (!cJSON_AddItemToObject(json, "links", links)) {
        cJSON_Delete(links);
        goto failed;
    }

    return json;

failed:

    cJSON_Delete(json);

    return NULL;
}


/* no URL if the domain is no longer configured */

static ngx_int_t
ngx_http_sandbox_ports_json_url(ngx_http_request_t *r, cJSON *json,
    ngx_str_t *id, sandbox_policy_t *policy, const char *token)
{
    char                                host[512], url[600];
    ngx_http_sandbox_preview_domain_t  *p;
    ngx_http_sandbox_main_conf_t       *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    p = ngx_http_sandbox_preview_domain_named(smcf, policy->host);

    if (p == NULL) {
        return (cJSON_AddNullToObject(json, "url")
                && cJSON_AddNullToObject(json, "hostname"))
               ? NGX_OK : NGX_ERROR;
    }

    (void) ngx_snprintf((u_char *) host, sizeof(host), "%ui-%V-%s.%V%Z",
                        (ngx_uint_t) policy->port, id, token, &p->host);
    (void) ngx_snprintf((u_char *) url, sizeof(url), "%V://%s%V/%Z",
                        &p->scheme, host, &p->port);

    return (cJSON_AddStringToObject(json, "url", url)
            && cJSON_AddStringToObject(json, "hostname", host))
           ? NGX_OK : NGX_ERROR;
}


const char *
ngx_http_sandbox_ports_json_status(sandbox_policy_t *policy)
{
    return (policy->expires_ms
            && policy->expires_ms <= ngx_http_sandbox_clock_now())
           ? "expired" : "active";
}


cJSON *
ngx_http_sandbox_ports_json_link(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_policy_t *policy, sandbox_link_t *link)
{
    cJSON  *json;

    json = cJSON_CreateObject();

    if (json == NULL
        || cJSON_AddStringToObject(json, "name", link->name) == NULL
        || ngx_http_sandbox_ports_json_url(r, json, id, policy, link->token)
           != NGX_OK
        || cJSON_AddStringToObject(json, "token", link->token) == NULL
        || ngx_http_sandbox_policy_json_time(json, link->expires_ms)
           != NGX_OK)
    {
        cJSON_Delete(json);
        return NULL;
    }

    return json;
}


cJSON *
ngx_http_sandbox_ports_json_links(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_policy_t *policy)
{
    cJSON       *list, *item;
    ngx_uint_t   i;

    list = cJSON_CreateArray();

    for (i = 0; list && i < policy->nlinks; i++) {

        item = ngx_http_sandbox_ports_json_link(r, id, policy,
                                                &policy->links[i]);

        if (!cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return NULL;
        }
    }

    return list;
}


cJSON *
ngx_http_sandbox_ports_json(ngx_http_request_t *r, ngx_str_t *id)
{
    char              name[SANDBOX_ID_MAX + 1];
    cJSON            *list, *item;
    ssize_t           i, n;
    uint16_t          ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    sandbox_policy_t  policy;
    sandbox_store_t  *store;

    store = ngx_http_sandbox_worker->store;

    (void) ngx_snprintf((u_char *) name, sizeof(name), "%V%Z", id);

    n = sandbox_store_port_list(store, name, ports, NGX_HTTP_SANDBOX_PORTS_MAX);

    if (n == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "cannot read the ports of sandbox \"%s\"", name);
        return NULL;
    }

    list = cJSON_CreateArray();
    if (list == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {

        if (sandbox_store_port_read(store, name, ports[i], &policy) == -1) {

            /* unexposed meanwhile, or damaged, which is logged by previews */

            continue;
        }

        item = ngx_http_sandbox_ports_json_port(r, id, &policy, 0);

        if (item == NULL
            || cJSON_AddStringToObject(item, "status",
                   ngx_http_sandbox_ports_json_status(&policy))
               == NULL
            || !cJSON_AddItemToArray(list, item))
        {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return NULL;
        }
    }

    return list;
}


void
ngx_http_sandbox_ports_json_unexposed(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_NOT_FOUND,
                               "PORT_NOT_EXPOSED",
                               "Port %ui of this sandbox is not exposed.",
                               (ngx_uint_t) ctx->port);
}
