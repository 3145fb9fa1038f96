
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* steps of a start: creates and starts the container */


#define NGX_HTTP_SANDBOX_AGENT      "/run/sandbox-agent"
#define NGX_HTTP_SANDBOX_DIR        "/run/sandbox"

/* creates and starts the container; continues with _handover or _end */
void ngx_http_sandbox_start_container(ngx_http_sandbox_start_t *wake);


#endif /* _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_ */
