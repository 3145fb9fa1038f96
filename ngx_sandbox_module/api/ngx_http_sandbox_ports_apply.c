
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_json.h"
#include "lib/sandbox_policy_settings.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_commands.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "preview/ngx_http_sandbox_preview_revoke.h"
#include "api/ngx_http_sandbox_ports_apply.h"
#include "api/ngx_http_sandbox_ports_json.h"
#include "api/ngx_http_sandbox_ports_update.h"

#include <cjson/cJSON.h>


/*
 * Applies a change to a port policy.  From then on, requests that are no
 * longer allowed are refused by every worker.  Connections already open are
 * closed by the agent if all of them are affected, otherwise by
 * preview_revoke.c.
 */


static void ngx_http_sandbox_ports_apply_fault(ngx_http_sandbox_ctx_t *ctx,
    sandbox_policy_fault_t *fault);
static ngx_int_t ngx_http_sandbox_ports_apply_merge(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy,
    ngx_uint_t known);
static ngx_int_t ngx_http_sandbox_ports_apply_domain(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy,
    ngx_uint_t known);
static ngx_int_t ngx_http_sandbox_ports_apply_secrets(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy);
static ngx_int_t ngx_http_sandbox_ports_apply_check(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy,
    ngx_uint_t known);
static ngx_int_t ngx_http_sandbox_ports_apply_add_link(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy);
static ngx_int_t ngx_http_sandbox_ports_apply_unlink(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy);
static ngx_uint_t ngx_http_sandbox_ports_apply_cuts(sandbox_policy_t *old,
    sandbox_policy_t *policy);
static void ngx_http_sandbox_ports_apply_answer(
    ngx_http_sandbox_ports_update_t *e, sandbox_policy_t *policy);


ngx_int_t
ngx_http_sandbox_ports_apply(ngx_http_sandbox_ports_update_t *e)
{
    char                    *id;
    ngx_int_t                rc;
    ngx_uint_t               known, cuts;
    sandbox_policy_t         policy, old;
    sandbox_store_t         *store;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = e->ctx;
    id = (char *) ctx->node->id;
    store = ngx_http_sandbox_worker->store;

    known = 1;
    cuts = 0;

    if (sandbox_store_port_read(store, id, e->port, &old) == -1) {

        known = 0;

        if (ngx_errno == NGX_ENOENT && e->op != NGX_HTTP_SANDBOX_PORTS_EXPOSE) {
            ngx_http_sandbox_ports_json_unexposed(ctx);
            return NGX_DECLINED;
        }

        /*
         * replace a damaged policy, and close all connections as if the token
         * had changed
         */

        if (ngx_errno == EBADMSG && e->op == NGX_HTTP_SANDBOX_PORTS_EXPOSE) {
            cuts = 1;

        } else if (ngx_errno != NGX_ENOENT) {
            return ngx_http_sandbox_ports_update_failed(e, e->port, "read");
        }

        ngx_memzero(&old, sizeof(sandbox_policy_t));
    }

    policy = old;
    policy.port = e->port;
    ngx_memcpy(policy.run, ctx->node->spec.run, sizeof(policy.run));

    switch (e->op) {

    case NGX_HTTP_SANDBOX_PORTS_LINK:
        rc = ngx_http_sandbox_ports_apply_add_link(e, &policy);
        break;

    case NGX_HTTP_SANDBOX_PORTS_UNLINK:
        rc = ngx_http_sandbox_ports_apply_unlink(e, &policy);
        break;

    default:
        rc = ngx_http_sandbox_ports_apply_merge(e, &policy, known);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    cuts = cuts || (known && ngx_http_sandbox_ports_apply_cuts(&old, &policy));

    /*
     * Connections made with the old URL are closed before the write as well:
     * if the worker died after the write, repeating the call would not close
     * them.
     */

    if (cuts) {
        ngx_http_sandbox_tether_send_unlisten(ctx->node, e->port);
    }

    if (sandbox_store_port_write(store, id, &policy) == -1) {

        if (ngx_errno == NGX_ENOENT) {
            return ngx_http_sandbox_error_refuse_absent(e->request, ctx);
        }

        return ngx_http_sandbox_ports_update_failed(e, e->port, "written");
    }

    sandbox_fault("expose.written");

    if (cuts) {
        ngx_http_sandbox_tether_send_unlisten(ctx->node, e->port);
    }

    ngx_http_sandbox_preview_revoke_soon();

    /* also restarts a command that has exited */

    if (ngx_http_sandbox_port_commands_changed(e->body, &old, &policy)) {
        ngx_http_sandbox_port_commands_tell(ctx->node, e->port, policy.command,
                                            policy.cwd);
    }

    ngx_http_sandbox_ports_apply_answer(e, &policy);

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_ports_apply_policy(ngx_http_sandbox_ctx_t *ctx,
    sandbox_policy_t *policy, cJSON *body)
{
    sandbox_policy_fault_t  fault;

    if (sandbox_policy_json_merge(policy, body, ngx_http_sandbox_clock_late(),
                                  &fault)
        == 0)
    {
#if !(NGX_HTTP_SSL)
        if (policy->scheme == SANDBOX_SCHEME_HTTPS) {
            ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                       "invalid_request",
                                       "\"scheme\" cannot be \"https\": this "
                                       "nginx was built without "
                                       "http_ssl_module.");
            return NGX_DECLINED;
        }
#endif

        return NGX_OK;
    }

    ngx_http_sandbox_ports_apply_fault(ctx, &fault);

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sandbox_ports_apply_link(ngx_http_sandbox_ctx_t *ctx,
    sandbox_link_t *link, cJSON *body)
{
    sandbox_policy_fault_t  fault;

    if (sandbox_policy_json_merge_link(link, body,
                                       ngx_http_sandbox_clock_late(),
                                       &fault)
        == 0)
    {
        return NGX_OK;
    }

    ngx_http_sandbox_ports_apply_fault(ctx, &fault);

    return NGX_DECLINED;
}


static void
ngx_http_sandbox_ports_apply_fault(ngx_http_sandbox_ctx_t *ctx,
    sandbox_policy_fault_t *fault)
{
    if (fault->too_large) {
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "payload_too_large", "%s", fault->text);
        return;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                               "invalid_request", "%s", fault->text);
}


static ngx_int_t
ngx_http_sandbox_ports_apply_merge(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy, ngx_uint_t known)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_ports_apply_policy(e->ctx, policy, e->body);

    if (rc != NGX_OK) {
        return rc;
    }

    if (e->op == NGX_HTTP_SANDBOX_PORTS_EXPOSE) {
        policy->exposed_ms = ngx_http_sandbox_clock_now();
    }

    if (ngx_http_sandbox_ports_apply_secrets(e, policy) != NGX_OK) {
        return ngx_http_sandbox_ports_update_failed(e, e->port,
                                                    "issued a token or key");
    }

    rc = ngx_http_sandbox_ports_apply_domain(e, policy, known);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_sandbox_ports_apply_check(e, policy, known);
}


