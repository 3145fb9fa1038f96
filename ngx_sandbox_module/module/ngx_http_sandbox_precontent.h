
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PRECONTENT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PRECONTENT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the PRECONTENT phase: admission of requests */


/* the PRECONTENT handler */
ngx_int_t ngx_http_sandbox_precontent_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_PRECONTENT_H_INCLUDED_ */
