
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_mask.h"
#include "core/ngx_http_sandbox_header.h"
#include "module/ngx_http_sandbox_log_mask.h"


/*
 * The error log handler: appends the same as nginx's own handler, with tokens
 * of preview hosts and values of key arguments masked.
 */


static void ngx_http_sandbox_log_mask_connection(ngx_connection_t *c);
static u_char *ngx_http_sandbox_log_error(ngx_log_t *log, u_char *buf,
    size_t len);
static u_char *ngx_http_sandbox_log_handler(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static u_char *ngx_http_sandbox_log_text(u_char *p, u_char *last,
    const char *name, ngx_str_t *text, ngx_uint_t host);


/*
 * A request whose headers are rejected never reaches a phase: its lines are
 * logged by the connection, whose handler is set when it is accepted.
 */

ngx_int_t
ngx_http_sandbox_log_mask_init(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    ngx_listening_t  *ls;

    ls = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts; i++) {
        if (ls[i].handler == ngx_http_init_connection) {
            ls[i].handler = ngx_http_sandbox_log_mask_connection;
        }
    }

    return NGX_OK;
}


static void
ngx_http_sandbox_log_mask_connection(ngx_connection_t *c)
{
    /* with "deferred", a request may be completed within the call */

    if (c->read->ready) {
        ngx_http_init_connection(c);
        return;
    }

    ngx_http_init_connection(c);

    if (!c->destroyed) {
        c->log->handler = ngx_http_sandbox_log_error;
    }
}


static u_char *
ngx_http_sandbox_log_error(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p, *last;
    ngx_http_request_t  *r;
    ngx_http_log_ctx_t  *ctx;

    p = buf;
    last = buf + len;

    if (log->action) {
        p = ngx_slprintf(p, last, " while %s", log->action);
    }

    ctx = log->data;

    p = ngx_slprintf(p, last, ", client: %V", &ctx->connection->addr_text);

    r = ctx->request;

    if (r) {
        return ngx_http_sandbox_log_handler(r, ctx->current_request, p,
                                            last - p);
    }

    return ngx_slprintf(p, last, ", server: %V",
                        &ctx->connection->listening->addr_text);
}


ngx_int_t
ngx_http_sandbox_log_mask_handler(ngx_http_request_t *r)
{
    /* that of the main request, shared by subrequests */

    r->log_handler = ngx_http_sandbox_log_handler;

    return NGX_DECLINED;
}


static u_char *
ngx_http_sandbox_log_handler(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                    *p, *last;
    const char                *separator;
    ngx_str_t                  line, host;
    ngx_http_upstream_t       *u;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    last = buf + len;

    p = ngx_slprintf(buf, last, ", server: %V", &cscf->server_name);

    line = r->request_line;

    if (line.data == NULL && r->request_start) {
        line.data = r->request_start;

        while (line.data + line.len < r->header_in->last
               && line.data[line.len] != CR && line.data[line.len] != LF)
        {
            line.len++;
        }
    }

    if (line.len) {
        p = ngx_http_sandbox_log_text(p, last, "request", &line, 0);
    }

    if (r != sr) {
        p = ngx_http_sandbox_log_text(p, last, "subrequest", &sr->uri, 0);
    }

    u = sr->upstream;

    if (u && u->peer.name) {

        separator = "";

#if (NGX_HAVE_UNIX_DOMAIN)
        if (u->peer.sockaddr && u->peer.sockaddr->sa_family == AF_UNIX) {
            separator = ":";
        }
#endif

        p = ngx_slprintf(p, last, ", upstream: \"%V%V%s", &u->schema,
                         u->peer.name, separator);

        p += sandbox_mask_url((char *) u->uri.data, u->uri.len, (char *) p,
                              last - p);

        p = ngx_slprintf(p, last, "\"");
    }

    if (ngx_http_sandbox_header_host(r, &host)) {
        p = ngx_http_sandbox_log_text(p, last, "host", &host, 1);
    }

    if (r->headers_in.referer) {
        p = ngx_http_sandbox_log_text(p, last, "referrer",
                                      &r->headers_in.referer->value, 0);
    }

    return p;
}


static u_char *
ngx_http_sandbox_log_text(u_char *p, u_char *last, const char *name,
    ngx_str_t *text, ngx_uint_t host)
{
    p = ngx_slprintf(p, last, ", %s: \"", name);

    if (host) {
        p += sandbox_mask_host((char *) text->data, text->len, (char *) p,
                               last - p);

    } else {
        p += sandbox_mask_url((char *) text->data, text->len, (char *) p,
                              last - p);
    }

    return ngx_slprintf(p, last, "\"");
}
