
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_RESPONSE_FILTER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_RESPONSE_FILTER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* filters untrusted responses of containers */


ngx_int_t ngx_http_sandbox_response_filter_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_SANDBOX_RESPONSE_FILTER_H_INCLUDED_ */
