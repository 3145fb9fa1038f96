
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_EVENT_LOOP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_EVENT_LOOP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "ac_loop.h"


/* agent_client's event loop on nginx events and timers */


/*
 * NULL: out of memory.  Watches and timers must be freed before it is
 * destroyed.
 */
ac_loop_t *ngx_http_sandbox_event_loop_create(ngx_cycle_t *cycle);
void ngx_http_sandbox_event_loop_destroy(ac_loop_t *loop);


#endif /* _NGX_HTTP_SANDBOX_EVENT_LOOP_H_INCLUDED_ */
