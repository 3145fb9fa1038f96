
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_KEYS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_KEYS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* sandbox_api_key_file */


char *ngx_http_sandbox_conf_keys_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* for a merged API location: checks that the classes of its keys exist */
char *ngx_http_sandbox_conf_keys_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);


#endif /* _NGX_HTTP_SANDBOX_CONF_KEYS_H_INCLUDED_ */
