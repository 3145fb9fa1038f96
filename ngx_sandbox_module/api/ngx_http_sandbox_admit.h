
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ADMIT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ADMIT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * Assigns a request that the agent serves to its sandbox, which is created if
 * it does not exist, and started if it is asleep.  NGX_OK; otherwise, as
 * ngx_http_sandbox_error_refuse(), NGX_DECLINED with ctx->failure set.
 */
ngx_int_t ngx_http_sandbox_admit(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_ADMIT_H_INCLUDED_ */
