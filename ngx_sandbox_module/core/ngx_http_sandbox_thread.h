
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_THREAD_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_THREAD_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#if !(NGX_THREADS)
#error nginx must be configured --with-threads
#endif


/*
 * Work that a worker must not wait for, in a thread of nginx's default pool.
 * A worker that is shut down exits when it is done.
 */


/* a part of what the work is for, which must live until it is done */

typedef struct {
    ngx_thread_task_t              task;
    ngx_event_t                    timer;
    ngx_connection_t               dummy;
    void                         (*run)(void *data);   /* in a thread */
    void                         (*done)(void *data);
    void                          *data;
} ngx_http_sandbox_thread_t;


/*
 * Calls run with data in a thread, then done in the event loop.  NGX_OK, or
 * NGX_ERROR if it cannot be queued: then neither is called.
 */
ngx_int_t ngx_http_sandbox_thread(ngx_http_sandbox_thread_t *t,
    void (*run)(void *data), void (*done)(void *data), void *data);


#endif /* _NGX_HTTP_SANDBOX_THREAD_H_INCLUDED_ */
