
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_LIMITS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_LIMITS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* directives of limits */


char *ngx_http_sandbox_conf_limits_max_instances(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_sandbox_conf_limits_engine_calls(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_sandbox_conf_limits_create_rate(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
/* parses a number of sandboxes; NGX_ERROR: invalid */
ngx_int_t ngx_http_sandbox_conf_limits_instances(ngx_str_t *value);
/* registers the limit of a key; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_conf_limits_quota(ngx_conf_t *cf,
    ngx_http_sandbox_key_t *key);


#endif /* _NGX_HTTP_SANDBOX_CONF_LIMITS_H_INCLUDED_ */
