
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "docker/ac_docker_endpoint.h"
#include "lib/sandbox_policy_settings.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "limits/ngx_http_sandbox_zone.h"
#include "preview/ngx_http_sandbox_preview_cache.h"
#include "preview/ngx_http_sandbox_preview_host.h"
#include "api/ngx_http_sandbox_origin.h"
#include "module/ngx_http_sandbox_conf_class.h"
#include "module/ngx_http_sandbox_conf_keys.h"
#include "module/ngx_http_sandbox_conf_limits.h"
#include "module/ngx_http_sandbox_conf_main.h"
#include "module/ngx_http_sandbox_conf_preview.h"
#include "module/ngx_http_sandbox_host.h"
#include "module/ngx_http_sandbox_log_mask.h"
#include "module/ngx_http_sandbox_metrics.h"
#include "module/ngx_http_sandbox_nginx_error.h"
#include "module/ngx_http_sandbox_precontent.h"
#include "module/ngx_http_sandbox_process.h"
#include "module/ngx_http_sandbox_response_filter.h"
#include "module/ngx_http_sandbox_upstream.h"
#include "module/ngx_http_sandbox_upstream_kept.h"
#include "module/ngx_http_sandbox_upstream_tls.h"
#include "module/ngx_http_sandbox_variables.h"


