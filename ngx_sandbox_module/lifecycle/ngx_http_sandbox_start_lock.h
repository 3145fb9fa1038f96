
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_LOCK_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_LOCK_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * A step of a start, see start.h for its results.  NGX_OK: start->lock is the
 * lock of the sandbox, and its container is not known to run.
 */
ngx_int_t ngx_http_sandbox_start_lock(ngx_http_sandbox_start_t *start);


#endif /* _NGX_HTTP_SANDBOX_START_LOCK_H_INCLUDED_ */
