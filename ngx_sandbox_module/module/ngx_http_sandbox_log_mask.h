
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LOG_MASK_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LOG_MASK_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* masks tokens and keys in the error log */


/* init_module: for connections while headers are being read */
ngx_int_t ngx_http_sandbox_log_mask_init(ngx_cycle_t *cycle);
/* POST_READ: for requests */
ngx_int_t ngx_http_sandbox_log_mask_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_LOG_MASK_H_INCLUDED_ */
