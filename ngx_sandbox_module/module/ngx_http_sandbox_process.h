
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PROCESS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PROCESS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* init and exit of a worker */


ngx_int_t ngx_http_sandbox_process_init(ngx_cycle_t *cycle);
void ngx_http_sandbox_process_exit(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_SANDBOX_PROCESS_H_INCLUDED_ */
