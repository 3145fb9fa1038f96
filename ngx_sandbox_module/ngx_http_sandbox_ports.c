
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"


/* routes of exposed ports: what they read and answer; see expose.c */


static ngx_int_t ngx_http_sandbox_ports_list(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_ports_show(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_ports_delete(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_ports_body(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_ports_number(cJSON *json, in_port_t *port);
static ngx_http_sandbox_preview_t *ngx_http_sandbox_ports_domain(
    ngx_http_sandbox_main_conf_t *smcf, const char *name);
static void ngx_http_sandbox_ports_domains(
    ngx_http_sandbox_main_conf_t *smcf, u_char *buf, size_t size);


ngx_int_t
ngx_http_sandbox_ports_handler(ngx_http_request_t *r)
{
    if (r->method == NGX_HTTP_POST) {
        return ngx_http_sandbox_read_json(r, ngx_http_sandbox_ports_body);
    }

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_http_sandbox_ports_delete(r);
    }

    return ngx_http_sandbox_ports_list(r, ngx_http_sandbox_get_ctx(r));
}


ngx_int_t
ngx_http_sandbox_port_handler(ngx_http_request_t *r)
{
    if (r->method == NGX_HTTP_POST) {
        return ngx_http_sandbox_read_json(r, ngx_http_sandbox_ports_body);
    }

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_http_sandbox_ports_delete(r);
    }

    return ngx_http_sandbox_ports_show(r, ngx_http_sandbox_get_ctx(r));
}


static ngx_int_t
ngx_http_sandbox_ports_list(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    cJSON  *json, *ports;

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        break;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_absent(r, ctx);
    }

    json = cJSON_CreateObject();
    ports = ngx_http_sandbox_ports_json(r, &ctx->node->sn.str);

    if (json == NULL || ports == NULL
        || !cJSON_AddItemToObject(json, "ports", ports))
    {
        cJSON_Delete(ports);
        cJSON_Delete(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_send_json(r, NGX_HTTP_OK, json);
}


static ngx_int_t
ngx_http_sandbox_ports_show(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    cJSON           *json;
    sandbox_port_t   policy;

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        break;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_absent(r, ctx);
    }

    if (sandbox_store_port_read(ngx_http_sandbox_worker->store,
                                (char *) ctx->node->id, ctx->port, &policy)
        == -1)
    {
        if (ngx_errno == NGX_ENOENT) {
            ngx_http_sandbox_fail_unexposed(ctx);
            return ngx_http_sandbox_send_failure(r, &ctx->failure);
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "port %ui of sandbox \"%s\" cannot be read",
                      (ngx_uint_t) ctx->port, ctx->node->id);

        return ngx_http_sandbox_send_internal(r, ctx);
    }

    json = ngx_http_sandbox_port_json(r, &ctx->node->sn.str, &policy);

    if (json && cJSON_AddStringToObject(json, "status", "active") == NULL) {
        cJSON_Delete(json);
        json = NULL;
    }

    return ngx_http_sandbox_send_json(r, NGX_HTTP_OK, json);
}


static ngx_int_t
ngx_http_sandbox_ports_delete(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_expose_t  *e;

    ctx = ngx_http_sandbox_get_ctx(r);

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        break;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_absent(r, ctx);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    e = ngx_http_sandbox_expose_create(r);
    if (e == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    e->remove = 1;
    e->port = ctx->port;

    return ngx_http_sandbox_expose(e);
}


static ngx_int_t
ngx_http_sandbox_ports_body(ngx_http_request_t *r, cJSON *json)
{
    u_char                         domains[256];
    in_port_t                      port;
    const char                    *token, *name, *host;
    sandbox_port_t                 policy;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_http_sandbox_expose_t     *e;
    ngx_http_sandbox_main_conf_t  *smcf;

    ctx = ngx_http_sandbox_get_ctx(r);
    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    if (ngx_http_sandbox_ports_number(json, &port) != NGX_OK
        || (port == 0 && ctx->port == 0))
    {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "INVALID_PORT",
                              "\"port\" must be a number from %d to %d.",
                              SANDBOX_PORT_MIN, SANDBOX_PORT_MAX);
        goto failed;
    }

    if (port && ctx->port && port != ctx->port) {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "INVALID_PORT",
                              "The body names port %ui and the path port "
                              "%ui: name one, or the same.",
                              (ngx_uint_t) port, (ngx_uint_t) ctx->port);
        goto failed;
    }

    if (port) {
        ctx->port = port;
    }

    if (ngx_http_sandbox_json_string(json, "token", SANDBOX_TOKEN_MAX,
                                     &token)
        != NGX_OK
        || (token && !sandbox_token_valid(token, ngx_strlen(token))))
    {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "invalid_request",
                              "\"token\" must be a string of 1 to %d of the "
                              "characters a-z 0-9 and _; leave it out, and "
                              "one is issued.", SANDBOX_TOKEN_MAX);
        goto failed;
    }

    if (ngx_http_sandbox_json_string(json, "name", SANDBOX_NAME_MAX, &name)
        != NGX_OK)
    {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "invalid_request",
                              "\"name\" must be a string of at most %d bytes "
                              "without control characters.",
                              SANDBOX_NAME_MAX);
        goto failed;
    }

    if (smcf->previews.nelts == 0) {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                              "INTERNAL_ERROR",
                              "nginx has no address for previews: its "
                              "administrator has to set "
                              "sandbox_preview_url.");
        goto failed;
    }

    e = ngx_http_sandbox_expose_create(r);
    if (e == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_json_string(json, "hostname", 255, &host) != NGX_OK
        || (host
            && (e->preview = ngx_http_sandbox_ports_domain(smcf, host))
               == NULL))
    {
        ngx_http_sandbox_ports_domains(smcf, domains, sizeof(domains));

        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "CUSTOM_DOMAIN_REQUIRED",
                              "\"hostname\" must be a domain that previews "
                              "are served below: %s. Leave it out for the "
                              "first.", domains);
        goto failed;
    }

    /* checked before anything is made for it */

    ngx_memzero(&policy, sizeof(sandbox_port_t));

    if (ngx_http_sandbox_policy_wake(json, &policy, &ctx->failure) != NGX_OK) {
        goto failed;
    }

    e->fields = json ? cJSON_Duplicate(json, 1) : NULL;

    e->port = ctx->port;

    if (token) {
        (void) ngx_cpystrn((u_char *) e->token, (u_char *) token,
                           sizeof(e->token));
    }

    if (name || (json && cJSON_HasObjectItem(json, "name"))) {
        e->named = 1;
        (void) ngx_cpystrn((u_char *) e->name,
                           (u_char *) (name ? name : ""), sizeof(e->name));
    }

    return ngx_http_sandbox_expose(e);

