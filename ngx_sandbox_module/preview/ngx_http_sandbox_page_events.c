
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "lib/sandbox_json_writer.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_timer.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "preview/ngx_http_sandbox_page_events.h"

#include <cjson/cJSON.h>


/*
 * /.sandbox/events of a preview: the progress of the start of its sandbox and
 * app as server-sent events for the waiting page.  Events are generated from
 * the current state when there is room: a slow client misses steps, but blocks
 * nothing.
 */


#define NGX_HTTP_SANDBOX_PAGE_EVENTS_BUF     32768
#define NGX_HTTP_SANDBOX_PAGE_EVENTS_BEAT    5000        /* ms */
/* a client that does not read is disconnected this long after the end */
#define NGX_HTTP_SANDBOX_PAGE_EVENTS_DEAF    30000       /* ms */
/* maximum size of an event: a line with each byte escaped */
#define NGX_HTTP_SANDBOX_PAGE_EVENTS_ROOM    8192


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_start_waiter_t
                                waiter;
    ngx_http_sandbox_port_watcher_t
                                port_watcher;
    ngx_event_t                 beat;
    ngx_connection_t            dummy;
    ngx_msec_t                  end;

    ngx_buf_t                   buf;
    ngx_chain_t                 out;

    const char                 *state;          /* pending event */
    const char                 *sent_state;     /* last event */
    u_char                      message[640];
    uint64_t                    line;           /* next line to send */

    unsigned                    sent:1;         /* buffer was sent */
    unsigned                    silent:1;       /* no event since a beat */
    unsigned                    last:1;         /* to be closed */
    unsigned                    ended:1;
} ngx_http_sandbox_page_events_t;


static ngx_int_t ngx_http_sandbox_page_events_handler(ngx_http_request_t *r);
static void ngx_http_sandbox_page_events_look(ngx_http_sandbox_page_events_t *e,
    ngx_uint_t start);
static void ngx_http_sandbox_page_events_port(
    ngx_http_sandbox_page_events_t *e);
static void ngx_http_sandbox_page_events_waiter(
    ngx_http_sandbox_start_waiter_t *w, ngx_uint_t start,
    ngx_http_sandbox_failure_t *failure);
static void ngx_http_sandbox_page_events_port_handler(
    ngx_http_sandbox_port_watcher_t *watcher);
static void ngx_http_sandbox_page_events_beat(ngx_event_t *ev);
static void ngx_http_sandbox_page_events_set(ngx_http_sandbox_page_events_t *e,
    const char *state, const char *fmt, ...);
