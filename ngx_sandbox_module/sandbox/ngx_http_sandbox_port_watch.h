
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_WATCH_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_WATCH_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"

#include <cjson/cJSON.h>


/* a port that somebody awaits, as the agent tells of it */


#define NGX_HTTP_SANDBOX_PORT_WATCH_LINES  64
#define NGX_HTTP_SANDBOX_PORT_WATCH_SHOWN  20        /* in an answer */


typedef struct {
    ngx_queue_t                    queue;              /* of the node */
    ngx_http_sandbox_node_t       *node;
    in_port_t                      port;
    ngx_queue_t                    awaits;
    ngx_event_t                    event;
    ngx_connection_t               dummy;

    ngx_uint_t                     command;            /* ac_agent_command_e */
    ngx_int_t                      code;

    uint64_t                       next;   /* number of the next line */
    ngx_uint_t                     nlines;
    ngx_str_t                      lines[NGX_HTTP_SANDBOX_PORT_WATCH_LINES];

    unsigned                       asked:1;
    unsigned                       known:1;
    unsigned                       listening:1;
    unsigned                       busy:1;
} ngx_http_sandbox_port_watch_t;


struct ngx_http_sandbox_port_watcher_s {
    ngx_queue_t                    queue;
    ngx_http_sandbox_port_watch_t *awaited;            /* NULL: it does not */
    /*
     * Runs from the event loop whenever something has changed, and may end
     * its waiting.  With !awaited->known: the agent has left, or was asked a
     * moment ago.
     */
    void                         (*handler)(
                                     ngx_http_sandbox_port_watcher_t *watcher);
    void                          *data;
};


/*
 * NGX_OK: await->handler will run; or as ngx_http_sandbox_tether().  The
 * caller holds the node as long, and sets handler and data first.
 */
ngx_int_t ngx_http_sandbox_port_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_http_sandbox_port_watcher_t *await);
void ngx_http_sandbox_port_watch_cancel(ngx_http_sandbox_port_watcher_t *await);
/* of tether.c: AC_AGENT_PORT and AC_AGENT_LOG; its end */
void ngx_http_sandbox_port_watch_event(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event);
void ngx_http_sandbox_port_watch_lost(ngx_http_sandbox_node_t *node);
/* exit_process */
void ngx_http_sandbox_port_watch_cleanup(ngx_http_sandbox_node_t *node);
/* the line of that number, one of the last nlines */
ngx_str_t *ngx_http_sandbox_port_watch_line(ngx_http_sandbox_port_watch_t *p,
    uint64_t n);
/* the port's command: {"state","exitCode"?,"log"} or null; NULL: no memory */
cJSON *ngx_http_sandbox_port_watch_json(ngx_http_sandbox_port_watch_t *p);


#endif /* _NGX_HTTP_SANDBOX_PORT_WATCH_H_INCLUDED_ */
