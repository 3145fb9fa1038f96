
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_header.h"
#include "preview/ngx_http_sandbox_preview_host.h"


/*
 * Host and scheme of a preview as seen by the browser.  Forwarded headers of a
 * proxy are honoured only if set_real_ip_from lists it.
 */


/* a host name or address, with a port or without */
#define ngx_http_sandbox_preview_host_valid(host)                             \
    sandbox_name_chars((char *) (host)->data, (host)->len, 1, 261, "._-:[]")


static ngx_uint_t ngx_http_sandbox_preview_host_trusted(ngx_http_request_t *r);


ngx_int_t
ngx_http_sandbox_preview_host_init(ngx_conf_t *cf)
{
    ngx_str_t                      name;
    ngx_uint_t                     i;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    for (i = 0; cf->cycle->modules[i]; i++) {

        if (ngx_strcmp(cf->cycle->modules[i]->name, "ngx_http_realip_module")
            != 0)
        {
            continue;
        }

        ngx_str_set(&name, "realip_remote_addr");

        smcf->realip = cf->cycle->modules[i];
        smcf->realip_index = ngx_http_get_variable_index(cf, &name);

        if (smcf->realip_index == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_preview_host(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_str_t         host;
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    /* nginx accepts nearly anything as the port after a name */

    if (ngx_http_sandbox_header_host(r, &host)
        && ngx_http_sandbox_preview_host_valid(&host))
    {
        ctx->public_host = host;

    } else {
        ctx->public_host = r->headers_in.server;
    }

    ngx_str_set(&ctx->public_proto, "http");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&ctx->public_proto, "https");
    }
#endif

    if (!ngx_http_sandbox_preview_host_trusted(r)) {
        return NGX_OK;
    }

    h = ngx_http_sandbox_header_in(r, "X-Forwarded-Host", &n);

    if (n == 1 && ngx_http_sandbox_preview_host_valid(&h->value)) {
        ctx->public_host = h->value;
    }

    h = ngx_http_sandbox_header_in(r, "X-Forwarded-Proto", &n);

    if (n == 1 && h->value.len == 5
        && ngx_strncasecmp(h->value.data, (u_char *) "https", 5) == 0)
    {
        ngx_str_set(&ctx->public_proto, "https");

    } else if (n == 1 && h->value.len == 4
               && ngx_strncasecmp(h->value.data, (u_char *) "http", 4) == 0)
    {
        ngx_str_set(&ctx->public_proto, "http");
    }

    return NGX_OK;
}


/* the list is the first member of that module's configuration */

static ngx_uint_t
ngx_http_sandbox_preview_host_trusted(ngx_http_request_t *r)
{
    ngx_addr_t                     addr;
    ngx_array_t                  **from;
    struct sockaddr_un             sun;
    ngx_http_variable_value_t     *v;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    if (smcf->realip == NULL) {
        return 0;
    }

    from = r->loc_conf[smcf->realip->ctx_index];

    if (*from == NULL) {
        return 0;
    }

    /* the connection has the client's address now, if one was forwarded */

    v = ngx_http_get_indexed_variable(r, smcf->realip_index);

    if (v == NULL || v->not_found || v->len == 0) {
        return 0;
    }

    if (v->len == 5 && ngx_strncmp(v->data, "unix:", 5) == 0) {
        ngx_memzero(&sun, sizeof(struct sockaddr_un));
        sun.sun_family = AF_UNIX;

        return ngx_cidr_match((struct sockaddr *) &sun, *from) == NGX_OK;
    }

    if (ngx_parse_addr(r->pool, &addr, v->data, v->len) != NGX_OK) {
        return 0;
    }

    return ngx_cidr_match(addr.sockaddr, *from) == NGX_OK;
}
