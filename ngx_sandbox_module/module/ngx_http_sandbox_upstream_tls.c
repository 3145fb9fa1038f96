
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "module/ngx_http_sandbox_upstream_tls.h"


/*
 * TLS to an app, through the relay, which only copies bytes.  The location's
 * proxy_pass is http: requests to ports with the scheme "https" get a copy of
 * its upstream configuration with a context of ours.
 *
 * The certificate is not verified, since the socket leads to this sandbox and
 * no other.  Sessions are not resumed: a ticket and the certificates in it
 * would be kept for each port in each worker.
 */


#if (NGX_HTTP_SSL)


/*
 * The peer is hostile, and a handshake blocks the worker.  Finite field groups
 * of the peer's choice would take it a second.
 */

#define NGX_HTTP_SANDBOX_TLS_CIPHERS  "DEFAULT:!kDHE:!aNULL:!PSK:!SRP"
#define NGX_HTTP_SANDBOX_TLS_CURVES   "X25519:prime256v1:secp384r1"


static int ngx_http_sandbox_upstream_tls_verify(X509_STORE_CTX *store,
    void *data);


ngx_int_t
ngx_http_sandbox_upstream_tls_init(ngx_conf_t *cf)
{
    ngx_str_t                      ciphers, curves;
    ngx_ssl_t                     *ssl;
    ngx_pool_cleanup_t            *cln;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1|NGX_SSL_TLSv1_1|NGX_SSL_TLSv1_2
                            |NGX_SSL_TLSv1_3,
                       NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    ngx_str_set(&ciphers, NGX_HTTP_SANDBOX_TLS_CIPHERS);
    ngx_str_set(&curves, NGX_HTTP_SANDBOX_TLS_CURVES);

    if (ngx_ssl_ciphers(cf, ssl, &ciphers, 0) != NGX_OK
        || ngx_ssl_ecdh_curve(cf, ssl, &curves) != NGX_OK
        || ngx_ssl_client_session_cache(cf, ssl, 0) != NGX_OK)
    {
        return NGX_ERROR;
    }

#ifdef SSL_OP_NO_RENEGOTIATION
    SSL_CTX_set_options(ssl->ctx, SSL_OP_NO_RENEGOTIATION);
#endif

    SSL_CTX_set_cert_verify_callback(ssl->ctx,
                                     ngx_http_sandbox_upstream_tls_verify,
                                     NULL);

    smcf->tls = ssl;

    return NGX_OK;
}


/* do not even look at the chain, which may take long to verify */

static int
ngx_http_sandbox_upstream_tls_verify(X509_STORE_CTX *store, void *data)
{
    return 1;
}


ngx_int_t
ngx_http_sandbox_upstream_tls(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_upstream_t           *u;
    ngx_http_upstream_conf_t      *conf;
    ngx_http_sandbox_main_conf_t  *smcf;

    u = r->upstream;

    if (!ctx->tls) {
        u->ssl = 0;
        return NGX_OK;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    conf = ngx_palloc(r->pool, sizeof(ngx_http_upstream_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    *conf = *u->conf;

    conf->ssl = smcf->tls;
    conf->ssl_name = NULL;
    conf->ssl_server_name = 1;
    conf->ssl_verify = 0;
    conf->ssl_session_reuse = 0;
    conf->ssl_certificate = NULL;

    u->conf = conf;
    u->ssl = 1;

    ngx_str_set(&u->schema, "https://");

    /* nginx removes a port */

    if (ctx->app_host == SANDBOX_HOST_PUBLIC) {
        u->ssl_name = ctx->public_host;

    } else {
        ngx_str_set(&u->ssl_name, "localhost");
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_sandbox_upstream_tls_failed(ngx_connection_t *c)
{
    return c && c->ssl && !c->ssl->handshaked;
}


#else


ngx_int_t
ngx_http_sandbox_upstream_tls_init(ngx_conf_t *cf)
{
    return NGX_OK;
}


/* another build may have written the policy */

ngx_int_t
ngx_http_sandbox_upstream_tls(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    if (ctx->tls) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the scheme of port %ui is \"https\", which requires "
                      "nginx with http_ssl_module", (ngx_uint_t) ctx->port);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_sandbox_upstream_tls_failed(ngx_connection_t *c)
{
    return 0;
}


#endif
