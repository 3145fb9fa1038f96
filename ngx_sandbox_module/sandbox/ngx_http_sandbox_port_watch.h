
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_WATCH_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_WATCH_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "sandbox/ngx_http_sandbox_tether.h"

#include <cjson/cJSON.h>


/* a watched port, as reported by the agent */


#define NGX_HTTP_SANDBOX_PORT_WATCH_LINES  64
#define NGX_HTTP_SANDBOX_PORT_WATCH_SHOWN  20        /* lines in a response */


typedef struct {
    ngx_queue_t                    queue;         /* in the list of the node */
    ngx_http_sandbox_node_t       *node;
    in_port_t                      port;
    ngx_queue_t                    watchers;  /* waiting requests and pages */
    ngx_http_sandbox_tether_observer_t
                                   observer;
    ngx_event_t                    event;
    ngx_connection_t               dummy;

    ngx_uint_t                     command;       /* ac_agent_command_e */
    ngx_int_t                      code;

    uint64_t                       next;          /* number of the next line */
    ngx_uint_t                     nlines;
    ngx_str_t                      lines[NGX_HTTP_SANDBOX_PORT_WATCH_LINES];

    unsigned                       requested:1;   /* the agent reports it */
    unsigned                       known:1;       /* it has reported a state */
    unsigned                       listening:1;
    unsigned                       busy:1;        /* calling its watchers */
} ngx_http_sandbox_port_watch_t;


struct ngx_http_sandbox_port_watcher_s {
    ngx_queue_t                    queue;
    ngx_http_sandbox_port_watch_t *watch;            /* NULL: not watching */
    /*
     * Called from the event loop after every change, and may end the watch.
     * If watch->known is 0, the tether is lost, or the agent has not replied
     * yet.
     */
    void                         (*handler)(
                                     ngx_http_sandbox_port_watcher_t *watcher);
    void                          *data;
};


/*
 * NGX_OK: watcher->handler will be called, never from within this call;
 * otherwise nothing is watched, and the code is that of
 * ngx_http_sandbox_tether(), or NGX_ERROR: out of memory.  The caller sets
 * handler and data first, holds the node, and owns the watcher, which it
 * cancels before freeing it.
 */
ngx_int_t ngx_http_sandbox_port_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_http_sandbox_port_watcher_t *watcher);
/* idempotent */
void ngx_http_sandbox_port_watch_cancel(
    ngx_http_sandbox_port_watcher_t *watcher);
/* ends all watches of the node without calling their handlers */
void ngx_http_sandbox_port_watch_cleanup(ngx_http_sandbox_node_t *node);
/* the line of that number, among the last nlines */
ngx_str_t *ngx_http_sandbox_port_watch_line(ngx_http_sandbox_port_watch_t *p,
    uint64_t n);
/*
 * the port's command: {"state","exitCode"?,"log"} or null; NULL: out of memory
 */
cJSON *ngx_http_sandbox_port_watch_json(ngx_http_sandbox_port_watch_t *p);


#endif /* _NGX_HTTP_SANDBOX_PORT_WATCH_H_INCLUDED_ */
