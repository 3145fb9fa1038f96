
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_INTERIM_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_INTERIM_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* interim responses (1xx) of a container are discarded */


/* to be called once per request, after the proxy module's handlers are set */
void ngx_http_sandbox_interim_init(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_INTERIM_H_INCLUDED_ */
