
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_CREATE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_CREATE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"


/* a part of the step that starts the container */


#define NGX_HTTP_SANDBOX_AGENT      "/run/sandbox-agent"
#define NGX_HTTP_SANDBOX_DIR        AC_MOUNT_TARGET

/*
 * Creates the container of start->class, unless there is one, and records it.
 * The handler is called after that; a failure ends the start.
 */
void ngx_http_sandbox_start_create(ngx_http_sandbox_start_t *start,
    void (*handler)(ngx_http_sandbox_start_t *start));


#endif /* _NGX_HTTP_SANDBOX_START_CREATE_H_INCLUDED_ */
