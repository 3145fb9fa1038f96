
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_url.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_conf_main.h"


/* directives with more than a simple value, and checks of locations */


char *
ngx_http_sandbox_conf_main_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_str_t   *value;
    ngx_path_t  *path;

    if (smcf->state) {
        return "is duplicate";
    }

    value = cf->args->elts;

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = value[1];

    if (path->name.len > 1 && path->name.data[path->name.len - 1] == '/') {
        path->name.data[--path->name.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (path->name.len > sandbox_store_path_max()) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the \"sandbox_state\" path \"%V\" is too long for "
                           "unix sockets below it, the maximum is %uz "
                           "characters",
                           &path->name, sandbox_store_path_max());
        return NGX_CONF_ERROR;
    }

    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    smcf->state = path;

    /* created by nginx with mode 0700, owned by the workers' user */

    if (ngx_add_path(cf, &smcf->state) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_main_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (smcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    p = ngx_strlchr(name.data, name.data + name.len, ':');
    if (p == NULL || p == name.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", it must be <name>:<size>",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    s.data = p + 1;
    s.len = name.data + name.len - s.data;
    name.len = p - name.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR || size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too small, the minimum is %uz "
                           "bytes", &value[1], 8 * ngx_pagesize);
        return NGX_CONF_ERROR;
    }

    smcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_sandbox_module);
    if (smcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_main_preview_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_str_t                          *value;
    sandbox_url_t                       url;
    ngx_http_sandbox_preview_domain_t  *preview;

    value = cf->args->elts;

    preview = ngx_array_push(&smcf->previews);
    if (preview == NULL) {
        return NGX_CONF_ERROR;
    }

    if (!sandbox_url_parse((char *) value[1].data, value[1].len, &url)
        || !sandbox_url_is_http(&url)
        || url.rest.len > 1 || (url.rest.len && url.rest.data[0] != '/')
        || url.host.len < 3 || ngx_strncmp(url.host.data, "*.", 2) != 0
        || (url.has_port && sandbox_url_port(&url) == 0))
    {
        goto invalid;
    }

    preview->scheme.data = (u_char *) url.scheme.data;
    preview->scheme.len = url.scheme.len;

    preview->host.data = (u_char *) url.host.data + 2;
    preview->host.len = url.host.len - 2;

    ngx_strlow(preview->host.data, preview->host.data, preview->host.len);

    /* the name has at most 253 characters, its first label 63 */

    if (!sandbox_name_chars((char *) preview->host.data, preview->host.len, 1,
                            253 - 64, "-."))
    {
        goto invalid;
    }

    preview->port.data = preview->host.data + preview->host.len;
    preview->port.len = url.has_port ? url.port.len + 1 : 0;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"sandbox_preview_url\" \"%V\", it must be "
                       "http:// or https://, followed by \"*.\", a domain and "
                       "an optional port", &value[1]);
    return NGX_CONF_ERROR;
}
