
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CLASS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CLASS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"


/* sandbox classes */


/* NULL: no such class */
ngx_http_sandbox_class_t *ngx_http_sandbox_class_find(
    ngx_http_sandbox_main_conf_t *smcf, u_char *name, size_t len);

/* as the engine can enforce it, once that is known */
int64_t ngx_http_sandbox_class_cpus(ngx_http_sandbox_class_t *class);
/* limits of a container by its class; class NULL: unknown limits */
void ngx_http_sandbox_class_limits(ngx_http_sandbox_class_t *class,
    sandbox_container_t *c);


#endif /* _NGX_HTTP_SANDBOX_CLASS_H_INCLUDED_ */
