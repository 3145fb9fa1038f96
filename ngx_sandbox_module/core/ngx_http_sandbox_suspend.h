
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* content handlers that wait while their client may leave */


/*
 * Parks a request in a content handler, which returns NGX_DONE then, until
 * work that goes on without its client is done.  NULL: out of memory.
 */
ngx_http_sandbox_suspend_t *ngx_http_sandbox_suspend(ngx_http_request_t *r);
/* counts a request that waits, and looks whether its client leaves */
void ngx_http_sandbox_suspend_watch_client(ngx_http_request_t *r);
/* frees it; the request to be finalized, or NULL when its client has left */
ngx_http_request_t *ngx_http_sandbox_suspend_resume(
    ngx_http_sandbox_suspend_t *p);
/* the work did not begin: the content handler goes on with the request */
void ngx_http_sandbox_suspend_cancel(ngx_http_sandbox_suspend_t *p);


#endif /* _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_ */
