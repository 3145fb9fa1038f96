
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_timer.h"


/*
 * A request suspended until work that does not depend on it is done: if the
 * client disconnects first, the work must not use the request any more.
 */


struct ngx_http_sandbox_suspend_s {
    ngx_http_request_t  *request;        /* NULL: its client has gone */
    ngx_pool_cleanup_t  *cleanup;
};


typedef struct {
    ngx_http_request_t                *request;
    ngx_event_t                        timer;
    ngx_connection_t                   dummy;
    ngx_msec_t                         interval;
    ngx_http_sandbox_suspend_poll_pt   handler;
    void                              *data;
} ngx_http_sandbox_suspend_poll_t;


static void ngx_http_sandbox_suspend_cleanup(void *data);
static void ngx_http_sandbox_suspend_poll_timer(ngx_event_t *ev);
static void ngx_http_sandbox_suspend_poll_cleanup(void *data);


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
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "sandbox request suspended");

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

        ngx_http_set_log_request(r->connection->log, r);

        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "sandbox request resumed");
    }

    ngx_free(p);

    return r;
}


void
ngx_http_sandbox_suspend_cancel(ngx_http_sandbox_suspend_t *p)
{
    ngx_http_request_t  *r;

    r = ngx_http_sandbox_suspend_resume(p);

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_block_reading;
    }

    r->main->count--;
}


static void
ngx_http_sandbox_suspend_cleanup(void *data)
{
    ngx_http_sandbox_suspend_t  *p = data;

    p->request = NULL;
}


ngx_int_t
ngx_http_sandbox_suspend_poll(ngx_http_request_t *r, ngx_msec_t interval,
    ngx_http_sandbox_suspend_poll_pt handler, void *data)
{
    ngx_pool_cleanup_t               *cln;
    ngx_http_sandbox_suspend_poll_t  *p;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_sandbox_suspend_poll_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = cln->data;
    ngx_memzero(p, sizeof(ngx_http_sandbox_suspend_poll_t));

    cln->handler = ngx_http_sandbox_suspend_poll_cleanup;

    p->request = r;
    p->interval = interval;
    p->handler = handler;
    p->data = data;

    ngx_http_sandbox_timer_init(&p->timer, &p->dummy,
                                ngx_http_sandbox_suspend_poll_timer, p,
                                r->connection->log);

    ngx_add_timer(&p->timer, interval);

    ngx_http_sandbox_suspend_watch_client(r);

    return NGX_DONE;
}


static void
ngx_http_sandbox_suspend_poll_timer(ngx_event_t *ev)
{
    ngx_int_t                         rc;
    ngx_connection_t                 *c;
    ngx_http_request_t               *r;
    ngx_http_sandbox_suspend_poll_t  *p;

    c = ev->data;
    p = c->data;
    r = p->request;

    ngx_http_set_log_request(r->connection->log, r);

    rc = p->handler(p->data);

    if (rc == NGX_AGAIN) {
        ngx_add_timer(&p->timer, p->interval);
        return;
    }

    ngx_http_sandbox_suspend_finish(r, rc);
}


static void
ngx_http_sandbox_suspend_poll_cleanup(void *data)
{
    ngx_http_sandbox_suspend_poll_t *p = data;

    if (p->timer.timer_set) {
        ngx_del_timer(&p->timer);
    }
}


void
ngx_http_sandbox_suspend_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "sandbox request finished: %i", rc);

    /* NGX_DONE: it has been suspended again */

    if (rc != NGX_DONE && !r->discard_body) {
        r->read_event_handler = ngx_http_block_reading;
    }

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}
