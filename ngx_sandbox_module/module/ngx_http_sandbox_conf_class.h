
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_CLASS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_CLASS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* sandbox_class */


char *ngx_http_sandbox_conf_class(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* NGX_OK, or NGX_ERROR: logged; "internet" requires the firewall rules */
ngx_int_t ngx_http_sandbox_conf_class_network(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value);


#endif /* _NGX_HTTP_SANDBOX_CONF_CLASS_H_INCLUDED_ */
