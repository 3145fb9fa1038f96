
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_HANDOVER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_HANDOVER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* steps of a start: binds the sockets and passes them to the agent */


/*
 * the container is running: binds and passes the sockets, handshake; continues
 * with _done or _end
 */
void ngx_http_sandbox_start_handover(ngx_http_sandbox_start_t *wake);
void ngx_http_sandbox_start_handover_close(ngx_http_sandbox_start_t *wake);


#endif /* _NGX_HTTP_SANDBOX_START_HANDOVER_H_INCLUDED_ */
