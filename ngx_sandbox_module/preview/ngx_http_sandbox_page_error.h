
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_ERROR_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_ERROR_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_error.h"


/* rendering of errors of previews: ctx->renderer of each preview */

extern const ngx_http_sandbox_error_renderer_t  ngx_http_sandbox_page_error;


#endif /* _NGX_HTTP_SANDBOX_PAGE_ERROR_H_INCLUDED_ */
