
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_DIAGNOSE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_DIAGNOSE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* POST /v1/sandbox/:id/ports/:port/diagnose */


ngx_int_t ngx_http_sandbox_diagnose_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_DIAGNOSE_H_INCLUDED_ */