/* the API location's defaults stand in for the preview location's */

static ngx_int_t
ngx_http_sandbox_ports_apply_secrets(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy)
{
    sandbox_policy_settings_t     set;
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(e->request, ngx_http_sandbox_module);

    if (policy->token[0] == '\0' && sandbox_name_token_random(policy->token)
        == -1)
    {
        return NGX_ERROR;
    }

    sandbox_policy_settings(policy, &slcf->defaults, &set);

    if (set.access == SANDBOX_ACCESS_KEY && policy->key[0] == '\0'
        && sandbox_name_random(policy->key) == -1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_ports_apply_domain(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy, ngx_uint_t known)
{
    ngx_http_sandbox_preview_domain_t  *preview;
    ngx_http_sandbox_main_conf_t       *smcf;

    smcf = ngx_http_get_module_main_conf(e->request, ngx_http_sandbox_module);

    if (e->preview == NULL && known
        && ngx_http_sandbox_preview_domain_find(smcf, policy->host,
                                                ngx_strlen(policy->host)))
    {
        return NGX_OK;
    }

    preview = e->preview ? e->preview : smcf->previews.elts;

    if (preview->host.len >= sizeof(policy->host)) {
        ngx_set_errno(NGX_ENAMETOOLONG);
        return ngx_http_sandbox_ports_update_failed(e, e->port, "written");
    }

    (void) ngx_snprintf((u_char *) policy->host, sizeof(policy->host),
                        "%V%Z", &preview->host);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_ports_apply_check(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy, ngx_uint_t known)
{
    char                    *id;
    cJSON                   *token;
    ssize_t                  i, n;
    uint16_t                 ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    ngx_int_t                rc;
    sandbox_policy_t         other;
    sandbox_store_t         *store;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = e->ctx;
    id = (char *) ctx->node->id;
    store = ngx_http_sandbox_worker->store;

    token = e->body ? cJSON_GetObjectItemCaseSensitive(e->body, "token")
                    : NULL;

    if (sandbox_policy_link_of(policy, policy->token,
                               ngx_strlen(policy->token)))
    {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "A link of this port already uses this "
                                   "token. Choose another, or omit \"token\" "
                                   "to have one generated.");
        return NGX_DECLINED;
    }

    rc = ngx_http_sandbox_port_commands_check(ctx, policy);

    if (rc != NGX_OK) {
        return rc;
    }

    /* generated tokens are unique: check only a token chosen by the caller */

    if (known && !cJSON_IsString(token)) {
        return NGX_OK;
    }

    n = sandbox_store_port_list(store, id, ports, NGX_HTTP_SANDBOX_PORTS_MAX);

    if (n == -1) {

        /* the sandbox has just been destroyed */

        if (ngx_errno == NGX_ENOENT) {
            return ngx_http_sandbox_error_refuse_absent(e->request, ctx);
        }

        return ngx_http_sandbox_ports_update_failed(e, e->port, "read");
    }

    if (!known && n == NGX_HTTP_SANDBOX_PORTS_MAX) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_CONFLICT,
                                   "PORT_LIMIT_REACHED",
                                   "A sandbox may have at most %d exposed "
                                   "ports. Unexpose a port first.",
                                   NGX_HTTP_SANDBOX_PORTS_MAX);
        return NGX_DECLINED;
    }

    for (i = 0; cJSON_IsString(token) && i < n; i++) {

        if (ports[i] == e->port
            || sandbox_store_port_read(store, id, ports[i], &other) == -1
            || !sandbox_name_equal(other.token, ngx_strlen(other.token),
                                   policy->token, ngx_strlen(policy->token)))
        {
            continue;
        }

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "Port %ui of this sandbox already uses "
                                   "this token. Choose another, or omit "
                                   "\"token\" to have one generated.",
                                   (ngx_uint_t) ports[i]);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_ports_apply_add_link(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy)
{
    sandbox_link_t           link;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = e->ctx;

    /* was validated before locking: fails only if the time has passed */

    if (ngx_http_sandbox_ports_apply_link(ctx, &link, e->body) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (sandbox_policy_link_named(policy, link.name)) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_CONFLICT,
                                   "LINK_ALREADY_EXISTS",
                                   "Port %ui already has a link with this "
                                   "name. Choose another name, or delete that "
                                   "link first.",
                                   (ngx_uint_t) e->port);
        return NGX_DECLINED;
    }

    if (policy->nlinks == SANDBOX_LINKS_MAX) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_CONFLICT,
                                   "LINK_LIMIT_REACHED",
                                   "A port may have at most %d additional "
                                   "links. Delete a link first.",
                                   SANDBOX_LINKS_MAX);
        return NGX_DECLINED;
    }

    if (link.token[0] == '\0') {

        if (sandbox_name_token_random(link.token) == -1) {
            return ngx_http_sandbox_ports_update_failed(e, e->port,
                                                        "issued a token or "
                                                        "key");
        }

    } else if (sandbox_name_equal(policy->token, ngx_strlen(policy->token),
                                  link.token, ngx_strlen(link.token))

               || sandbox_policy_link_of(policy, link.token,
                                         ngx_strlen(link.token)))
    {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "Port %ui already uses this token. Choose "
                                   "another, or omit \"token\" to have one "
                                   "generated.", (ngx_uint_t) e->port);
        return NGX_DECLINED;
    }

    ngx_memcpy(e->link, link.name, sizeof(e->link));
    policy->links[policy->nlinks++] = link;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_ports_apply_unlink(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy)
{
    sandbox_link_t  *link, *last;

    link = sandbox_policy_link_named(policy, e->link);

    if (link == NULL) {
        ngx_http_sandbox_error_set(&e->ctx->failure, NGX_HTTP_NOT_FOUND,
                                   "LINK_NOT_FOUND",
                                   "Port %ui has no link with this name.",
                                   (ngx_uint_t) e->port);
        return NGX_DECLINED;
    }

    last = &policy->links[--policy->nlinks];

    ngx_memmove(link, link + 1, (u_char *) last - (u_char *) link);
    ngx_memzero(last, sizeof(sandbox_link_t));

    return NGX_OK;
}


