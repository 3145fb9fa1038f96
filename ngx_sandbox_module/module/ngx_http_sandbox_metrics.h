
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_METRICS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_METRICS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* sandbox_status */


/* content handler of sandbox_status */
ngx_int_t ngx_http_sandbox_metrics_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_METRICS_H_INCLUDED_ */
