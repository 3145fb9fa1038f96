
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LIFECYCLE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LIFECYCLE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* routes of one sandbox: running, delete, sleep, wake, restart */


/* content handlers */
ngx_int_t ngx_http_sandbox_lifecycle_running_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_lifecycle_delete_handler(ngx_http_request_t *r);

/* sleep and restart */
ngx_int_t ngx_http_sandbox_lifecycle_stop_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_lifecycle_wake_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_LIFECYCLE_H_INCLUDED_ */
