
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* a step of a start: creates the container if needed, and starts it */
/* see start.h for the results of a step */
ngx_int_t ngx_http_sandbox_start_container(ngx_http_sandbox_start_t *start);


#endif /* _NGX_HTTP_SANDBOX_START_CONTAINER_H_INCLUDED_ */
