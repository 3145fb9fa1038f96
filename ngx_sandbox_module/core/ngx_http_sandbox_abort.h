
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ABORT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ABORT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* takes the upstream of a request down while the request continues */


/*
 * Finalizes the upstream of r, if it is still open, as if the request had
 * ended.  r stays valid: the caller sends a response or finalizes it.
 */
void ngx_http_sandbox_abort_upstream(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_ABORT_H_INCLUDED_ */
