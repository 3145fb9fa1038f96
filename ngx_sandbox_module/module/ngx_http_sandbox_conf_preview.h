
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_PREVIEW_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_PREVIEW_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* directives of previews: defaults of port policies */


char *ngx_http_sandbox_conf_preview_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_preview_strip(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_preview_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_sandbox_conf_preview_init(ngx_http_sandbox_loc_conf_t *conf);
void ngx_http_sandbox_conf_preview_merge(ngx_http_sandbox_loc_conf_t *prev,
    ngx_http_sandbox_loc_conf_t *conf);

extern ngx_conf_enum_t  ngx_http_sandbox_conf_preview_access[];
extern ngx_conf_enum_t  ngx_http_sandbox_conf_preview_host[];
extern ngx_conf_enum_t  ngx_http_sandbox_conf_preview_cookies[];


#endif /* _NGX_HTTP_SANDBOX_CONF_PREVIEW_H_INCLUDED_ */
