
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "lib/sandbox_json_writer.h"
#include "core/ngx_http_sandbox_timer.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"


/*
 * Ports for which requests are waiting.  While a port is watched, the agent
 * reports over the tether whether an app listens, and the state and output of
 * the port's command; there is no polling.
 */


#define NGX_HTTP_SANDBOX_PORT_WATCH_LINE   1024      /* bytes kept */


static ngx_http_sandbox_port_watch_t *ngx_http_sandbox_port_watch_find(
    ngx_http_sandbox_node_t *node, in_port_t port);
static ngx_http_sandbox_port_watch_t *ngx_http_sandbox_port_watch_create(
    ngx_http_sandbox_node_t *node, in_port_t port);
static void ngx_http_sandbox_port_watch_idle(ngx_http_sandbox_port_watch_t *p);
static void ngx_http_sandbox_port_watch_free(ngx_http_sandbox_port_watch_t *p);
static void ngx_http_sandbox_port_watch_handler(ngx_event_t *ev);
static void ngx_http_sandbox_port_watch_event(
    ngx_http_sandbox_tether_observer_t *o, ac_agent_event_t *event);
static void ngx_http_sandbox_port_watch_lost(
    ngx_http_sandbox_tether_observer_t *o);
static void ngx_http_sandbox_port_watch_add_line(
    ngx_http_sandbox_port_watch_t *p, const char *text, size_t len);
static void ngx_http_sandbox_port_watch_forget(
    ngx_http_sandbox_port_watch_t *p);


