
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_MOUNT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_MOUNT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * Mounting of buckets, which no sandbox can do: the request is checked, and
 * refused with the reason.
 */
ngx_int_t ngx_http_sandbox_mount_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_MOUNT_H_INCLUDED_ */
