
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "ac_loop.h"
#include "core/ngx_http_sandbox_connection.h"
#include "core/ngx_http_sandbox_event_loop.h"
#include "core/ngx_http_sandbox_timer.h"


/* ac_loop_t based on nginx events and timers */


typedef struct {
    ac_loop_t          loop;
    ngx_log_t         *log;
} ngx_http_sandbox_event_loop_t;


struct ac_watch_s {
    ngx_connection_t  *connection;
    ac_watch_pt        handler;
    void              *data;
};


struct ac_timer_s {
    ngx_event_t        event;
    ngx_connection_t   dummy;
    ac_timer_pt        handler;
    void              *data;
};


static ac_watch_t *ngx_http_sandbox_event_loop_watch(ac_loop_t *loop, int fd,
    ac_watch_pt handler, void *data);
static int ngx_http_sandbox_event_loop_events(ac_watch_t *w, unsigned events);
static int ngx_http_sandbox_event_loop_event(ngx_event_t *ev, ngx_int_t type,
    ngx_uint_t wanted);
static void ngx_http_sandbox_event_loop_unwatch(ac_watch_t *w);
static void ngx_http_sandbox_event_loop_watch_handler(ngx_event_t *ev);
static ac_timer_t *ngx_http_sandbox_event_loop_timer(ac_loop_t *loop,
    unsigned flags, ac_timer_pt handler, void *data);
static void ngx_http_sandbox_event_loop_start(ac_timer_t *t, unsigned ms);
static void ngx_http_sandbox_event_loop_stop(ac_timer_t *t);
static void ngx_http_sandbox_event_loop_free_timer(ac_timer_t *t);
static void ngx_http_sandbox_event_loop_timer_handler(ngx_event_t *ev);
static void ngx_http_sandbox_event_loop_log(ac_loop_t *loop, int level, int err,
    const char *text);


ac_loop_t *
ngx_http_sandbox_event_loop_create(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_event_loop_t  *l;

    l = ngx_calloc(sizeof(ngx_http_sandbox_event_loop_t), cycle->log);
    if (l == NULL) {
        return NULL;
    }

    l->log = cycle->log;

    l->loop.data = l;
    l->loop.watch = ngx_http_sandbox_event_loop_watch;
    l->loop.events = ngx_http_sandbox_event_loop_events;
    l->loop.unwatch = ngx_http_sandbox_event_loop_unwatch;
    l->loop.timer = ngx_http_sandbox_event_loop_timer;
    l->loop.start = ngx_http_sandbox_event_loop_start;
    l->loop.stop = ngx_http_sandbox_event_loop_stop;
    l->loop.free_timer = ngx_http_sandbox_event_loop_free_timer;
    l->loop.log = ngx_http_sandbox_event_loop_log;

    return &l->loop;
}


void
ngx_http_sandbox_event_loop_destroy(ac_loop_t *loop)
{
    ngx_free(loop->data);
}


static ac_watch_t *
ngx_http_sandbox_event_loop_watch(ac_loop_t *loop, int fd, ac_watch_pt handler,
    void *data)
{
    ac_watch_t                     *w;
    ngx_connection_t               *c;
    ngx_http_sandbox_event_loop_t  *l;

    l = loop->data;

    w = ngx_alloc(sizeof(ac_watch_t), l->log);
    if (w == NULL) {
        return NULL;
    }

    c = ngx_http_sandbox_connection(fd, w,
                                    ngx_http_sandbox_event_loop_watch_handler,
                                    ngx_http_sandbox_event_loop_watch_handler,
                                    l->log);
    if (c == NULL) {
        ngx_free(w);
        return NULL;
    }

    w->connection = c;
    w->handler = handler;
    w->data = data;

    return w;
}


static int
ngx_http_sandbox_event_loop_events(ac_watch_t *w, unsigned events)
{
    ngx_connection_t  *c;

    c = w->connection;

    if (ngx_http_sandbox_event_loop_event(c->read, NGX_READ_EVENT,
                                          events & AC_READ)
        != 0
        || ngx_http_sandbox_event_loop_event(c->write, NGX_WRITE_EVENT,
                                             events & AC_WRITE)
           != 0)
    {
        return -1;
    }

    return 0;
}


static int
ngx_http_sandbox_event_loop_event(ngx_event_t *ev, ngx_int_t type,
    ngx_uint_t wanted)
{
    if (wanted && !ev->active) {
        return (ngx_add_event(ev, type, NGX_LEVEL_EVENT) == NGX_OK) ? 0 : -1;
    }

    if (!wanted && ev->active) {
        return (ngx_del_event(ev, type, 0) == NGX_OK) ? 0 : -1;
    }

    return 0;
}


static void
ngx_http_sandbox_event_loop_unwatch(ac_watch_t *w)
{
    ngx_connection_t  *c;

    c = w->connection;

    (void) ngx_http_sandbox_event_loop_events(w, 0);

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    /* the descriptor is owned by the library: free only the connection */

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    ngx_free(w);
}


static void
ngx_http_sandbox_event_loop_watch_handler(ngx_event_t *ev)
{
    ac_watch_t        *w;
    ngx_connection_t  *c;

    c = ev->data;
    w = c->data;

    /* the handler may free the watch */

    w->handler(w->data, c->fd, ev->write ? AC_WRITE : AC_READ);
}


static ac_timer_t *
ngx_http_sandbox_event_loop_timer(ac_loop_t *loop, unsigned flags,
    ac_timer_pt handler, void *data)
{
    ac_timer_t                     *t;
    ngx_http_sandbox_event_loop_t  *l;

    l = loop->data;

    t = ngx_calloc(sizeof(ac_timer_t), l->log);
    if (t == NULL) {
        return NULL;
    }

    ngx_http_sandbox_timer_init(&t->event, &t->dummy,
                                ngx_http_sandbox_event_loop_timer_handler, t,
                                l->log);
    t->event.cancelable = (flags & AC_BACKGROUND) ? 1 : 0;

    t->handler = handler;
    t->data = data;

    return t;
}


static void
ngx_http_sandbox_event_loop_start(ac_timer_t *t, unsigned ms)
{
    /* ngx_add_timer() ignores small changes of a timer that is already set */

    if (t->event.timer_set) {
        ngx_del_timer(&t->event);
    }

    ngx_add_timer(&t->event, ms);
}


static void
ngx_http_sandbox_event_loop_stop(ac_timer_t *t)
{
    if (t->event.timer_set) {
        ngx_del_timer(&t->event);
    }
}


static void
ngx_http_sandbox_event_loop_free_timer(ac_timer_t *t)
{
    ngx_http_sandbox_event_loop_stop(t);

    ngx_free(t);
}


static void
ngx_http_sandbox_event_loop_timer_handler(ngx_event_t *ev)
{
    ac_timer_t        *t;
    ngx_connection_t  *c;

    c = ev->data;
    t = c->data;

    t->handler(t->data);
}


static void
ngx_http_sandbox_event_loop_log(ac_loop_t *loop, int level, int err,
    const char *text)
{
    ngx_http_sandbox_event_loop_t  *l;

    static const ngx_uint_t  levels[] = {
        NGX_LOG_ERR, NGX_LOG_WARN, NGX_LOG_INFO
    };

    l = loop->data;

    if (level >= AC_LOG_DEBUG) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, l->log, err, "sandbox: %s", text);
        return;
    }

    ngx_log_error(levels[level], l->log, err, "sandbox: %s", text);
}
