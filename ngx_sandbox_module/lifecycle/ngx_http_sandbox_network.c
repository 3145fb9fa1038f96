
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lib/sandbox_firewall.h"


/* what a class's network is to the configuration and to the engine */


static ngx_int_t ngx_http_sandbox_network_rules(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class);


ngx_int_t
ngx_http_sandbox_network_conf(ngx_conf_t *cf, ngx_http_sandbox_class_t *class,
    ngx_str_t *value)
{
    if (value->len == 4 && ngx_memcmp(value->data, "none", 4) == 0) {
        ngx_str_set(&class->network, "none");
        return NGX_OK;
    }

    if (value->len == 8 && ngx_memcmp(value->data, "internet", 8) == 0) {
        ngx_str_set(&class->network, "internet");
        return ngx_http_sandbox_network_rules(cf, class);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"network=%V\" of sandbox class \"%V\" is neither "
                       "\"network=none\" nor \"network=internet\"",
                       value, &class->name);
    return NGX_ERROR;
}


/* without the host's rules, "internet" would be the host and its neighbours */

static ngx_int_t
ngx_http_sandbox_network_rules(ngx_conf_t *cf, ngx_http_sandbox_class_t *class)
{
    ngx_err_t  err;

    /* "nginx -s stop" reads the configuration too, and must not need them */

    if (ngx_process == NGX_PROCESS_SIGNALLER || sandbox_network_check() == 0) {
        return NGX_OK;
    }

    err = ngx_errno;

    if (err == NGX_EPERM) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, err,
                           "\"network=internet\" of sandbox class \"%V\": "
                           "whether this host has its rules only root can "
                           "tell", &class->name);
        return NGX_OK;
    }

    if (err == NGX_ENOENT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"network=internet\" of sandbox class \"%V\": "
                           "this host does not have its rules, run \""
                           SANDBOX_NETWORK_COMMAND "\"", &class->name);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "\"network=internet\" of sandbox class \"%V\": "
                           "the kernel cannot be asked for its rules",
                           &class->name);
    }

    return NGX_ERROR;
}


const char *
ngx_http_sandbox_network_name(ngx_http_sandbox_class_t *class)
{
    return (class->network.len == 8) ? SANDBOX_NETWORK : "none";
}


ngx_uint_t
ngx_http_sandbox_network_missing(ngx_http_sandbox_wake_t *wake,
    const ac_reply_t *reply)
{
    ngx_http_sandbox_failure_t  failure;

    /* also of an image or a container it says 404, to create and to start */

    if (reply->error != AC_OK
        || reply->status != NGX_HTTP_NOT_FOUND
        || wake->class->network.len != 8
        || ngx_strstr(reply->message, "network ") == NULL
        || ngx_strstr(reply->message, "not found") == NULL)
    {
        return 0;
    }

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "sandbox \"%s\": the engine has no network \""
                  SANDBOX_NETWORK "\": %s", wake->node->id, reply->message);

    ngx_http_sandbox_fail(&failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                          "INTERNAL_ERROR",
                          "The engine has no network \"" SANDBOX_NETWORK
                          "\" for this sandbox's class \"%V\": run \""
                          SANDBOX_NETWORK_COMMAND "\" on the host, then try "
                          "again.", &wake->class->name);
    ngx_http_sandbox_wake_end(wake, &failure);

    return 1;
}