failed:

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
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


/* "*.host", "host" or either with the port of sandbox_preview_url */

static ngx_http_sandbox_preview_t *
ngx_http_sandbox_ports_domain(ngx_http_sandbox_main_conf_t *smcf,
    const char *name)
{
    size_t                       len, host;
    ngx_uint_t                   i;
    ngx_http_sandbox_preview_t  *p;

    if (name[0] == '*' && name[1] == '.') {
        name += 2;
    }

    len = ngx_strlen(name);
    p = smcf->previews.elts;

    for (i = 0; i < smcf->previews.nelts; i++) {

        host = p[i].host.len;

        if (len < host
            || ngx_strncasecmp((u_char *) name, p[i].host.data, host) != 0)
        {
            continue;
        }

        if (len == host
            || (len - host == p[i].port.len
                && ngx_memcmp(name + host, p[i].port.data, len - host) == 0))
        {
            return &p[i];
        }
    }

    return NULL;
}


static void
ngx_http_sandbox_ports_domains(ngx_http_sandbox_main_conf_t *smcf,
    u_char *buf, size_t size)
{
    u_char                      *p, *last;
    ngx_uint_t                   i;
    ngx_http_sandbox_preview_t  *preview;

    p = buf;
    last = buf + size - 1;
    preview = smcf->previews.elts;

    for (i = 0; i < smcf->previews.nelts; i++) {
        p = ngx_slprintf(p, last, "%s%V%V", i ? ", " : "", &preview[i].host,
                         &preview[i].port);
    }

    *p = '\0';
}


