
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_store_lifetime.h"

#include <cjson/cJSON.h>


/* how a container has exited */


/* how a container has exited, according to an inspection; 1 if it has */
ngx_uint_t ngx_http_sandbox_exit_reason(const ac_reply_t *reply,
    sandbox_exit_t *end);
/* as JSON; NULL: out of memory */
cJSON *ngx_http_sandbox_exit_reason_json(sandbox_exit_t *end,
    const char *message);

/* records an inspection of the container of a run as its last exit */
void ngx_http_sandbox_exit_reason_record(ngx_http_sandbox_node_t *node,
    const char *run, const ac_reply_t *reply);


#endif /* _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_ */
