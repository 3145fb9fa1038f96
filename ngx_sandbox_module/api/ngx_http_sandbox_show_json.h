
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* a sandbox as JSON */


/* ctx->node as JSON, as far as known to nginx; NULL: out of memory */
cJSON *ngx_http_sandbox_show_json(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_ */
