
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONNECTION_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONNECTION_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* descriptors opened outside of nginx: sockets of agents and of the engine */


/*
 * Gets a connection for a non-blocking fd, with data in c->data.  The caller
 * adds its events; ngx_close_connection() also closes fd.  NULL: out of
 * connections, and the caller still owns fd.
 */
ngx_connection_t *ngx_http_sandbox_connection(int fd, void *data,
    ngx_event_handler_pt read, ngx_event_handler_pt write, ngx_log_t *log);


#endif /* _NGX_HTTP_SANDBOX_CONNECTION_H_INCLUDED_ */
