
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_PREVIEW_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_PREVIEW_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* directives of previews: the defaults of port policies */


/* one of the words of the member with the directive's name; "on" or "off" */
char *ngx_http_sandbox_conf_preview_word(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_preview_flag(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

char *ngx_http_sandbox_conf_preview_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_preview_strip(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_preview_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_SANDBOX_CONF_PREVIEW_H_INCLUDED_ */
