
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_FILES_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_FILES_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* a step of a start: what the container mounts; see start.h for its results */
ngx_int_t ngx_http_sandbox_start_files(ngx_http_sandbox_start_t *start);


#endif /* _NGX_HTTP_SANDBOX_START_FILES_H_INCLUDED_ */