static void ngx_http_sandbox_page_events_write(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_page_events_send(
    ngx_http_sandbox_page_events_t *e);
static void ngx_http_sandbox_page_events_fill(
    ngx_http_sandbox_page_events_t *e);
static void ngx_http_sandbox_page_events_add(ngx_http_sandbox_page_events_t *e,
    const char *event, uint64_t id, sandbox_json_writer_t *w);
static void ngx_http_sandbox_page_events_run(ngx_http_sandbox_page_events_t *e);
static void ngx_http_sandbox_page_events_cleanup(void *data);


ngx_int_t
ngx_http_sandbox_page_events_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    static const ngx_str_t  path
        = ngx_string(NGX_HTTP_SANDBOX_PAGE_EVENTS_PREFIX "/events");

    if (r->method != NGX_HTTP_GET || r->uri.len != path.len
        || ngx_memcmp(r->uri.data, path.data, path.len) != 0)
    {
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                             "NOT_FOUND",
                                             "Paths below /.sandbox/ are "
                                             "reserved by nginx. Only GET "
                                             "/.sandbox/events exists.");
    }

    r->content_handler = ngx_http_sandbox_page_events_handler;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_page_events_handler(ngx_http_request_t *r)
{
    u_char                          *p;
    ngx_int_t                        rc;
    ngx_uint_t                       n;
    ngx_table_elt_t                 *h;
    ngx_pool_cleanup_t              *cln;
    ngx_http_sandbox_page_events_t  *e;
    ngx_http_sandbox_loc_conf_t     *slcf;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sandbox_page_events_t));
    p = ngx_palloc(r->pool, NGX_HTTP_SANDBOX_PAGE_EVENTS_BUF);

    if (cln == NULL || p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    e = cln->data;
    ngx_memzero(e, sizeof(ngx_http_sandbox_page_events_t));

    e->request = r;
    e->ctx = ngx_http_sandbox_ctx_get(r);

    e->buf.start = p;
    e->buf.end = p + NGX_HTTP_SANDBOX_PAGE_EVENTS_BUF;
    e->buf.pos = p;
    e->buf.last = p;

    ngx_http_sandbox_timer_init(&e->beat, &e->dummy,
                                ngx_http_sandbox_page_events_beat, e,
                                r->connection->log);

    cln->handler = ngx_http_sandbox_page_events_cleanup;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);
    e->end = ngx_current_msec + slcf->wake_timeout;

    /* a page that reconnects continues here */

    h = ngx_http_sandbox_header_in(r, "Last-Event-ID", &n);

    if (h) {
        rc = ngx_atoi(h->value.data, h->value.len);
        e->line = (rc == NGX_ERROR) ? 0 : (uint64_t) rc;
    }

    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.status = NGX_HTTP_OK;
    ngx_http_clear_content_length(r);

    if (ngx_http_sandbox_response_header(r, "Cache-Control", "no-store")
        != NGX_OK

        || ngx_http_sandbox_response_header(r, "X-Content-Type-Options",
                                            "nosniff")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return rc;
    }

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_sandbox_page_events_write;

    ngx_add_timer(&e->beat, NGX_HTTP_SANDBOX_PAGE_EVENTS_BEAT);

    e->buf.last = ngx_cpymem(e->buf.last, "retry: 1000\n\n",
                             sizeof("retry: 1000\n\n") - 1);

    /* only a new page may start the sandbox, not one that reconnects */

    ngx_http_sandbox_page_events_look(e, h == NULL);

    ngx_http_sandbox_page_events_write(r);

    return NGX_DONE;
}


static void
ngx_http_sandbox_page_events_look(ngx_http_sandbox_page_events_t *e,
    ngx_uint_t start)
{
    ngx_int_t                 rc;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_http_sandbox_node_t  *node;

    ctx = e->ctx;
    node = ctx->node;

    rc = ngx_http_sandbox_tether(node);

    if (rc == NGX_OK) {
        ngx_http_sandbox_page_events_set(e, "waiting",
                                         "The sandbox is running. Waiting for "
                                         "the app to listen on port %ui.",
                                         (ngx_uint_t) ctx->port);

        e->port_watcher.handler = ngx_http_sandbox_page_events_port_handler;
        e->port_watcher.data = e;

        rc = ngx_http_sandbox_port_watch(node, ctx->port, &e->port_watcher);
    }

    if (rc == NGX_OK) {
        return;
    }

    if ((start && ctx->wakes) || rc == NGX_AGAIN
        || ngx_http_sandbox_node_busy(node))
    {
        ngx_http_sandbox_page_events_set(e, "starting",
                                         "The sandbox is starting.");

        e->waiter.handler = ngx_http_sandbox_page_events_waiter;
        e->waiter.data = e;
        e->waiter.join = !(start && ctx->wakes);

        ngx_http_sandbox_start_wait(node, &e->waiter);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_sandbox_page_events_set(e, "asleep",
                                         "The sandbox has gone to sleep. Try "
                                         "again to wake it.");

    } else {
        ngx_http_sandbox_page_events_set(e, "failed",
                                         "The sandbox cannot be reached.");
    }

    e->last = 1;
}