static void *ngx_http_sandbox_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sandbox_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_sandbox_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sandbox_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* checks a location that proxies to a sandbox */
static char *ngx_http_sandbox_check_proxy(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);
static char *ngx_http_sandbox_set_noargs(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_sandbox_set_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static ngx_int_t ngx_http_sandbox_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_sandbox_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_sandbox_init_module(ngx_cycle_t *cycle);
static void ngx_http_sandbox_endpoint_cleanup(void *data);


/* ms to connect to one address of the engine */
#define NGX_HTTP_SANDBOX_CONNECT  5000


static ngx_command_t  ngx_http_sandbox_commands[] = {

    { ngx_string("sandbox_state"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_main_state,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_main_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_agent"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, agent),
      NULL },

    { ngx_string("sandbox_engine"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, engine),
      NULL },

    { ngx_string("sandbox_engine_trusted_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, engine_ca),
      NULL },

    { ngx_string("sandbox_engine_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, engine_cert),
      NULL },

    { ngx_string("sandbox_engine_certificate_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, engine_key),
      NULL },

    { ngx_string("sandbox_engine_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, engine_timeout),
      NULL },

    { ngx_string("sandbox_start_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, start_timeout),
      NULL },

    { ngx_string("sandbox_engine_calls"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_sandbox_conf_limits_engine_calls,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_max_instances"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_limits_max_instances,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_backup_size"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sandbox_main_conf_t, backup_size),
      NULL },

    { ngx_string("sandbox_create_rate"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_sandbox_conf_limits_create_rate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_class"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_sandbox_conf_class,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_url"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_main_preview_url,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox"),
      NGX_HTTP_UPS_CONF|NGX_CONF_NOARGS,
      ngx_http_sandbox_upstream,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_sandbox_set_noargs,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sandbox_loc_conf_t, api),
      NULL },

    { ngx_string("sandbox_preview"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_sandbox_set_noargs,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sandbox_loc_conf_t, preview),
      NULL },

    { ngx_string("sandbox_preview_access"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_preview_word,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_host"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_preview_word,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_cors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_sandbox_conf_preview_cors,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_cookies"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_preview_word,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_strip"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_sandbox_conf_preview_strip,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_sandbox_conf_preview_limit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_preview_wake"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_sandbox_conf_preview_flag,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_sandbox_set_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_api_auth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sandbox_loc_conf_t, auth),
      NULL },

    { ngx_string("sandbox_api_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_sandbox_conf_keys_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sandbox_api_cors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_conf_set_str_array_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sandbox_loc_conf_t, cors),
      NULL },

    { ngx_string("sandbox_wake_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sandbox_loc_conf_t, wake_timeout),
      NULL },

    { ngx_string("sandbox_default_class"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sandbox_loc_conf_t, class_name),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_sandbox_module_ctx = {
    ngx_http_sandbox_preconfiguration,     /* preconfiguration */
    ngx_http_sandbox_postconfiguration,    /* postconfiguration */

    ngx_http_sandbox_create_main_conf,     /* create main configuration */
    ngx_http_sandbox_init_main_conf,       /* init main configuration */

    ngx_http_sandbox_upstream_kept_create_conf,
                                           /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_sandbox_create_loc_conf,      /* create location configuration */
    ngx_http_sandbox_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_sandbox_module = {
    NGX_MODULE_V1,
    &ngx_http_sandbox_module_ctx,          /* module context */
    ngx_http_sandbox_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_sandbox_init_module,          /* init module */
    ngx_http_sandbox_process_init,         /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_sandbox_process_exit,         /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_sandbox_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sandbox_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    smcf->engine_timeout = NGX_CONF_UNSET_MSEC;
    smcf->start_timeout = NGX_CONF_UNSET_MSEC;
    smcf->engine_calls = NGX_CONF_UNSET_UINT;
    smcf->engine_queue = NGX_CONF_UNSET_UINT;
    smcf->backup_size = NGX_CONF_UNSET;

    if (ngx_array_init(&smcf->classes, cf->pool, 4,
                       sizeof(ngx_http_sandbox_class_t))
        != NGX_OK
        || ngx_array_init(&smcf->quotas, cf->pool, 4,
                          sizeof(ngx_http_sandbox_quota_t))
           != NGX_OK
        || ngx_array_init(&smcf->previews, cf->pool, 2,
                          sizeof(ngx_http_sandbox_preview_domain_t))
           != NGX_OK)
    {
        return NULL;
    }

    return smcf;
}


static char *
ngx_http_sandbox_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_sandbox_main_conf_t *smcf = conf;

    char                err[256];
    ngx_str_t           name;
    ac_endpoint_conf_t  epc;
    ngx_pool_cleanup_t *cln;

    ngx_http_sandbox_upstream_kept_wrap(cf);

    if (smcf->engine.data == NULL) {
        ngx_str_set(&smcf->engine, "unix:/var/run/docker.sock");
    }

    if (smcf->agent.data == NULL) {
        ngx_str_set(&smcf->agent, "/usr/lib/nginx-sandbox/agent");
    }

    ngx_conf_init_msec_value(smcf->engine_timeout, 30000);
    ngx_conf_init_msec_value(smcf->start_timeout, 30000);
    ngx_conf_init_uint_value(smcf->engine_calls, 8);
    ngx_conf_init_uint_value(smcf->engine_queue, 1000);
    ngx_conf_init_value(smcf->backup_size, 1024 * 1024 * 1024);

    if (smcf->engine_ca.len
        && ngx_conf_full_name(cf->cycle, &smcf->engine_ca, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (smcf->engine_cert.len
        && ngx_conf_full_name(cf->cycle, &smcf->engine_cert, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (smcf->engine_key.len
        && ngx_conf_full_name(cf->cycle, &smcf->engine_key, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&epc, sizeof(ac_endpoint_conf_t));

    epc.url = (char *) smcf->engine.data;
    epc.ca = (char *) smcf->engine_ca.data;
    epc.cert = (char *) smcf->engine_cert.data;
    epc.key = (char *) smcf->engine_key.data;
    epc.connect_ms = NGX_HTTP_SANDBOX_CONNECT;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    /* created by the master, which may read a key that workers may not */

    smcf->endpoint = ac_docker_endpoint_create(&epc, err, sizeof(err));
    if (smcf->endpoint == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"sandbox_engine\" \"%V\": %s",
                           &smcf->engine, err);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_sandbox_endpoint_cleanup;
    cln->data = smcf->endpoint;

    if (smcf->state == NULL) {
        return NGX_CONF_OK;
    }

    smcf->pool = ngx_thread_pool_add(cf, NULL);
    if (smcf->pool == NULL) {
        return NGX_CONF_ERROR;
    }

    if (smcf->zone == NULL) {
        ngx_str_set(&name, "sandbox");

        smcf->zone = ngx_shared_memory_add(cf, &name, 32 * ngx_pagesize,
                                           &ngx_http_sandbox_module);
        if (smcf->zone == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    smcf->zone->init = ngx_http_sandbox_zone_init;
    smcf->zone->data = smcf;

    return NGX_CONF_OK;
}


static void
ngx_http_sandbox_endpoint_cleanup(void *data)
{
    ac_docker_endpoint_destroy(data);
}


static void *
ngx_http_sandbox_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_sandbox_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sandbox_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->auth = NGX_CONF_UNSET;
    conf->wake_timeout = NGX_CONF_UNSET_MSEC;
    conf->keys = NGX_CONF_UNSET_PTR;
    conf->cors = NGX_CONF_UNSET_PTR;
    conf->create_rate = NGX_CONF_UNSET_PTR;

    sandbox_policy_settings_init(&conf->defaults);

    return conf;
}


static char *
ngx_http_sandbox_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sandbox_loc_conf_t *prev = parent;
    ngx_http_sandbox_loc_conf_t *conf = child;

    ngx_http_sandbox_main_conf_t  *smcf;

    ngx_conf_merge_value(conf->auth, prev->auth, 1);
    ngx_conf_merge_ptr_value(conf->keys, prev->keys, NULL);
    ngx_conf_merge_ptr_value(conf->cors, prev->cors, NULL);
    ngx_conf_merge_ptr_value(conf->create_rate, prev->create_rate, NULL);
    ngx_conf_merge_msec_value(conf->wake_timeout, prev->wake_timeout, 50000);
    ngx_conf_merge_str_value(conf->class_name, prev->class_name, "default");

    sandbox_policy_settings_merge(&prev->defaults, &conf->defaults);

    if (!conf->api && !conf->preview && !conf->status) {
        return ngx_http_sandbox_check_proxy(cf, conf);
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    if (smcf->state == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_state\" is required in the \"http\" "
                           "block");
        return NGX_CONF_ERROR;
    }

    ngx_http_sandbox_nginx_error_conf(cf, conf);

    if (conf->api && conf->preview) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_api\" and \"sandbox_preview\" are "
                           "mutually exclusive in a location");
        return NGX_CONF_ERROR;
    }

    if (conf->preview && smcf->previews.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sandbox_preview\" requires "
                           "\"sandbox_preview_url\" in the \"http\" block");
        return NGX_CONF_ERROR;
    }

    if (conf->api) {
        if (conf->auth && conf->keys == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"sandbox_api\" requires "
                               "\"sandbox_api_key_file\" or "
                               "\"sandbox_api_auth off\"");
            return NGX_CONF_ERROR;
        }

        if (ngx_http_sandbox_conf_keys_check(cf, conf) != NGX_CONF_OK
            || ngx_http_sandbox_origin_check(cf, conf) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        conf->class = ngx_http_sandbox_class_find(smcf, conf->class_name.data,
                                                  conf->class_name.len);
        if (conf->class == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown sandbox class \"%V\"",
                               &conf->class_name);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_sandbox_check_proxy(cf, conf);
}


static char *
ngx_http_sandbox_set_noargs(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_flag_t  *flag;

    flag = (ngx_flag_t *) ((char *) conf + cmd->offset);

    if (*flag) {
        return "is duplicate";
    }

    *flag = 1;

    return NGX_CONF_OK;
}


static char *
ngx_http_sandbox_set_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sandbox_loc_conf_t *slcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    slcf->status = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sandbox_metrics_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sandbox_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_sandbox_variables_add(cf);
}


static ngx_int_t
ngx_http_sandbox_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_handler_pt           *h;
    ngx_http_core_main_conf_t     *cmcf;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sandbox_module);

    if (smcf->state == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sandbox_log_mask_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sandbox_precontent_handler;

    if (ngx_http_sandbox_preview_host_init(cf) != NGX_OK
        || ngx_http_sandbox_upstream_tls_init(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_sandbox_response_filter_init(cf);
}


static char *
ngx_http_sandbox_check_proxy(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf)
{
    ngx_uint_t                     xa;
    ngx_http_upstream_conf_t      *ucf;
    ngx_http_upstream_srv_conf_t  *uscf;

    extern ngx_module_t  ngx_http_proxy_module;

    /* the proxy module's configuration begins with the upstream part */

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);
    if (ucf == NULL) {
        return NGX_CONF_OK;
    }

    uscf = ucf->upstream;

    if (uscf == NULL
        || uscf->srv_conf == NULL
        || uscf->peer.data != &ngx_http_sandbox_module)
    {
        return NGX_CONF_OK;
    }

    if (!conf->api && !conf->preview) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a location that proxies to upstream \"%V\" "
                           "requires \"sandbox_api\" or \"sandbox_preview\"",
                           &uscf->host);
        return NGX_CONF_ERROR;
    }

    if (conf->preview && ucf->connect_timeout <= conf->wake_timeout) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"sandbox_wake_timeout\" should be less than "
                           "\"proxy_connect_timeout\"");
    }

    xa = NGX_HTTP_UPSTREAM_IGN_XA_REDIRECT
         |NGX_HTTP_UPSTREAM_IGN_XA_EXPIRES
         |NGX_HTTP_UPSTREAM_IGN_XA_LIMIT_RATE
         |NGX_HTTP_UPSTREAM_IGN_XA_BUFFERING
         |NGX_HTTP_UPSTREAM_IGN_XA_CHARSET;

    if ((ucf->ignore_headers & xa) != xa) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a location that proxies to upstream \"%V\" must "
                           "ignore X-Accel-* headers sent by containers: add "
                           "\"include sandbox_proxy.conf\", or "
                           "\"proxy_ignore_headers X-Accel-Redirect "
                           "X-Accel-Expires X-Accel-Limit-Rate "
                           "X-Accel-Buffering X-Accel-Charset\"",
                           &uscf->host);
        return NGX_CONF_ERROR;
    }

#if (NGX_HTTP_CACHE)
    if (ngx_http_sandbox_preview_cache_conf(cf, conf, ucf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }
#endif

    if (ucf->store) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"proxy_store\" is not allowed in a location that "
                           "proxies to upstream \"%V\"", &uscf->host);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sandbox_init_module(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_host_init(cycle);

    return ngx_http_sandbox_log_mask_init(cycle);
}
