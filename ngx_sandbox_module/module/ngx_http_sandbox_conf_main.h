
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_MAIN_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_MAIN_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* http directives with more than a simple value */


char *ngx_http_sandbox_conf_main_state(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_main_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_main_preview_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_SANDBOX_CONF_MAIN_H_INCLUDED_ */
