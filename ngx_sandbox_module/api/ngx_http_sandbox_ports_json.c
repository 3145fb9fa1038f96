
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_json.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "api/ngx_http_sandbox_ports_json.h"


/* JSON of exposed ports and links in API responses */


static void ngx_http_sandbox_ports_json_url(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy,
    const char *token);


void
ngx_http_sandbox_ports_json_port(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy,
    ngx_uint_t whole)
{
    ngx_http_sandbox_ports_json_url(r, w, id, policy, policy->token);

    sandbox_json_writer_number(w, "port", policy->port);
    sandbox_json_writer_string(w, "name", policy->name);
    sandbox_json_writer_string(w, "token", policy->token);

    if (whole) {
        sandbox_policy_json_write(w, policy);
        ngx_http_sandbox_ports_json_links(r, w, id, policy);
    }
}


void
ngx_http_sandbox_ports_json_tunnel(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy)
{
    char  tunnel[SANDBOX_ID_MAX + 8];

    (void) ngx_snprintf((u_char *) tunnel, sizeof(tunnel), "%V-%ui%Z", id,
                        (ngx_uint_t) policy->port);

    sandbox_json_writer_string(w, "id", tunnel);
    sandbox_json_writer_number(w, "port", policy->port);
    ngx_http_sandbox_ports_json_url(r, w, id, policy, policy->token);
    sandbox_json_writer_time(w, "createdAt", policy->exposed_ms);

    if (policy->name[0]) {
        sandbox_json_writer_string(w, "name", policy->name);
    }
}


/* no URL if the domain is no longer configured */

static void
ngx_http_sandbox_ports_json_url(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy,
    const char *token)
{
    char                                host[512], url[600];
    ngx_http_sandbox_preview_domain_t  *p;
    ngx_http_sandbox_main_conf_t       *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    p = ngx_http_sandbox_preview_domain_find(smcf, policy->host,
                                             ngx_strlen(policy->host));

    if (p == NULL) {
        sandbox_json_writer_null(w, "url");
        sandbox_json_writer_null(w, "hostname");
        return;
    }

    (void) ngx_snprintf((u_char *) host, sizeof(host), "%ui-%V-%s.%V%Z",
                        (ngx_uint_t) policy->port, id, token, &p->host);
    (void) ngx_snprintf((u_char *) url, sizeof(url), "%V://%s%V/%Z",
                        &p->scheme, host, &p->port);

    sandbox_json_writer_string(w, "url", url);
    sandbox_json_writer_string(w, "hostname", host);
}


const char *
ngx_http_sandbox_ports_json_status(sandbox_policy_t *policy)
{
    return (policy->expires_ms
            && policy->expires_ms <= ngx_http_sandbox_clock_late())
           ? "expired" : "active";
}


void
ngx_http_sandbox_ports_json_link(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy,
    sandbox_link_t *link)
{
    sandbox_json_writer_string(w, "name", link->name);
    ngx_http_sandbox_ports_json_url(r, w, id, policy, link->token);
    sandbox_json_writer_string(w, "token", link->token);

    if (link->expires_ms) {
        sandbox_json_writer_time(w, "expires", link->expires_ms);

    } else {
        sandbox_json_writer_null(w, "expires");
    }
}


void
ngx_http_sandbox_ports_json_links(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy)
{
    ngx_uint_t  i;

    sandbox_json_writer_array(w, "links");

    for (i = 0; i < policy->nlinks; i++) {
        sandbox_json_writer_object(w, NULL);
        ngx_http_sandbox_ports_json_link(r, w, id, policy, &policy->links[i]);
        sandbox_json_writer_close(w);
    }

    sandbox_json_writer_close(w);
}


void
ngx_http_sandbox_ports_json(ngx_http_request_t *r, sandbox_json_writer_t *w,
    ngx_str_t *id)
{
    char              name[SANDBOX_ID_MAX + 1];
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

        sandbox_json_writer_drop(w);
        return;
    }

    sandbox_json_writer_array(w, "ports");

    for (i = 0; i < n; i++) {

        if (sandbox_store_port_read(store, name, ports[i], &policy) == -1) {

            /* unexposed meanwhile, or damaged, which is logged by previews */

            continue;
        }

        sandbox_json_writer_object(w, NULL);
        ngx_http_sandbox_ports_json_port(r, w, id, &policy, 0);
        sandbox_json_writer_string(w, "status",
                                   ngx_http_sandbox_ports_json_status(&policy));
        sandbox_json_writer_close(w);
    }

    sandbox_json_writer_close(w);
}


void
ngx_http_sandbox_ports_json_unexposed(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_NOT_FOUND,
                               "PORT_NOT_EXPOSED",
                               "Port %ui of this sandbox is not exposed.",
                               (ngx_uint_t) ctx->port);
}
