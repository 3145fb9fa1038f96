
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_conf_preview.h"


/* directives of previews: the defaults of port policies */


ngx_conf_enum_t  ngx_http_sandbox_conf_preview_access[] = {
    { ngx_string("link"), SANDBOX_ACCESS_LINK },
    { ngx_string("key"), SANDBOX_ACCESS_KEY },
    { ngx_string("public"), SANDBOX_ACCESS_PUBLIC },
    { ngx_null_string, 0 }
};


ngx_conf_enum_t  ngx_http_sandbox_conf_preview_host[] = {
    { ngx_string("localhost"), SANDBOX_HOST_LOCALHOST },
    { ngx_string("public"), SANDBOX_HOST_PUBLIC },
    { ngx_null_string, 0 }
};


ngx_conf_enum_t  ngx_http_sandbox_conf_preview_cookies[] = {
    { ngx_string("host"), SANDBOX_COOKIES_HOST },
    { ngx_string("off"), SANDBOX_COOKIES_OFF },
    { ngx_null_string, 0 }
};


char *
ngx_http_sandbox_conf_preview_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    int          word;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (slcf->cors_of != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    word = sandbox_policy_word(sandbox_policy_cors_words,
                               (char *) value[1].data);

    if (word && word != SANDBOX_CORS_LIST && cf->args->nelts == 2) {
        slcf->cors_of = word;
        return NGX_CONF_OK;
    }

    slcf->cors_of = SANDBOX_CORS_LIST;

    slcf->origins = ngx_pcalloc(cf->pool, SANDBOX_ORIGINS_SIZE);
    if (slcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (sandbox_policy_origin_add(slcf->origins, (char *) value[i].data)
            == -1)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of "
                               "\"sandbox_preview_cors\", it must be \"app\", "
                               "\"off\", \"reflect\", or a list of lower-case "
                               "origins such as \"https://app.example.com\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_preview_strip(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (slcf->strip != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    slcf->strip = SANDBOX_STRIP_GIVEN;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "authorization") == 0) {
            slcf->strip |= SANDBOX_STRIP_AUTHORIZATION;

        } else if (ngx_strcmp(value[i].data, "cookie") == 0) {
            slcf->strip |= SANDBOX_STRIP_COOKIE;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of "
                               "\"sandbox_preview_strip\", it must be "
                               "\"authorization\", \"cookie\" or \"off\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_preview_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    off_t        n;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    if (slcf->connections != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    slcf->connections = 0;
    slcf->rate = 0;
    slcf->body = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        s = value[i];

        if (ngx_strncmp(s.data, "connections=", 12) == 0) {
            n = ngx_atoof(s.data + 12, s.len - 12);

            if (n >= 1 && n <= SANDBOX_CONNECTIONS_MAX) {
                slcf->connections = n;
                continue;
            }

        } else if (ngx_strncmp(s.data, "rate=", 5) == 0) {
            n = ngx_atoof(s.data + 5, s.len - 5);

            if (n >= 1 && n <= SANDBOX_RATE_MAX) {
                slcf->rate = n;
                continue;
            }

        } else if (ngx_strncmp(s.data, "body=", 5) == 0) {
            s.data += 5;
            s.len -= 5;

            n = ngx_parse_offset(&s);

            if (n >= 1 && n <= SANDBOX_BODY_MAX) {
                slcf->body = n;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_preview_limit\" accepts "
                           "\"connections=\" (1 to %d), \"rate=\" (1 to %d "
                           "per second) and \"body=\" (a size), not \"%V\"",
                           SANDBOX_CONNECTIONS_MAX,
                           SANDBOX_RATE_MAX, &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void
ngx_http_sandbox_conf_preview_init(ngx_http_sandbox_loc_conf_t *conf)
{
    conf->access = NGX_CONF_UNSET_UINT;
    conf->app_host = NGX_CONF_UNSET_UINT;
    conf->cors_of = NGX_CONF_UNSET_UINT;
    conf->cookies = NGX_CONF_UNSET_UINT;
    conf->strip = NGX_CONF_UNSET_UINT;
    conf->connections = NGX_CONF_UNSET;
    conf->rate = NGX_CONF_UNSET;
    conf->body = NGX_CONF_UNSET;
    conf->wake = NGX_CONF_UNSET;
}


void
ngx_http_sandbox_conf_preview_merge(ngx_http_sandbox_loc_conf_t *prev,
    ngx_http_sandbox_loc_conf_t *conf)
{
    if (conf->cors_of == NGX_CONF_UNSET_UINT) {
        conf->origins = prev->origins;
    }

    ngx_conf_merge_uint_value(conf->access, prev->access,
                              SANDBOX_ACCESS_LINK);
    ngx_conf_merge_uint_value(conf->app_host, prev->app_host,
                              SANDBOX_HOST_LOCALHOST);
    ngx_conf_merge_uint_value(conf->cors_of, prev->cors_of,
                              SANDBOX_CORS_APP);
    ngx_conf_merge_uint_value(conf->cookies, prev->cookies,
                              SANDBOX_COOKIES_HOST);
    ngx_conf_merge_uint_value(conf->strip, prev->strip,
                              SANDBOX_STRIP_GIVEN);
    ngx_conf_merge_value(conf->connections, prev->connections, 0);
    ngx_conf_merge_value(conf->rate, prev->rate, 0);
    ngx_conf_merge_value(conf->body, prev->body, 0);
    ngx_conf_merge_value(conf->wake, prev->wake, 0);
}