static void
ngx_http_sandbox_page_events_waiter(ngx_http_sandbox_start_waiter_t *w,
    ngx_uint_t start, ngx_http_sandbox_failure_t *failure)
{
    ngx_http_sandbox_page_events_t  *e;

    e = w->data;

    if (failure) {
        ngx_http_sandbox_page_events_set(e, "failed", "%s", failure->message);
        e->last = 1;

    } else {
        ngx_http_sandbox_page_events_look(e, 0);
    }

    ngx_http_sandbox_page_events_run(e);
}


static void
ngx_http_sandbox_page_events_port_handler(
    ngx_http_sandbox_port_watcher_t *watcher)
{
    ngx_http_sandbox_page_events_t  *e;
    ngx_http_sandbox_port_watch_t   *p;

    e = watcher->data;
    p = watcher->watch;

    if (p->known) {
        ngx_http_sandbox_page_events_port(e);

    } else if (!p->requested) {

        /*
         * the tether is lost: temporarily, or because the sandbox is going to
         * sleep
         */

        ngx_http_sandbox_port_watch_cancel(watcher);
        ngx_http_sandbox_page_events_look(e, 0);
    }

    ngx_http_sandbox_page_events_run(e);
}


static void
ngx_http_sandbox_page_events_port(ngx_http_sandbox_page_events_t *e)
{
    ngx_http_sandbox_port_watch_t  *p;

    p = e->port_watcher.watch;

    if (p->listening) {
        ngx_http_sandbox_page_events_set(e, "ready", "The app is ready.");
        e->last = 1;
        return;
    }

    if (p->command == AC_AGENT_COMMAND_EXITED && p->code) {
        ngx_http_sandbox_page_events_set(e, "waiting",
                                         "Waiting for an app to listen on port "
                                         "%ui.", (ngx_uint_t) e->ctx->port);
        return;
    }

    ngx_http_sandbox_page_events_set(e, "waiting",
                                     "The sandbox is running. Waiting for the "
                                     "app to listen on port %ui.",
                                     (ngx_uint_t) e->ctx->port);
}


static void
ngx_http_sandbox_page_events_set(ngx_http_sandbox_page_events_t *e,
    const char *state, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;
    u_char    message[sizeof(e->message)];

    va_start(args, fmt);
    p = ngx_vslprintf(message, message + sizeof(message) - 1, fmt, args);
    va_end(args);

    *p = '\0';

    if (e->state == state && ngx_strcmp(e->message, message) == 0) {
        return;
    }

    ngx_memcpy(e->message, message, sizeof(message));

    e->state = state;
    e->sent_state = NULL;
}


static void
ngx_http_sandbox_page_events_beat(ngx_event_t *ev)
{
    ngx_msec_int_t                   left;
    ngx_connection_t                *c;
    ngx_http_sandbox_page_events_t  *e;

    c = ev->data;
    e = c->data;

    /* the page reconnects by itself, then to a new worker */

    left = (ngx_msec_int_t) (e->end - ngx_current_msec);

    if (ngx_exiting || ngx_terminate || left <= 0) {
        e->last = 1;
    }

    if (left <= -NGX_HTTP_SANDBOX_PAGE_EVENTS_DEAF) {
        e->request->connection->error = 1;
    }

    e->silent = 1;

    ngx_add_timer(&e->beat, NGX_HTTP_SANDBOX_PAGE_EVENTS_BEAT);

    ngx_http_sandbox_page_events_run(e);
}


/* to be called from own events: may free the request */

