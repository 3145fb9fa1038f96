
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_OPENAPI_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_OPENAPI_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the document that describes the API, and a page that shows it */
ngx_int_t ngx_http_sandbox_openapi_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_openapi_page_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_OPENAPI_H_INCLUDED_ */
