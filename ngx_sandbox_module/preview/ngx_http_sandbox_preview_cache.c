
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_variable.h"
#include "preview/ngx_http_sandbox_preview_cache.h"


/*
 * proxy_cache of a preview location.  nginx's default key does not identify
 * the sandbox, and a key with the host would still serve responses of a
 * destroyed sandbox to visitors of a new one with the same id.  Therefore the
 * run of the sandbox is added to the key, whatever proxy_cache_key is.
 *
 * nginx evaluates the variable of the zone just before it creates the key: at
 * that point the function that creates the key is replaced.
 */


#if (NGX_HTTP_CACHE)


static ngx_int_t ngx_http_sandbox_cache_key(ngx_http_request_t *r);


char *
ngx_http_sandbox_preview_cache_conf(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf, ngx_http_upstream_conf_t *ucf)
{
    ngx_str_t                          name;
    ngx_http_complex_value_t          *cv;
    ngx_http_compile_complex_value_t   ccv;

    if (!ucf->cache) {
        return NGX_CONF_OK;
    }

    if (!conf->preview) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"proxy_cache\" is not allowed in a location with "
                           "\"sandbox_api\"");
        return NGX_CONF_ERROR;
    }

    if (ucf->ignore_headers & (NGX_HTTP_UPSTREAM_IGN_CACHE_CONTROL
                               |NGX_HTTP_UPSTREAM_IGN_SET_COOKIE
                               |NGX_HTTP_UPSTREAM_IGN_VARY))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"proxy_ignore_headers\" must not list "
                           "Cache-Control, Set-Cookie or Vary in a location "
                           "with \"sandbox_preview\" and \"proxy_cache\"");
        return NGX_CONF_ERROR;
    }

    cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&name, "$sandbox_cache");

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &name;
    ccv.complex_value = cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    conf->cache_zone = ucf->cache_zone;
    conf->cache_value = ucf->cache_value;

    ucf->cache_zone = NULL;
    ucf->cache_value = cv;

    return NGX_CONF_OK;
}


/* the name of the zone, or the value of its variable */

ngx_int_t
ngx_http_sandbox_preview_cache_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                     zone;
    ngx_http_upstream_t          *u;
    ngx_http_sandbox_ctx_t       *ctx;
    ngx_http_sandbox_loc_conf_t  *slcf;

    u = r->upstream;
    ctx = ngx_http_sandbox_ctx_get(r);
    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (u == NULL || ctx == NULL || !ctx->admitted || !ctx->preview
        || (slcf->cache_zone == NULL && slcf->cache_value == NULL))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    if (slcf->cache_zone) {
        zone = slcf->cache_zone->shm.name;

    } else if (ngx_http_complex_value(r, slcf->cache_value, &zone) != NGX_OK) {
        return NGX_ERROR;
    }

    if (u->create_key != ngx_http_sandbox_cache_key) {
        ctx->create_key = u->create_key;
        u->create_key = ngx_http_sandbox_cache_key;
    }

    ngx_http_sandbox_variable_set(v, zone.data, zone.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_cache_key(ngx_http_request_t *r)
{
    size_t                   len;
    u_char                  *p;
    ngx_str_t               *key;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->create_key(r) != NGX_OK) {
        return NGX_ERROR;
    }

    key = ngx_array_push(&r->cache->keys);
    if (key == NULL) {
        return NGX_ERROR;
    }

    /* an app that sees its public host may include it in a response */

    len = sizeof(" :65535 https://") + SANDBOX_RANDOM_LEN
          + ctx->public_host.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    key->data = p;
    key->len = ngx_sprintf(p, " %s:%ui %V://%V", ctx->run,
                           (ngx_uint_t) ctx->port, &ctx->public_proto,
                           &ctx->public_host)
               - p;

    return NGX_OK;
}


#endif
