
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_FAULT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_FAULT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* why the response of an app cannot be passed on */


/* notes that the upstream's bytes are a TLS record, if they are */
void ngx_http_sandbox_preview_fault_bytes(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/* the message of the error response, a constant */
const char *ngx_http_sandbox_preview_fault(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_FAULT_H_INCLUDED_ */
