
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_url.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "api/ngx_http_sandbox_origin.h"


/*
 * Checks of Host and Origin.  If no key is required, they prevent pages of
 * other sites, and previews, from using the API through a user's browser.
 */


static char *ngx_http_sandbox_origin_names(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);
static ngx_uint_t ngx_http_sandbox_origin_host_match(ngx_str_t *host,
    ngx_http_server_name_t *sn);


char *
ngx_http_sandbox_origin_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf)
{
    ngx_str_t      *origin;
    ngx_uint_t      i;
    sandbox_url_t   url;

    if (conf->cors) {

        origin = conf->cors->elts;

        for (i = 0; i < conf->cors->nelts; i++) {

            if (!sandbox_url_parse((char *) origin[i].data, origin[i].len, &url)
                || !sandbox_url_is_http(&url) || url.rest.len
                || ngx_strlchr(origin[i].data, origin[i].data + origin[i].len,
                               '*')
                   != NULL)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid origin \"%V\" in "
                                   "\"sandbox_api_cors\", it must be an "
                                   "origin such as "
                                   "\"https://app.example.com\"", &origin[i]);
                return NGX_CONF_ERROR;
            }
        }
    }

    if (!conf->auth) {
        return ngx_http_sandbox_origin_names(cf, conf);
    }

    return NGX_CONF_OK;
}


/* nginx frees the names after reading the configuration */

static char *
ngx_http_sandbox_origin_names(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf)
{
    ngx_uint_t                 i;
    ngx_http_server_name_t    *name, *copy;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    conf->names = ngx_array_create(cf->pool, cscf->server_names.nelts + 1,
                                   sizeof(ngx_http_server_name_t));
    if (conf->names == NULL) {
        return NGX_CONF_ERROR;
    }

    name = cscf->server_names.elts;

    for (i = 0; i < cscf->server_names.nelts; i++) {

        copy = ngx_array_push(conf->names);
        if (copy == NULL) {
            return NGX_CONF_ERROR;
        }

        *copy = name[i];
    }

    return NGX_CONF_OK;
}


ngx_uint_t
ngx_http_sandbox_origin_host_known(ngx_http_request_t *r)
{
    ngx_uint_t                    i;
    ngx_http_server_name_t       *sn;
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (slcf->names == NULL) {
        return 0;
    }

    sn = slcf->names->elts;

    for (i = 0; i < slcf->names->nelts; i++) {
        if (ngx_http_sandbox_origin_host_match(&r->headers_in.server, &sn[i])) {
            return 1;
        }
    }

    return 0;
}


/* server_name forms: exact, .name, *.name, name.*, or a regex */

static ngx_uint_t
ngx_http_sandbox_origin_host_match(ngx_str_t *host, ngx_http_server_name_t *sn)
{
    size_t   n;
    u_char  *p;

    n = sn->name.len;
    p = sn->name.data;

#if (NGX_PCRE)
    if (sn->regex) {
        return host->len
               && ngx_regex_exec(sn->regex->regex, host, NULL, 0) >= 0;
    }
#endif

    if (n > 1 && p[0] == '.') {

        if (host->len == n - 1 && ngx_memcmp(host->data, p + 1, n - 1) == 0) {
            return 1;
        }

        return host->len > n
               && ngx_memcmp(host->data + host->len - n, p, n) == 0;
    }

    if (n > 2 && p[0] == '*') {
        return host->len > n - 1
               && ngx_memcmp(host->data + host->len - n + 1, p + 1, n - 1)
                  == 0;
    }

    if (n > 2 && p[n - 1] == '*') {
        return host->len > n - 1 && ngx_memcmp(host->data, p, n - 1) == 0;
    }

    return host->len == n && ngx_memcmp(host->data, p, n) == 0;
}


ngx_uint_t
ngx_http_sandbox_origin_foreign(ngx_http_request_t *r)
{
    ngx_str_t         host;
    ngx_uint_t        n;
    ngx_table_elt_t  *origin, *site;

    if (ngx_http_sandbox_origin_allowed(r)) {
        return 0;
    }

    origin = ngx_http_sandbox_header_in(r, "Origin", &n);

    if (n > 1) {
        return 1;
    }

    if (origin
        && (!ngx_http_sandbox_header_host(r, &host)
            || !ngx_http_sandbox_header_same_origin(&origin->value, &host)))
    {
        return 1;
    }

    site = ngx_http_sandbox_header_in(r, "Sec-Fetch-Site", &n);

    if (n == 0) {
        return 0;
    }

    if (n == 1
        && ((site->value.len == 11
             && ngx_memcmp(site->value.data, "same-origin", 11) == 0)
            || (site->value.len == 4
                && ngx_memcmp(site->value.data, "none", 4) == 0)))
    {
        return 0;
    }

    return 1;
}


ngx_uint_t
ngx_http_sandbox_origin_allowed(ngx_http_request_t *r)
{
    ngx_str_t                    *allowed;
    ngx_uint_t                    i, n;
    ngx_table_elt_t              *origin;
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (!slcf->api || slcf->cors == NULL) {
        return 0;
    }

    origin = ngx_http_sandbox_header_in(r, "Origin", &n);

    if (n != 1) {
        return 0;
    }

    allowed = slcf->cors->elts;

    for (i = 0; i < slcf->cors->nelts; i++) {
        if (allowed[i].len == origin->value.len
            && ngx_strncasecmp(allowed[i].data, origin->value.data,
                               allowed[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_sandbox_origin_cors(ngx_http_request_t *r)
{
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (!slcf->api || slcf->cors == NULL || r != r->main) {
        return NGX_OK;
    }

    return ngx_http_sandbox_response_cors(r, ngx_http_sandbox_origin_allowed(r),
                                   "Access-Control-Expose-Headers",
                                   "Sandbox-Start, Content-Range, "
                                   "Retry-After");
}


ngx_int_t
ngx_http_sandbox_origin_preflight_handler(ngx_http_request_t *r)
{
    if (ngx_http_sandbox_response_header(r, "Access-Control-Allow-Methods",
                                         "GET, HEAD, POST, PUT, PATCH, DELETE")
        != NGX_OK
        || ngx_http_sandbox_response_header(r, "Access-Control-Allow-Headers",
                                            "Authorization, Content-Type, "
                                            "Git-Authorization, "
                                            "Idempotency-Key, "
                                            "Last-Event-ID, Range, "
                                            "Session-Id, "
                                            "X-Sandbox-Key, X-Session-Id")
           != NGX_OK
        || ngx_http_sandbox_response_header(r, "Access-Control-Max-Age", "600")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_response_empty(r);
}