ngx_http_sandbox_preview_t *
ngx_http_sandbox_ports_preview(ngx_http_sandbox_main_conf_t *smcf,
    const char *host)
{
    size_t                       len;
    ngx_uint_t                   i;
    ngx_http_sandbox_preview_t  *p;

    p = smcf->previews.elts;
    len = ngx_strlen(host);

    for (i = 0; i < smcf->previews.nelts; i++) {
        if (p[i].host.len == len
            && ngx_memcmp(p[i].host.data, host, len) == 0)
        {
            return &p[i];
        }
    }

    return NULL;
}


cJSON *
ngx_http_sandbox_port_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy)
{
    char                           label[SANDBOX_LABEL_MAX + 16];
    char                           host[512], url[600];
    cJSON                         *json;
    ngx_http_sandbox_preview_t    *p;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    json = cJSON_CreateObject();
    if (json == NULL) {
        return NULL;
    }

    (void) ngx_snprintf((u_char *) label, sizeof(label), "%ui-%V-%s%Z",
                        (ngx_uint_t) policy->port, id, policy->token);

    /* a domain that the configuration has lost leads nowhere */

    p = ngx_http_sandbox_ports_preview(smcf, policy->host);

    if (p) {
        (void) ngx_snprintf((u_char *) host, sizeof(host), "%s.%V%Z", label,
                            &p->host);
        (void) ngx_snprintf((u_char *) url, sizeof(url), "%V://%s%V/%Z",
                            &p->scheme, host, &p->port);

        if (cJSON_AddStringToObject(json, "url", url) == NULL
            || cJSON_AddStringToObject(json, "hostname", host) == NULL)
        {
            goto failed;
        }

    } else if (cJSON_AddNullToObject(json, "url") == NULL
               || cJSON_AddNullToObject(json, "hostname") == NULL)
    {
        goto failed;
    }

    if (cJSON_AddNumberToObject(json, "port", policy->port) == NULL
        || cJSON_AddStringToObject(json, "name", policy->name) == NULL
        || cJSON_AddStringToObject(json, "token", policy->token) == NULL
        || ngx_http_sandbox_policy_wake_json(json, policy) != NGX_OK)
    {
        goto failed;
    }

    return json;

failed:

    cJSON_Delete(json);

    return NULL;
}


cJSON *
ngx_http_sandbox_ports_json(ngx_http_request_t *r, ngx_str_t *id)
{
    char              name[SANDBOX_ID_MAX + 1];
    cJSON            *list, *item;
    ssize_t           i, n;
    uint16_t          ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    sandbox_port_t    policy;
    sandbox_store_t  *store;

    store = ngx_http_sandbox_worker->store;

    (void) ngx_snprintf((u_char *) name, sizeof(name), "%V%Z", id);

    n = sandbox_store_ports(store, name, ports, NGX_HTTP_SANDBOX_PORTS_MAX);

    if (n == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "ports of sandbox \"%s\" cannot be read", name);
        return NULL;
    }

    list = cJSON_CreateArray();
    if (list == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {

        if (sandbox_store_port_read(store, name, ports[i], &policy) == -1) {

            /* unexposed since, or damaged, which previews log */

            continue;
        }

        item = ngx_http_sandbox_port_json(r, id, &policy);

        if (item == NULL
            || cJSON_AddStringToObject(item, "status", "active") == NULL
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
ngx_http_sandbox_fail_unexposed(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_NOT_FOUND,
                          "PORT_NOT_EXPOSED",
                          "Port %ui of this sandbox is not exposed.",
                          (ngx_uint_t) ctx->port);
}