static void
ngx_http_sandbox_page_events_run(ngx_http_sandbox_page_events_t *e)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = e->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_sandbox_page_events_write(r);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sandbox_page_events_write(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t              *cln;
    ngx_http_sandbox_page_events_t  *e;

    e = NULL;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_sandbox_page_events_cleanup) {
            e = cln->data;
            break;
        }
    }

    if (e == NULL || e->ended) {
        return;
    }

    switch (ngx_http_sandbox_page_events_send(e)) {

    case NGX_OK:
        return;

    case NGX_DONE:
        e->ended = 1;
        ngx_http_finalize_request(r, ngx_http_send_special(r, NGX_HTTP_LAST));
        return;

    default:
        e->ended = 1;
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


/* NGX_OK; NGX_DONE: complete; NGX_ERROR */

static ngx_int_t
ngx_http_sandbox_page_events_send(ngx_http_sandbox_page_events_t *e)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_event_t         *wev;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = e->request;
    c = r->connection;
    b = &e->buf;

    if (c->error) {
        return NGX_ERROR;
    }

    if (e->sent) {

        rc = ngx_http_output_filter(r, NULL);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    while (!e->sent || (b->pos == b->last && !c->buffered)) {

        if (e->sent) {
            e->sent = 0;
            b->pos = b->start;
            b->last = b->start;
        }

        ngx_http_sandbox_page_events_fill(e);

        if (b->pos == b->last) {
            return e->last ? NGX_DONE : NGX_OK;
        }

        b->memory = 1;
        b->flush = 1;

        e->out.buf = b;
        e->out.next = NULL;
        e->sent = 1;

        rc = ngx_http_output_filter(r, &e->out);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    wev = c->write;

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_sandbox_page_events_fill(ngx_http_sandbox_page_events_t *e)
{
    uint64_t                        first;
    ngx_str_t                      *line;
    sandbox_json_writer_t           w;
    ngx_http_sandbox_port_watch_t  *p;

    p = e->port_watcher.watch;

    if (p) {
        first = p->next - p->nlines;

        if (p->nlines && (e->line < first || e->line > p->next)) {
            e->line = first;
        }

        while (e->line < p->next
               && e->buf.end - e->buf.last >= NGX_HTTP_SANDBOX_PAGE_EVENTS_ROOM)
        {
            line = ngx_http_sandbox_port_watch_line(p, e->line++);

            sandbox_json_writer_start(&w);
            sandbox_json_writer_string(&w, "text",
                                       line->data ? (char *) line->data : "");

            ngx_http_sandbox_page_events_add(e, "log", e->line, &w);
        }
    }

    if (e->state && e->sent_state != e->state
        && e->buf.end - e->buf.last >= NGX_HTTP_SANDBOX_PAGE_EVENTS_ROOM)
    {
        e->sent_state = e->state;

        sandbox_json_writer_start(&w);
        sandbox_json_writer_string(&w, "state", e->state);
        sandbox_json_writer_string(&w, "message", (char *) e->message);
        sandbox_json_writer_string(&w, "sandbox",
                                   ngx_http_sandbox_state_text(
                                       e->ctx->node));

        ngx_http_sandbox_page_events_add(e, "state", e->line, &w);
    }

    if (e->silent && e->buf.pos == e->buf.last) {
        e->buf.last = ngx_cpymem(e->buf.last, ":\n\n", sizeof(":\n\n") - 1);
    }

    e->silent = 0;
}


/* finishes w; an event that does not fit is dropped */

static void
ngx_http_sandbox_page_events_add(ngx_http_sandbox_page_events_t *e,
    const char *event, uint64_t id, sandbox_json_writer_t *w)
{
    char    *text;
    cJSON   *json;
    u_char  *p;

    json = sandbox_json_writer_finish(w);
    text = json ? cJSON_PrintUnformatted(json) : NULL;

    cJSON_Delete(json);

    if (text == NULL) {
        return;
    }

    if (ngx_strlen(text) + 128 <= (size_t) (e->buf.end - e->buf.last)) {
        p = ngx_snprintf(e->buf.last, e->buf.end - e->buf.last,
                         "event: %s\nid: %uL\ndata: %s\n\n", event, id, text);
        e->buf.last = p;
    }

    cJSON_free(text);
}


static void
ngx_http_sandbox_page_events_cleanup(void *data)
{
    ngx_http_sandbox_page_events_t  *e = data;

    if (e->beat.timer_set) {
        ngx_del_timer(&e->beat);
    }

    if (ngx_http_sandbox_worker) {
        ngx_http_sandbox_start_unwait(&e->waiter);
        ngx_http_sandbox_port_watch_cancel(&e->port_watcher);
    }
}
