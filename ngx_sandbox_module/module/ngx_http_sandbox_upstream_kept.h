
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_UPSTREAM_KEPT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_UPSTREAM_KEPT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* what was added in front of the "keepalive" directive of an upstream */


/* the configuration of an upstream block; NULL: out of memory */
void *ngx_http_sandbox_upstream_kept_create_conf(ngx_conf_t *cf);
/*
 * Wraps the peers of all upstreams with "sandbox".  To be called when nginx
 * has initialized its upstreams.
 */
void ngx_http_sandbox_upstream_kept_wrap(ngx_conf_t *cf);


#endif /* _NGX_HTTP_SANDBOX_UPSTREAM_KEPT_H_INCLUDED_ */
