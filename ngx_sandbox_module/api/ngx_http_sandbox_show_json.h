
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "sandbox/ngx_http_sandbox_tether.h"

#include <cjson/cJSON.h>


/* a sandbox as JSON */


/* ctx->node, as far as known to nginx; NULL: out of memory */
cJSON *ngx_http_sandbox_show_json(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/*
 * Writes its members, among them state, and since when it has lasted, in ms
 * since the epoch; since 0: as recorded.
 */
void ngx_http_sandbox_show_json_write(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_tether_state_e state,
    int64_t since, sandbox_json_writer_t *w);
/* writes value / unit, or null for -1 */
void ngx_http_sandbox_show_json_number(sandbox_json_writer_t *w,
    const char *name, int64_t value, double unit);


#endif /* _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_ */
