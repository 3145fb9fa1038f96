
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_store_lifetime.h"

#include <cjson/cJSON.h>


/* how a container has exited, according to an inspection; 1 if it has */
ngx_uint_t ngx_http_sandbox_exit_reason(const ac_reply_t *reply,
    sandbox_exit_t *end);
/* as JSON, owned by the caller; message may be NULL; NULL: out of memory */
cJSON *ngx_http_sandbox_exit_reason_json(sandbox_exit_t *end,
    const char *message);

/*
 * Records an inspection of the container of a run as its last exit: writes a
 * small file; errors are logged.
 */
void ngx_http_sandbox_exit_reason_record(ngx_http_sandbox_node_t *node,
    const char *run, const ac_reply_t *reply);


#endif /* _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_ */
