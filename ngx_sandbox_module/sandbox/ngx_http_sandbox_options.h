
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_OPTIONS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_OPTIONS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"


/* effective options of a sandbox */


/*
 * merged environment of class and sandbox as JSON text, for cJSON_free(); NULL:
 * out of memory
 */
char *ngx_http_sandbox_options_env(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* the effective value, ms; 0: no limit; class NULL: no longer configured */
int64_t ngx_http_sandbox_options_max_age(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* sends the current options to a running sandbox */
void ngx_http_sandbox_options_tell(ngx_http_sandbox_node_t *node);
/*
 * As ngx_http_sandbox_tether_served(), but NGX_OK only when the agent has the
 * options of node->spec, which are sent if it has older ones: a sandbox from
 * the pool starts with those of its class, and a worker may have died before
 * it sent a change.
 */
ngx_int_t ngx_http_sandbox_options_served(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_OPTIONS_H_INCLUDED_ */
