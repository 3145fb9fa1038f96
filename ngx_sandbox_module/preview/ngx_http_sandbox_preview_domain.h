
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_DOMAIN_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_DOMAIN_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* configured preview domains */


/* the configured preview domain of that name, or NULL */
ngx_http_sandbox_preview_domain_t *ngx_http_sandbox_preview_domain_named(
    ngx_http_sandbox_main_conf_t *smcf, const char *host);

/* the preview domain of host (lower case, without port), or NULL */
ngx_http_sandbox_preview_domain_t *ngx_http_sandbox_preview_domain_find(
    ngx_http_sandbox_main_conf_t *smcf, ngx_str_t *host);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_DOMAIN_H_INCLUDED_ */
