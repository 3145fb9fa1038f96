
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_TYPE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_TYPE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* how the sandbox of a request was started, in order of what it costs */


typedef enum {
    NGX_HTTP_SANDBOX_START_NONE = 0,
    NGX_HTTP_SANDBOX_START_HIT,              /* it was running */
    NGX_HTTP_SANDBOX_START_POOL,             /* it came from the pool */
    NGX_HTTP_SANDBOX_START_WAKE,             /* its container was started */
    NGX_HTTP_SANDBOX_START_CREATE,           /* it had no container yet */
    NGX_HTTP_SANDBOX_START_LOST,             /* its container was missing */
    NGX_HTTP_SANDBOX_START_TYPES
} ngx_http_sandbox_start_type_e;


/* "hit", "pool", "wake", "create" or "lost"; "" for NONE */
const char *ngx_http_sandbox_start_type_name(
    ngx_http_sandbox_start_type_e type);


#endif /* _NGX_HTTP_SANDBOX_START_TYPE_H_INCLUDED_ */
