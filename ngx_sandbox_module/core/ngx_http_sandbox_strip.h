
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_STRIP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_STRIP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* what of a request must not reach a container */


/*
 * Takes X-Sandbox-*, X-Accel-* and what was dropped out of the request, and,
 * as secrets, Authorization, Cookie and key arguments too; NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_strip(ngx_http_request_t *r, ngx_uint_t secrets);
/* the arguments alone: see sandbox_query_strip() */
ngx_int_t ngx_http_sandbox_strip_args(ngx_http_request_t *r, int which);


#endif /* _NGX_HTTP_SANDBOX_STRIP_H_INCLUDED_ */
