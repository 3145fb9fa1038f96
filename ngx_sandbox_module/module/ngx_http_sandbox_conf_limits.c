
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_conf_limits.h"


/* directives of limits, and the size of the shared zone */


#define NGX_HTTP_SANDBOX_INSTANCES_MAX  1000000
#define NGX_HTTP_SANDBOX_CALLS_MIN      2
#define NGX_HTTP_SANDBOX_CALLS_MAX      1000
#define NGX_HTTP_SANDBOX_QUEUE_MAX      100000
#define NGX_HTTP_SANDBOX_RATE_MAX       1000000


static ngx_int_t ngx_http_sandbox_conf_limits_rate(ngx_str_t *value);


char *
ngx_http_sandbox_conf_limits_max_instances(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (smcf->max_instances) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_http_sandbox_conf_limits_instances(&value[1]);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of "
                           "\"sandbox_max_instances\", it must be a number "
                           "from 1 to %d", &value[1],
                           NGX_HTTP_SANDBOX_INSTANCES_MAX);
        return NGX_CONF_ERROR;
    }

    smcf->max_instances = n;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_sandbox_conf_limits_instances(ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n < 1 || n > NGX_HTTP_SANDBOX_INSTANCES_MAX) {
        return NGX_ERROR;
    }

    return n;
}


ngx_int_t
ngx_http_sandbox_conf_limits_quota(ngx_conf_t *cf, ngx_http_sandbox_key_t *key)
{
    ngx_uint_t                     i;
    ngx_http_sandbox_quota_t      *quota;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    smcf->nkeys++;

    if (key->instances == 0) {
        return NGX_OK;
    }

    quota = smcf->quotas.elts;

    for (i = 0; i < smcf->quotas.nelts; i++) {

        if (quota[i].name.len == key->name.len
            && ngx_memcmp(quota[i].name.data, key->name.data, key->name.len)
               == 0)
        {
            /* for a name in several files, the strictest limit applies */

            quota[i].instances = ngx_min(quota[i].instances, key->instances);
            return NGX_OK;
        }
    }

    quota = ngx_array_push(&smcf->quotas);
    if (quota == NULL) {
        return NGX_ERROR;
    }

    quota->name = key->name;
    quota->instances = key->instances;

    return NGX_OK;
}


char *
ngx_http_sandbox_conf_limits_engine_calls(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value, s;

    if (smcf->engine_calls != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < NGX_HTTP_SANDBOX_CALLS_MIN || n > NGX_HTTP_SANDBOX_CALLS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sandbox_engine_calls\", "
                           "it must be a number from %d to %d", &value[1],
                           NGX_HTTP_SANDBOX_CALLS_MIN,
                           NGX_HTTP_SANDBOX_CALLS_MAX);
        return NGX_CONF_ERROR;
    }

    smcf->engine_calls = n;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    n = NGX_ERROR;

    if (value[2].len > 6 && ngx_strncmp(value[2].data, "queue=", 6) == 0) {
        s.data = value[2].data + 6;
        s.len = value[2].len - 6;

        n = ngx_atoi(s.data, s.len);
    }

    if (n < 1 || n > NGX_HTTP_SANDBOX_QUEUE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sandbox_engine_calls\", "
                           "it must be \"queue=\" followed by a number from 1 "
                           "to %d",
                           &value[2], NGX_HTTP_SANDBOX_QUEUE_MAX);
        return NGX_CONF_ERROR;
    }

    smcf->engine_queue = n;

    return NGX_CONF_OK;
}


char *
ngx_http_sandbox_conf_limits_create_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    ngx_int_t                        n;
    ngx_str_t                       *value;
    ngx_uint_t                       i;
    ngx_http_sandbox_create_rate_t  *rate;
    ngx_http_sandbox_main_conf_t    *smcf;

    if (slcf->create_rate != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    rate = ngx_pcalloc(cf->pool, sizeof(ngx_http_sandbox_create_rate_t));
    if (rate == NULL) {
        return NGX_CONF_ERROR;
    }

    slcf->create_rate = rate;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "rate=", 5) == 0 && rate->rate == 0) {
            rate->text.data = value[i].data + 5;
            rate->text.len = value[i].len - 5;

            n = ngx_http_sandbox_conf_limits_rate(&rate->text);

            if (n == NGX_ERROR) {
                goto invalid;
            }

            rate->rate = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "burst=", 6) == 0) {
            n = ngx_atoi(value[i].data + 6, value[i].len - 6);

            if (n < 0 || n > NGX_HTTP_SANDBOX_RATE_MAX) {
                goto invalid;
            }

            rate->burst = n;
            continue;
        }

        goto invalid;
    }

    if (rate->rate == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_create_rate\" requires \"rate=\", such "
                           "as \"rate=30r/m\", or \"off\"");
        return NGX_CONF_ERROR;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);
    smcf->rated = 1;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" of \"sandbox_create_rate\", it "
                       "must be \"rate=30r/m burst=10\" or \"off\"",
                       &value[i]);
    return NGX_CONF_ERROR;
}


/* 1/1000 per second */

static ngx_int_t
ngx_http_sandbox_conf_limits_rate(ngx_str_t *value)
{
    ngx_int_t  n, scale;

    if (value->len < 4) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(value->data + value->len - 3, "r/s", 3) == 0) {
        scale = 1;

    } else if (ngx_strncmp(value->data + value->len - 3, "r/m", 3) == 0) {
        scale = 60;

    } else {
        return NGX_ERROR;
    }

    n = ngx_atoi(value->data, value->len - 3);

    if (n < 1 || n > NGX_HTTP_SANDBOX_RATE_MAX) {
        return NGX_ERROR;
    }

    return n * 1000 / scale;
}
