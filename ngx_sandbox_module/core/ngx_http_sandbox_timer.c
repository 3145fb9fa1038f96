
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_timer.h"


/* timers that belong to no connection, as the debug log expects one */


void
ngx_http_sandbox_timer_init(ngx_event_t *ev, ngx_connection_t *c,
    ngx_event_handler_pt handler, void *data, ngx_log_t *log)
{
    c->fd = (ngx_socket_t) -1;
    c->data = data;

    ev->handler = handler;
    ev->data = c;
    ev->log = log;
}
