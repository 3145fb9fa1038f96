
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_HANDOVER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_HANDOVER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* steps of a start: binds the sockets and passes them to the agent */


/* see start.h for the results of a step */
ngx_int_t ngx_http_sandbox_start_handover(ngx_http_sandbox_start_t *start);
/* closes the sockets that it still holds; idempotent */
void ngx_http_sandbox_start_handover_close(ngx_http_sandbox_start_t *start);


#endif /* _NGX_HTTP_SANDBOX_START_HANDOVER_H_INCLUDED_ */
