
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* steps of a start: creates and starts the container */


#define NGX_HTTP_SANDBOX_AGENT      "/run/sandbox-agent"
#define NGX_HTTP_SANDBOX_DIR        "/run/sandbox"

/* see start.h for the results of a step */
ngx_int_t ngx_http_sandbox_start_container(ngx_http_sandbox_start_t *start);


#endif /* _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_ */
