
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_suspend.h"


/*
 * A request suspended until work that does not depend on it is done: if the
 * client disconnects first, the work must not use the request any more.
 */


struct ngx_http_sandbox_suspend_s {
    ngx_http_request_t  *request;        /* NULL: its client has gone */
    ngx_pool_cleanup_t  *cleanup;
};


static void ngx_http_sandbox_suspend_cleanup(void *data);


ngx_http_sandbox_suspend_t *
ngx_http_sandbox_suspend(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_sandbox_suspend_t  *p;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    p = ngx_alloc(sizeof(ngx_http_sandbox_suspend_t), r->connection->log);
    if (p == NULL) {
        return NULL;
    }

    p->request = r;
    p->cleanup = cln;

    cln->handler = ngx_http_sandbox_suspend_cleanup;
    cln->data = p;

    ngx_http_sandbox_suspend_watch_client(r);

    return p;
}


void
ngx_http_sandbox_suspend_watch_client(ngx_http_request_t *r)
{
    r->main->count++;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    r->write_event_handler = ngx_http_request_empty_handler;
}


ngx_http_request_t *
ngx_http_sandbox_suspend_resume(ngx_http_sandbox_suspend_t *p)
{
    ngx_http_request_t  *r;

    r = p->request;

    if (r) {
        p->cleanup->handler = NULL;

        if (!r->discard_body) {
            r->read_event_handler = ngx_http_block_reading;
        }

        ngx_http_set_log_request(r->connection->log, r);
    }

    ngx_free(p);

    return r;
}


void
ngx_http_sandbox_suspend_cancel(ngx_http_sandbox_suspend_t *p)
{
    ngx_http_request_t  *r;

    r = ngx_http_sandbox_suspend_resume(p);

    r->main->count--;
}


static void
ngx_http_sandbox_suspend_cleanup(void *data)
{
    ngx_http_sandbox_suspend_t  *p = data;

    p->request = NULL;
}
