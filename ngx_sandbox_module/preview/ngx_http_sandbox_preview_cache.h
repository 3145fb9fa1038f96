
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_CACHE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_CACHE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* proxy_cache of a preview location */


#if (NGX_HTTP_CACHE)
/* for a merged location: replaces its zone */
char *ngx_http_sandbox_preview_cache_conf(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf, ngx_http_upstream_conf_t *ucf);
/* get handler */
ngx_int_t ngx_http_sandbox_preview_cache_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
#endif


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_CACHE_H_INCLUDED_ */
