
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_RESPONSE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_RESPONSE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* response headers of the app */


/* header filter for responses of an app; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_preview_response(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_RESPONSE_H_INCLUDED_ */
