
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_store_lifetime.h"

#include <cjson/cJSON.h>


/* how a container has ended */


/* how a container has ended, from the answer to an inspection; 1: it has */
ngx_uint_t ngx_http_sandbox_ended(const ac_reply_t *reply,
    sandbox_end_t *end);
/* as JSON; NULL: no memory */
cJSON *ngx_http_sandbox_ended_json(sandbox_end_t *end, const char *message);

/* of ended.c: notes how the container has ended, then runs step */
void ngx_http_sandbox_wake_note(ngx_http_sandbox_wake_t *wake,
    void (*step)(ngx_http_sandbox_wake_t *wake));


#endif /* _NGX_HTTP_SANDBOX_EXIT_REASON_H_INCLUDED_ */
