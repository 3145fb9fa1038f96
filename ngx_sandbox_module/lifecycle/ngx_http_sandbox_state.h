
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_STATE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_STATE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/*
 * The state of a sandbox, and its name in the API: "asleep", "starting",
 * "running" or "paused".  It is not started, but its tether is connected if it
 * runs.
 */


ngx_http_sandbox_tether_state_e ngx_http_sandbox_state(
    ngx_http_sandbox_node_t *node);
const char *ngx_http_sandbox_state_name(ngx_http_sandbox_tether_state_e state);
/* the name of the current state */
const char *ngx_http_sandbox_state_text(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_STATE_H_INCLUDED_ */
