
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_OPTIONS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_OPTIONS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"


/* a sandbox's options as they are in force */


/* the class's environment and the sandbox's own as JSON text; cJSON_free() */
char *ngx_http_sandbox_options_env(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* ms, what is in force; 0: no limit; class NULL: it is configured no more */
int64_t ngx_http_sandbox_options_max_age(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* tells a sandbox that runs what it has now */
void ngx_http_sandbox_options_tell(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_OPTIONS_H_INCLUDED_ */
