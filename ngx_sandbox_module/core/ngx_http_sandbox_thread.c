
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_thread.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"


/* an exiting worker looks for timers only: one is set while work goes on */
#define NGX_HTTP_SANDBOX_THREAD_TIMER  60000


static void ngx_http_sandbox_thread_handler(void *data, ngx_log_t *log);
static void ngx_http_sandbox_thread_event_handler(ngx_event_t *ev);
static void ngx_http_sandbox_thread_timer_handler(ngx_event_t *ev);


ngx_int_t
ngx_http_sandbox_thread(ngx_http_sandbox_thread_t *t,
    void (*run)(void *data), void (*done)(void *data), void *data)
{
    t->run = run;
    t->done = done;
    t->data = data;

    ngx_memzero(&t->task, sizeof(ngx_thread_task_t));

    t->task.ctx = t;
    t->task.handler = ngx_http_sandbox_thread_handler;
    t->task.event.data = t;
    t->task.event.handler = ngx_http_sandbox_thread_event_handler;

    if (ngx_thread_task_post(ngx_http_sandbox_worker->conf->pool, &t->task)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_sandbox_timer_init(&t->timer, &t->dummy,
                                ngx_http_sandbox_thread_timer_handler, t,
                                ngx_cycle->log);

    ngx_add_timer(&t->timer, NGX_HTTP_SANDBOX_THREAD_TIMER);

    return NGX_OK;
}


static void
ngx_http_sandbox_thread_handler(void *data, ngx_log_t *log)
{
    ngx_http_sandbox_thread_t *t = data;

    t->run(t->data);
}


static void
ngx_http_sandbox_thread_event_handler(ngx_event_t *ev)
{
    ngx_http_sandbox_thread_t *t = ev->data;

    if (t->timer.timer_set) {
        ngx_del_timer(&t->timer);
    }

    t->done(t->data);
}


static void
ngx_http_sandbox_thread_timer_handler(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_HTTP_SANDBOX_THREAD_TIMER);
}
