
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* suspended content handlers, whose client may disconnect */


/*
 * Suspends a request in a content handler, which then returns NGX_DONE, until
 * work that continues without the client is done.  NULL: out of memory.
 */
ngx_http_sandbox_suspend_t *ngx_http_sandbox_suspend(ngx_http_request_t *r);
/* references a suspended request and watches for a disconnect */
void ngx_http_sandbox_suspend_watch_client(ngx_http_request_t *r);
/* frees it; returns the request to finalize, or NULL if its client has gone */
ngx_http_request_t *ngx_http_sandbox_suspend_resume(
    ngx_http_sandbox_suspend_t *p);
/* the work was not started: the content handler continues with the request */
void ngx_http_sandbox_suspend_cancel(ngx_http_sandbox_suspend_t *p);


#endif /* _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_ */
