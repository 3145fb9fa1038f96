
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* suspended content handlers, whose client may disconnect */


/* NGX_AGAIN: call it again later; otherwise a content handler's result */
typedef ngx_int_t (*ngx_http_sandbox_suspend_poll_pt)(void *data);


/*
 * Suspends a request in a content handler, which then returns NGX_DONE, until
 * work that continues without the client is done.  NULL: out of memory.
 */
ngx_http_sandbox_suspend_t *ngx_http_sandbox_suspend(ngx_http_request_t *r);
/* frees it; returns the request to finish, or NULL if its client has gone */
ngx_http_request_t *ngx_http_sandbox_suspend_resume(
    ngx_http_sandbox_suspend_t *p);
/* the work was not started: the content handler continues with the request */
void ngx_http_sandbox_suspend_cancel(ngx_http_sandbox_suspend_t *p);

/*
 * Suspends a request and calls handler every interval ms until its result is
 * not NGX_AGAIN; finishes the request with that result.  Returns the result of
 * the content handler.  The handler is not called after the request has ended;
 * data must live as long.
 */
ngx_int_t ngx_http_sandbox_suspend_poll(ngx_http_request_t *r,
    ngx_msec_t interval, ngx_http_sandbox_suspend_poll_pt handler, void *data);

/* for work that ends with the request: references it, detects a disconnect */
void ngx_http_sandbox_suspend_watch_client(ngx_http_request_t *r);

/*
 * Finalizes a suspended request, which may be freed, from an event that is not
 * its own; rc is a content handler's result.
 */
void ngx_http_sandbox_suspend_finish(ngx_http_request_t *r, ngx_int_t rc);


#endif /* _NGX_HTTP_SANDBOX_SUSPEND_H_INCLUDED_ */