/*
 * 1 if open connections must be closed: the URL, the key or the access changed
 */

static ngx_uint_t
ngx_http_sandbox_ports_apply_cuts(sandbox_policy_t *old,
    sandbox_policy_t *policy)
{
    return ngx_strcmp(old->token, policy->token) != 0
           || ngx_strcmp(old->host, policy->host) != 0
           || ngx_strcmp(old->key, policy->key) != 0
           || (old->access != policy->access
               && policy->access != SANDBOX_ACCESS_PUBLIC);
}


static void
ngx_http_sandbox_ports_apply_answer(ngx_http_sandbox_ports_update_t *e,
    sandbox_policy_t *policy)
{
    ngx_str_t              *id;
    sandbox_json_writer_t   w;

    id = &e->ctx->node->sn.str;

    sandbox_json_writer_start(&w);

    switch (e->op) {

    case NGX_HTTP_SANDBOX_PORTS_UNLINK:
        sandbox_json_writer_bool(&w, "success", 1);
        break;

    case NGX_HTTP_SANDBOX_PORTS_LINK:
        ngx_http_sandbox_ports_json_link(e->request, &w, id, policy,
                                  sandbox_policy_link_named(policy, e->link));
        sandbox_json_writer_bool(&w, "success", 1);
        break;

    case NGX_HTTP_SANDBOX_PORTS_CHANGE:
        ngx_http_sandbox_ports_json_port(e->request, &w, id, policy, 1);
        sandbox_json_writer_string(&w, "status",
                                   ngx_http_sandbox_ports_json_status(policy));
        break;

    default: /* NGX_HTTP_SANDBOX_PORTS_EXPOSE */

        if (e->tunnel) {
            ngx_http_sandbox_ports_json_tunnel(e->request, &w, id, policy);
            break;
        }

        ngx_http_sandbox_ports_json_port(e->request, &w, id, policy, 1);
        sandbox_json_writer_bool(&w, "success", 1);
        sandbox_json_writer_time(&w, "timestamp", policy->exposed_ms);
    }

    e->json = sandbox_json_writer_finish(&w);
}
