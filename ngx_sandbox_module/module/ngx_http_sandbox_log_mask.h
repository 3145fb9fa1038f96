
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LOG_MASK_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LOG_MASK_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* no token and no key in the error log */


/* the module's init_module: of connections, while they read headers */
ngx_int_t ngx_http_sandbox_log_mask_init(ngx_cycle_t *cycle);
/* POST_READ: of requests */
ngx_int_t ngx_http_sandbox_log_mask_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_LOG_MASK_H_INCLUDED_ */
