
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_TIMER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_TIMER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* timers and posted events that belong to no connection */


/*
 * Prepares ev: ev->data is c, and c->data is data, as for an event of a
 * connection, because nginx's debug log prints the descriptor of each event's
 * connection; the descriptor of c is -1.  Events with the same data may share
 * c.  Both belong to the caller, who must delete the timer before freeing them.
 */
void ngx_http_sandbox_timer_init(ngx_event_t *ev, ngx_connection_t *c,
    ngx_event_handler_pt handler, void *data, ngx_log_t *log);


#endif /* _NGX_HTTP_SANDBOX_TIMER_H_INCLUDED_ */