ngx_int_t
ngx_http_sandbox_port_watch(ngx_http_sandbox_node_t *node, in_port_t port,
    ngx_http_sandbox_port_watcher_t *watcher)
{
    ngx_int_t                       rc;
    ngx_http_sandbox_port_watch_t  *p;

    p = ngx_http_sandbox_port_watch_find(node, port);

    if (p == NULL) {
        p = ngx_http_sandbox_port_watch_create(node, port);

        if (p == NULL) {
            return NGX_ERROR;
        }
    }

    if (!p->requested) {
        rc = ngx_http_sandbox_tether_send_watch(node, port, 1);

        if (rc != NGX_OK) {

            ngx_http_sandbox_port_watch_idle(p);

            return rc;
        }

        p->requested = 1;
    }

    watcher->watch = p;

    ngx_queue_insert_tail(&p->watchers, &watcher->queue);

    /* report a known state, always from the event loop */

    if (p->known) {
        ngx_post_event(&p->event, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_http_sandbox_port_watch_cancel(ngx_http_sandbox_port_watcher_t *watcher)
{
    ngx_http_sandbox_port_watch_t  *p;

    p = watcher->watch;

    if (p == NULL) {
        return;
    }

    ngx_queue_remove(&watcher->queue);
    watcher->watch = NULL;

    ngx_http_sandbox_port_watch_idle(p);
}


static ngx_http_sandbox_port_watch_t *
ngx_http_sandbox_port_watch_find(ngx_http_sandbox_node_t *node, in_port_t port)
{
    ngx_queue_t                    *q;
    ngx_http_sandbox_port_watch_t  *p;

    for (q = ngx_queue_head(&node->port_watches);
         q != ngx_queue_sentinel(&node->port_watches);
         q = ngx_queue_next(q))
    {
        p = ngx_queue_data(q, ngx_http_sandbox_port_watch_t, queue);

        if (p->port == port) {
            return p;
        }
    }

    return NULL;
}


static ngx_http_sandbox_port_watch_t *
ngx_http_sandbox_port_watch_create(ngx_http_sandbox_node_t *node,
    in_port_t port)
{
    ngx_http_sandbox_port_watch_t  *p;

    p = ngx_calloc(sizeof(ngx_http_sandbox_port_watch_t), ngx_cycle->log);
    if (p == NULL) {
        return NULL;
    }

    p->node = node;
    p->port = port;

    ngx_http_sandbox_timer_init(&p->event, &p->dummy,
                                ngx_http_sandbox_port_watch_handler, p,
                                ngx_cycle->log);

    p->observer.event = ngx_http_sandbox_port_watch_event;
    p->observer.lost = ngx_http_sandbox_port_watch_lost;
    p->observer.data = p;

    ngx_http_sandbox_tether_observe(node, &p->observer);

    ngx_queue_init(&p->watchers);
    ngx_queue_insert_tail(&node->port_watches, &p->queue);

    return p;
}


/* freed when it is no longer watched */

static void
ngx_http_sandbox_port_watch_idle(ngx_http_sandbox_port_watch_t *p)
{
    if (ngx_queue_empty(&p->watchers) && !p->busy) {
        ngx_http_sandbox_port_watch_free(p);
    }
}


static void
ngx_http_sandbox_port_watch_free(ngx_http_sandbox_port_watch_t *p)
{
    if (p->requested) {
        (void) ngx_http_sandbox_tether_send_watch(p->node, p->port, 0);
    }

    if (p->event.posted) {
        ngx_delete_posted_event(&p->event);
    }

    ngx_http_sandbox_tether_unobserve(&p->observer);
    ngx_queue_remove(&p->queue);

    ngx_http_sandbox_port_watch_forget(p);
    ngx_free(p);
}


/* A handler may remove itself and others by closing a shared connection. */

static void
ngx_http_sandbox_port_watch_handler(ngx_event_t *ev)
{
    ngx_queue_t                       watchers, *q;
    ngx_connection_t                 *c;
    ngx_http_sandbox_node_t          *node;
    ngx_http_sandbox_port_watcher_t  *watcher;
    ngx_http_sandbox_port_watch_t    *p;

    c = ev->data;
    p = c->data;
    node = p->node;

    if (ngx_queue_empty(&p->watchers)) {
        ngx_http_sandbox_port_watch_free(p);
        return;
    }

    p->busy = 1;
    node->refs++;

    ngx_queue_init(&watchers);
    ngx_queue_add(&watchers, &p->watchers);
    ngx_queue_init(&p->watchers);

    while (!ngx_queue_empty(&watchers)) {
        q = ngx_queue_head(&watchers);
        watcher = ngx_queue_data(q, ngx_http_sandbox_port_watcher_t, queue);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&p->watchers, q);

        watcher->handler(watcher);
    }

    p->busy = 0;

    ngx_http_sandbox_port_watch_idle(p);

    ngx_http_sandbox_node_release(node);
}


static void
ngx_http_sandbox_port_watch_event(ngx_http_sandbox_tether_observer_t *o,
    ac_agent_event_t *event)
{
    char                           *line, *end;
    ngx_http_sandbox_port_watch_t  *p;

    p = o->data;

    if ((event->type != AC_AGENT_PORT && event->type != AC_AGENT_LOG)
        || event->port != p->port)
    {
        return;
    }

    if (event->type == AC_AGENT_PORT) {
        p->known = 1;
        p->listening = event->listening;
        p->command = event->command;
        p->code = event->code;

    } else {

        /* do not wait for missed lines */

        if (event->line != p->next) {
            ngx_http_sandbox_port_watch_forget(p);
            p->next = event->line;
        }

        for (line = event->text; /* void */ ; line = end + 1) {
            end = strchr(line, '\n');

            ngx_http_sandbox_port_watch_add_line(p, line, end
                                                 ? (size_t) (end - line)

                                                 : ngx_strlen(line));

            if (end == NULL) {
                break;
            }
        }
    }

    ngx_post_event(&p->event, &ngx_posted_events);
}


static void
ngx_http_sandbox_port_watch_lost(ngx_http_sandbox_tether_observer_t *o)
{
    ngx_http_sandbox_port_watch_t  *p;

    p = o->data;

    p->requested = 0;
    p->known = 0;
    p->listening = 0;

    ngx_http_sandbox_port_watch_forget(p);

    ngx_post_event(&p->event, &ngx_posted_events);
}


void
ngx_http_sandbox_port_watch_cleanup(ngx_http_sandbox_node_t *node)
{
    ngx_queue_t                      *q;
    ngx_http_sandbox_port_watcher_t  *watcher;
    ngx_http_sandbox_port_watch_t    *p;

    while (!ngx_queue_empty(&node->port_watches)) {
        p = ngx_queue_data(ngx_queue_head(&node->port_watches),
                           ngx_http_sandbox_port_watch_t, queue);

        while (!ngx_queue_empty(&p->watchers)) {
            q = ngx_queue_head(&p->watchers);
            watcher = ngx_queue_data(q, ngx_http_sandbox_port_watcher_t, queue);

            ngx_queue_remove(q);
            watcher->watch = NULL;
        }

        p->requested = 0;
        ngx_http_sandbox_port_watch_free(p);
    }
}


static void
ngx_http_sandbox_port_watch_add_line(ngx_http_sandbox_port_watch_t *p,
    const char *text, size_t len)
{
    ngx_str_t  *line;

    line = &p->lines[p->next++ % NGX_HTTP_SANDBOX_PORT_WATCH_LINES];

    if (line->data) {
        ngx_free(line->data);
    }

    line->len = ngx_min(len, NGX_HTTP_SANDBOX_PORT_WATCH_LINE);
    line->data = ngx_alloc(line->len + 1, ngx_cycle->log);

    if (line->data == NULL) {
        line->len = 0;
        return;
    }

    ngx_memcpy(line->data, text, line->len);
    line->data[line->len] = '\0';

    if (p->nlines < NGX_HTTP_SANDBOX_PORT_WATCH_LINES) {
        p->nlines++;
    }
}


static void
ngx_http_sandbox_port_watch_forget(ngx_http_sandbox_port_watch_t *p)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_SANDBOX_PORT_WATCH_LINES; i++) {

        if (p->lines[i].data) {
            ngx_free(p->lines[i].data);
            p->lines[i].data = NULL;
            p->lines[i].len = 0;
        }
    }

    p->nlines = 0;
    p->next = 0;
}


ngx_str_t *
ngx_http_sandbox_port_watch_line(ngx_http_sandbox_port_watch_t *p, uint64_t n)
{
    return &p->lines[n % NGX_HTTP_SANDBOX_PORT_WATCH_LINES];
}


cJSON *
ngx_http_sandbox_port_watch_json(ngx_http_sandbox_port_watch_t *p)
{
    uint64_t                n;
    ngx_str_t              *line;
    sandbox_json_writer_t   w;

    if (!p->known || p->command == AC_AGENT_COMMAND_NONE) {
        return cJSON_CreateNull();
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_string(&w, "state",
                               p->command == AC_AGENT_COMMAND_RUNNING
                               ? "running" : "exited");

    if (p->command == AC_AGENT_COMMAND_EXITED) {
        sandbox_json_writer_number(&w, "exitCode", p->code);
    }

    sandbox_json_writer_array(&w, "log");

    n = p->next - ngx_min(p->nlines, NGX_HTTP_SANDBOX_PORT_WATCH_SHOWN);

    for ( /* void */ ; n < p->next; n++) {
        line = ngx_http_sandbox_port_watch_line(p, n);
        sandbox_json_writer_string(&w, NULL,
                                   line->data ? (char *) line->data : "");
    }

    sandbox_json_writer_close(&w);

    return sandbox_json_writer_finish(&w);
}
