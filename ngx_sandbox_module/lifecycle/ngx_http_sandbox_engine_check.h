
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ENGINE_CHECK_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ENGINE_CHECK_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"


/* which limits the container engine enforces, and as whom it runs */


/*
 * Takes the answer to ac_docker_info().  A rootless engine is permitted to
 * search the state directory.  warn: logs what the engine does not do.
 * NGX_ERROR: the call failed, and nothing has been learned.
 */
ngx_int_t ngx_http_sandbox_engine_check(const ac_reply_t *reply,
    ngx_uint_t warn);


#endif /* _NGX_HTTP_SANDBOX_ENGINE_CHECK_H_INCLUDED_ */
