
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_DIAGNOSE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_DIAGNOSE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"


/* POST /v1/sandbox/:id/ports/:port/diagnose */


ngx_int_t ngx_http_sandbox_diagnose_handler(ngx_http_request_t *r);
/* called by tether.c: on AC_AGENT_DIAGNOSIS; on its close */
void ngx_http_sandbox_diagnose_event(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event);
void ngx_http_sandbox_diagnose_lost(ngx_http_sandbox_node_t *node);


#endif /* _NGX_HTTP_SANDBOX_DIAGNOSE_H_INCLUDED_ */
