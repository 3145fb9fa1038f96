
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_DOMAIN_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_DOMAIN_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* configured preview domains */


/*
 * Finds the domain of that name, without "*." and in lower case; the port of
 * sandbox_preview_url may follow it.  NULL: not configured.
 */
ngx_http_sandbox_preview_domain_t *ngx_http_sandbox_preview_domain_find(
    ngx_http_sandbox_main_conf_t *smcf, const void *name, size_t len);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_DOMAIN_H_INCLUDED_ */
